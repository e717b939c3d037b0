// SPDX-License-Identifier: BSL-1.0
#include "libim/index/pending_logins.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/index/random.hpp"
#include "tests/unit/index/world.hpp"

#include <deque>

#include <string>

using namespace std::chrono_literals;
using im::Endpoint;
using im::TimePoint;
using im::index::kNoRow;
using im::index::PendingLogins;
using im::index::Row;
using im::index::test::addressAt;
using im::index::test::endpointAt;
using im::index::test::kTestKey;
using im::index::test::nameOf;
using im::index::test::Random;

namespace {

constexpr TimePoint kUntil{510s};

}  // namespace

TEST_CASE("A name may be pending from several hosts, once from each") {
    PendingLogins pending(kTestKey);
    const Row here = pending.add(nameOf("bob"), {endpointAt("198.51.100.1:5")}, kUntil);
    const Row there = pending.add(nameOf("bob"), {endpointAt("198.51.100.2:5")}, kUntil);
    CHECK(pending.find("bob", addressAt("198.51.100.1")) == here);
    CHECK(pending.find("bob", addressAt("198.51.100.2")) == there);
    CHECK(pending.find("bob", addressAt("198.51.100.3")) == kNoRow);
    CHECK(pending.find("alice", addressAt("198.51.100.1")) == kNoRow);
}

TEST_CASE("All of 127.0.0.0/8 is one host of a pending login, but not one address") {
    PendingLogins pending(kTestKey);
    const Row row = pending.add(nameOf("bob"), {endpointAt("127.7.7.2:5")}, kUntil);
    CHECK(pending.find("bob", addressAt("127.0.0.1")) == row);
    CHECK(pending.firstFrom(addressAt("127.0.0.1")) == row);
    CHECK(pending.usersAt(addressAt("127.0.0.1")) == 0);
    CHECK(pending.usersAt(addressAt("127.7.7.2")) == 1);
}

TEST_CASE("Pending logins are due in the order in which they came") {
    PendingLogins pending(kTestKey);
    CHECK_FALSE(pending.nextDeadline());
    CHECK(pending.oldest() == kNoRow);
    const Row first = pending.add(nameOf("a"), {endpointAt("198.51.100.1:5")}, kUntil);
    const Row second = pending.add(nameOf("b"), {endpointAt("198.51.100.1:6")}, kUntil + 1s);
    const Row third = pending.add(nameOf("c"), {endpointAt("198.51.100.1:7")}, kUntil + 2s);
    CHECK(pending.oldest() == first);
    CHECK(pending.nextDeadline() == kUntil);
    pending.remove(second);
    pending.remove(first);
    CHECK(pending.oldest() == third);
    CHECK(pending.nextDeadline() == kUntil + 2s);
    pending.remove(third);
    CHECK(pending.oldest() == kNoRow);
    CHECK(pending.size() == 0);
}

TEST_CASE("Pending logins are found by host until removed, whatever came and went") {
    Random random(GENERATE(1U, 2U));
    PendingLogins pending(kTestKey);
    struct Login {
        std::string name;
        Endpoint endpoint;
    };
    std::deque<Login> model;
    for (int step = 0; step < 3000; ++step) {
        const std::string name = "u" + std::to_string(random.below(20));
        const auto host = "198.51.100." + std::to_string(random.below(10));
        const Endpoint endpoint = endpointAt(host + ":" + std::to_string(1 + random.below(3)));
        const auto same = std::ranges::find_if(model, [&](const Login& login) {
            return login.name == name && login.endpoint.address == endpoint.address;
        });
        const Row row = pending.find(name, endpoint.address);
        REQUIRE((row == kNoRow) == (same == model.end()));
        if (same == model.end()) {
            pending.add(nameOf(name), {endpoint}, kUntil + step * 1ms);
            model.push_back({name, endpoint});
        } else {
            REQUIRE(pending.destination(row).to == same->endpoint);
            pending.remove(row);
            model.erase(same);
        }
        REQUIRE(pending.size() == model.size());
        const auto there = std::ranges::count_if(
            model, [&](const Login& login) { return login.endpoint.address == endpoint.address; });
        REQUIRE(pending.usersAt(endpoint.address) == static_cast<std::size_t>(there));
        REQUIRE((pending.firstFrom(endpoint.address) != kNoRow) == (there > 0));
        if (!model.empty()) REQUIRE(pending.name(pending.oldest()).str() == model.front().name);
    }
}
