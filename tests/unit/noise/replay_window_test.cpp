// SPDX-License-Identifier: BSL-1.0
// RW-1: the replay window at its edges.
#include "libim/noise/replay_window.hpp"

#include "tests/support/catch.hpp"

#include <random>
#include <set>

using im::noise::ReplayWindow;

namespace {

bool take(ReplayWindow& window, std::uint64_t counter) {
    if (!window.isFresh(counter)) return false;
    window.accept(counter);
    return true;
}

constexpr std::uint64_t kTwo32 = std::uint64_t{1} << 32U;
constexpr std::uint64_t kLast = ~std::uint64_t{0};

}  // namespace

TEST_CASE("RW-1 counter 0 counts once") {
    ReplayWindow window;
    CHECK(take(window, 0));
    CHECK_FALSE(take(window, 0));
    CHECK(window.next() == 1);
}

TEST_CASE("RW-1 the window reaches 511 back and no further") {
    for (const std::uint64_t top :
         {std::uint64_t{512}, std::uint64_t{1'000}, kTwo32, kTwo32 + 63}) {
        ReplayWindow window;
        REQUIRE(take(window, top));
        CHECK(take(window, top - 511));
        CHECK_FALSE(take(window, top - 511));
        CHECK_FALSE(take(window, top - 512));
        if (top > 512) CHECK_FALSE(take(window, top - 513));
    }
}

TEST_CASE("RW-1 a jump of any length forgets what falls out and nothing else") {
    for (std::uint64_t jump = 1; jump < 1'100; ++jump) {
        ReplayWindow window;
        REQUIRE(take(window, 5'000));
        REQUIRE(take(window, 5'000 + jump));
        CHECK_FALSE(take(window, 5'000));
        CHECK_FALSE(take(window, 5'000 + jump));
        if (jump > 1) CHECK(take(window, 5'000 + jump - 1));
        if (jump > 1 && jump <= 512) CHECK(take(window, 5'001) == (jump > 2));
    }
}

TEST_CASE("RW-1 2^32 is a counter like any other") {
    ReplayWindow window;
    REQUIRE(take(window, kTwo32 - 1));
    CHECK(take(window, kTwo32 + 1));
    CHECK(take(window, kTwo32));
    CHECK_FALSE(take(window, kTwo32));
}

TEST_CASE("RW-1 2^64 - 1 is reserved, 2^64 - 2 is the last counter") {
    ReplayWindow window;
    CHECK_FALSE(take(window, kLast));
    CHECK(take(window, kLast - 1));
    CHECK_FALSE(take(window, kLast - 1));
    CHECK_FALSE(take(window, kLast));
    CHECK(take(window, kLast - 512));
    CHECK_FALSE(take(window, kLast - 513));
}

TEST_CASE("RW-1 a window agrees with a set of all counters, whatever comes") {
    std::mt19937_64 random(6'479);
    for (int round = 0; round < 50; ++round) {
        ReplayWindow window;
        std::set<std::uint64_t> seen;
        std::uint64_t top = random() % 2'000;
        for (int i = 0; i < 2'000; ++i) {
            if (random() % 8 == 0) top += random() % 700;
            const std::uint64_t counter = top - std::min<std::uint64_t>(top, random() % 600);
            const std::uint64_t largest = seen.empty() ? 0 : *seen.rbegin();
            const bool expected = !seen.contains(counter) &&
                                  (seen.empty() || counter + ReplayWindow::kSize > largest);
            REQUIRE(take(window, counter) == expected);
            if (expected) seen.insert(counter);
        }
    }
}
