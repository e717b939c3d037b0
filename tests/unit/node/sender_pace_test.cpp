// SPDX-License-Identifier: BSL-1.0
#include "libim/node/sender_pace.hpp"

#include "tests/support/catch.hpp"

using namespace std::chrono_literals;
using im::TimePoint;
using im::node::SenderPace;

TEST_CASE("Without a rate every message may go at once", "[node]") {
    SenderPace pace(0);
    const TimePoint now{1h};
    for (int i = 0; i < 100; ++i) CHECK(pace.next(now) == now);
}

TEST_CASE("At a rate the messages of a burst go evenly, the first at once", "[node]") {
    SenderPace pace(20);
    const TimePoint now{1h};
    for (int i = 0; i < 100; ++i) CHECK(pace.next(now) == now + i * 50ms);
}

TEST_CASE("A quiet time is not made up for later", "[node]") {
    SenderPace pace(10);
    const TimePoint start{1h};
    CHECK(pace.next(start) == start);
    CHECK(pace.next(start + 10s) == start + 10s);
    CHECK(pace.next(start + 10s) == start + 10s + 100ms);
}

TEST_CASE("A rate that does not divide a second is never exceeded", "[node]") {
    SenderPace pace(3);
    const TimePoint start{1h};
    TimePoint last;
    for (int i = 0; i <= 3; ++i) last = pace.next(start);
    CHECK(last >= start + 1s);
}
