// SPDX-License-Identifier: BSL-1.0
#include "libim/node/command_runner.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>
#include <array>

using namespace std::string_literals;
using im::Endpoint;
using im::Event;
using im::EventType;
using im::Trust;
using im::node::commandEnvironment;

namespace {

bool has(const std::vector<std::string>& environment, const std::string& variable) {
    return std::ranges::count(environment, variable) == 1;
}

Event talk() {
    Event event;
    event.type = EventType::Talk;
    event.user = "bob";
    event.trust = Trust::Bad;
    event.endpoint = Endpoint::parse("198.51.100.7:40112");
    event.text = "$(reboot)";
    return event;
}

constexpr std::array<const char*, 1> kEmpty = {nullptr};

}  // namespace

TEST_CASE("A command learns of a record by its environment", "[node]") {
    const auto environment = commandEnvironment(talk(), "2026-11-22T17:43:50.001Z", kEmpty.data());
    CHECK(has(environment, "IM_TYPE=talk"));
    CHECK(has(environment, "IM_FROM=bob"));
    CHECK(has(environment, "IM_ID="));
    CHECK(has(environment, "IM_TIME=2026-11-22T17:43:50.001Z"));
    CHECK(has(environment, "IM_TRUST=BAD"));
    CHECK(has(environment, "IM_ENDPOINT=198.51.100.7:40112"));
    CHECK(environment.size() == 6);
}

TEST_CASE("What a record does not have is empty in the environment", "[node]") {
    Event event;
    event.type = EventType::Server;
    event.text = "lost";
    const auto environment = commandEnvironment(event, "-", kEmpty.data());
    CHECK(has(environment, "IM_FROM="));
    CHECK(has(environment, "IM_TRUST="));
    CHECK(has(environment, "IM_ENDPOINT="));
}

TEST_CASE("A command inherits the environment, but no variables of another record", "[node]") {
    const std::array<const char*, 5> inherited = {"PATH=/bin", "IM_FROM=mallory", "IM_ID=7",
                                                  "IM_USER=alice", nullptr};
    const auto environment = commandEnvironment(talk(), "-", inherited.data());
    CHECK(has(environment, "PATH=/bin"));
    CHECK(has(environment, "IM_USER=alice"));
    CHECK(has(environment, "IM_FROM=bob"));
    CHECK_FALSE(has(environment, "IM_FROM=mallory"));
    CHECK(has(environment, "IM_ID="));
    CHECK_FALSE(has(environment, "IM_ID=7"));
}

TEST_CASE("A name with a NUL does not pass for the name before it", "[node]") {
    Event event = talk();
    event.user = "alice\0x"s;
    const auto environment = commandEnvironment(event, "-", kEmpty.data());
    CHECK(has(environment, "IM_FROM=alice\xEF\xBF\xBDx"));
}
