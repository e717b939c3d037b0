// SPDX-License-Identifier: BSL-1.0
#include "libim/net/clock.hpp"

#include "tests/support/catch.hpp"

#include <cstdlib>
#include <ctime>

using namespace std::chrono_literals;
using im::WallTime;

TEST_CASE("The time of a talk is eight characters of local time", "[net]") {
    setenv("TZ", "UTC-2", 1);  // POSIX: two hours east
    tzset();
    CHECK(im::net::talkTime(WallTime(0ms)) == "02:00:00");
    CHECK(im::net::talkTime(WallTime(3h + 4min + 5s + 999ms)) == "05:04:05");
    CHECK(im::net::talkTime(WallTime(21h + 59min + 59s)) == "23:59:59");
    CHECK(im::net::talkTime(WallTime(22h)) == "00:00:00");
    CHECK(im::net::talkTime(WallTime(-1ms)) == "01:59:59");
    unsetenv("TZ");
    tzset();
}

TEST_CASE("The monotonic clock does not go backwards", "[net]") {
    const auto first = im::net::now();
    CHECK(im::net::now() >= first);
}

TEST_CASE("The calendar clock shows this century", "[net]") {
    CHECK(im::net::wallNow() > WallTime(std::chrono::hours(24 * 365 * 50)));
}
