// SPDX-License-Identifier: BSL-1.0
#include "libim/base/time.hpp"

#include "tests/support/catch.hpp"

#include <string>

using namespace im;
using namespace std::chrono_literals;

TEST_CASE("parseDuration takes seconds without a unit") {
    CHECK(parseDuration("5") == Duration(5s));
    CHECK(parseDuration("0") == Duration(0s));
    CHECK(parseDuration("007") == Duration(7s));
}

TEST_CASE("parseDuration takes the units of sleep(1)") {
    CHECK(parseDuration("5s") == Duration(5s));
    CHECK(parseDuration("2m") == Duration(2min));
    CHECK(parseDuration("1h") == Duration(1h));
    CHECK(parseDuration("3d") == Duration(72h));
}

TEST_CASE("parseDuration takes decimal fractions") {
    CHECK(parseDuration("0.5") == Duration(500ms));
    CHECK(parseDuration(".5s") == Duration(500ms));
    CHECK(parseDuration("1.s") == Duration(1s));
    CHECK(parseDuration("1.5m") == Duration(90s));
    CHECK(parseDuration("0.001h") == Duration(3600ms));
}

TEST_CASE("parseDuration refuses what is no decimal number with one unit") {
    for (const auto* text : {"", "s", ".", ".s", "5x", "5S", "5 s", " 5", "5 ", "5ss", "5m2s",
                             "1e3", "0x10", "1,5", "1.2.3", "five", "5\n"})
        CHECK_FALSE(parseDuration(text));
    CHECK_FALSE(parseDuration(std::string("5\0s", 3)));
}

TEST_CASE("parseDuration refuses a sign, infinity and what is no number") {
    for (const auto* text : {"-1", "+1", "-0", "inf", "infinity", "nan", "nans", "infd"})
        CHECK_FALSE(parseDuration(text));
}

TEST_CASE("parseDuration takes ten thousand days and not a second more") {
    CHECK(parseDuration("10000d") == Duration(240000h));
    CHECK(parseDuration("864000000") == Duration(864000000s));
    CHECK_FALSE(parseDuration("864000001"));
    CHECK_FALSE(parseDuration("10000.1d"));
    CHECK_FALSE(parseDuration(std::string(30, '9')));
    CHECK_FALSE(parseDuration(std::string(5000, '9') + "d"));
}

TEST_CASE("parseDuration keeps nanoseconds and nothing smaller") {
    CHECK(parseDuration("0.000000001") == Duration(1ns));
    CHECK(parseDuration("0.0000000001") == Duration(0));
}

TEST_CASE("earlier takes none for later than any deadline") {
    const TimePoint one{1s};
    const TimePoint two{2s};
    CHECK(earlier(one, two) == one);
    CHECK(earlier(two, one) == one);
    CHECK(earlier({}, two) == two);
    CHECK(earlier(one, {}) == one);
    CHECK(earlier({}, {}) == std::nullopt);
}
