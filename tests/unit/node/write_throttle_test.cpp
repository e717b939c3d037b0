// SPDX-License-Identifier: BSL-1.0
#include "libim/node/write_throttle.hpp"

#include "tests/support/catch.hpp"

using namespace std::chrono_literals;
using im::TimePoint;
using im::node::WriteThrottle;

TEST_CASE("The first change is written at once", "[node]") {
    WriteThrottle throttle;
    CHECK_FALSE(throttle.due());
    throttle.change();
    CHECK(throttle.due() <= TimePoint{});
}

TEST_CASE("A change soon after a write waits, one long after does not", "[node]") {
    const TimePoint start{};
    WriteThrottle throttle;
    throttle.wrote(start, start + 1ms);
    CHECK_FALSE(throttle.due());
    throttle.change();
    CHECK(throttle.due() == start + 101ms);
}

TEST_CASE("Writing takes no more than a twentieth of the time", "[node]") {
    const TimePoint start{};
    WriteThrottle throttle;
    throttle.wrote(start, start + 50ms);
    throttle.change();
    CHECK(throttle.due() == start + 50ms + 20 * 50ms);
}
