// SPDX-License-Identifier: BSL-1.0
#include "libim/node/roster_poll.hpp"

#include "tests/support/catch.hpp"

using namespace std::chrono_literals;
using im::Endpoint;
using im::TimePoint;
using im::node::missing;
using im::node::pick;
using im::node::RosterPoll;
using im::node::sorted;
using im::wire::RosterEntry;

namespace {

RosterEntry entry(const std::string& name, std::uint16_t port) {
    Endpoint endpoint = *Endpoint::parse("127.0.0.1:0");
    endpoint.port = port;
    return {name, endpoint};
}

}  // namespace

TEST_CASE("Looks come soon at first, then every two seconds, for ever", "[node]") {
    RosterPoll poll(TimePoint{}, {});
    CHECK(poll.nextWait(TimePoint{}) == 500ms);
    CHECK(poll.nextWait(TimePoint{}) == 750ms);
    for (int i = 0; i < 5; ++i) CHECK(poll.nextWait(TimePoint{} + 10h) <= 2s);
    CHECK(poll.nextWait(TimePoint{} + 1000h) == 2s);
}

TEST_CASE("The last look is when the time is up, and none after", "[node]") {
    const TimePoint start{};
    RosterPoll poll(start, 600ms);
    CHECK(poll.nextWait(start) == 500ms);
    CHECK(poll.nextWait(start + 500ms) == 100ms);
    CHECK_FALSE(poll.nextWait(start + 600ms));
}

TEST_CASE("Who is asked for is found once, sorted by name, at the latest endpoint", "[node]") {
    const std::vector<RosterEntry> roster = {entry("carol", 3), entry("bob", 1), entry("alice", 4),
                                             entry("bob", 2)};
    CHECK(pick(roster, {"carol", "bob", "bob", "dave"}) ==
          std::vector<RosterEntry>{entry("bob", 2), entry("carol", 3)});
    CHECK(sorted(roster) ==
          std::vector<RosterEntry>{entry("alice", 4), entry("bob", 2), entry("carol", 3)});
}

TEST_CASE("Who is missing is named once, in the order asked for", "[node]") {
    CHECK(missing({entry("bob", 1)}, {"zoe", "bob", "zoe", "al"}) ==
          std::vector<std::string>{"zoe", "al"});
    CHECK(missing({entry("bob", 1)}, {"bob"}).empty());
}
