// SPDX-License-Identifier: BSL-1.0
#include "libim/index/lease_wheel.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/index/random.hpp"

#include <map>

#include <set>

using namespace std::chrono_literals;
using im::Duration;
using im::TimePoint;
using im::index::kNoRow;
using im::index::kTick;
using im::index::LeaseWheel;
using im::index::Row;
using im::index::test::Random;

namespace {

constexpr TimePoint kStart{500s};
constexpr std::size_t kPlenty = 1'000'000;

std::set<Row> takeAll(LeaseWheel& wheel, TimePoint now) {
    std::set<Row> rows;
    std::size_t work = kPlenty;
    for (Row row = wheel.takeEnded(now, work); row != kNoRow; row = wheel.takeEnded(now, work))
        REQUIRE(rows.insert(row).second);
    REQUIRE(work > 0);
    return rows;
}

bool isDue(const LeaseWheel& wheel, TimePoint now) {
    const auto deadline = wheel.nextDeadline();
    return deadline && *deadline <= now;
}

}  // namespace

TEST_CASE("A LeaseWheel without leases has no deadline") {
    LeaseWheel wheel(kStart);
    CHECK_FALSE(wheel.nextDeadline());
    CHECK(takeAll(wheel, kStart + 24h).empty());
    wheel.cancel(3);
    CHECK_FALSE(wheel.nextDeadline());
}

TEST_CASE("A lease ends when its time is over and not before") {
    LeaseWheel wheel(kStart);
    wheel.set(4, kStart + 90s);
    CHECK(wheel.nextDeadline() == kStart + 90s);
    CHECK(takeAll(wheel, kStart + 90s - 1ms).empty());
    CHECK(takeAll(wheel, kStart + 90s) == std::set<Row>{4});
    CHECK(takeAll(wheel, kStart + 1h).empty());
    CHECK_FALSE(wheel.nextDeadline());
}

TEST_CASE("A lease longer than a turn of the wheel survives the turn") {
    LeaseWheel wheel(kStart);
    wheel.set(0, kStart + 24h);
    for (Duration time = 0s; time < 24h; time += 100s) CHECK(takeAll(wheel, kStart + time).empty());
    CHECK(takeAll(wheel, kStart + 24h) == std::set<Row>{0});
}

TEST_CASE("A renewed lease ends at its new end") {
    LeaseWheel wheel(kStart);
    wheel.set(1, kStart + 10s);
    SECTION("when that is later") {
        wheel.set(1, kStart + 15s);
        CHECK(takeAll(wheel, kStart + 14s).empty());
        CHECK(takeAll(wheel, kStart + 15s) == std::set<Row>{1});
    }
    SECTION("when that is earlier") {
        wheel.set(1, kStart + 5s);
        CHECK(takeAll(wheel, kStart + 5s) == std::set<Row>{1});
    }
    SECTION("when that is over already") {
        CHECK(takeAll(wheel, kStart + 7s).empty());
        wheel.set(1, kStart + 6s);
        CHECK(isDue(wheel, kStart + 7s));
        CHECK(takeAll(wheel, kStart + 7s) == std::set<Row>{1});
    }
}

TEST_CASE("A cancelled lease does not end") {
    LeaseWheel wheel(kStart);
    for (Row row = 0; row < 3; ++row) wheel.set(row, kStart + 1s);
    wheel.cancel(1);
    wheel.cancel(1);
    CHECK(takeAll(wheel, kStart + 1s) == std::set<Row>{0, 2});
}

TEST_CASE("A lease without a foreseeable end is none") {
    LeaseWheel wheel(kStart);
    wheel.set(1, kStart + 1s);
    wheel.set(1, kStart + 24h * 365 * 20);
    CHECK_FALSE(wheel.nextDeadline());
    CHECK(takeAll(wheel, kStart + 24h).empty());
}

TEST_CASE("The work of one call is bounded, and the rest is due at once") {
    LeaseWheel wheel(kStart);
    for (Row row = 0; row < 1000; ++row) wheel.set(row, kStart + 1s);
    std::size_t ended = 0;
    for (int call = 0; call < 10; ++call) {
        std::size_t work = 100;
        while (wheel.takeEnded(kStart + 2s, work) != kNoRow) ++ended;
        CHECK(ended == 100U * (static_cast<unsigned>(call) + 1));
        if (call < 9) CHECK(isDue(wheel, kStart + 2s));
    }
    CHECK_FALSE(wheel.nextDeadline());
}

TEST_CASE("A LeaseWheel ends what a sorted list would, at most a tick late, never early") {
    Random random(GENERATE(1U, 2U, 3U, 4U));
    LeaseWheel wheel(kStart);
    std::map<Row, TimePoint> model;
    TimePoint now = kStart;
    for (int step = 0; step < 5000; ++step) {
        const Row row = random.below(100);
        switch (random.below(4)) {
            case 0:
            case 1: {
                const TimePoint end = now + std::chrono::milliseconds(random.below(600'000));
                wheel.set(row, end);
                model[row] = end;
                break;
            }
            case 2:
                wheel.cancel(row);
                model.erase(row);
                break;
            default:
                // Often nothing, sometimes more than a turn of the wheel.
                now += std::chrono::milliseconds(random.below(7) == 0 ? random.below(900'000)
                                                                      : random.below(3000));
                for (const Row ended : takeAll(wheel, now)) {
                    REQUIRE(model.at(ended) <= now);
                    model.erase(ended);
                }
                for (const auto& [left, end] : model) REQUIRE(end + kTick > now);
        }
        const auto deadline = wheel.nextDeadline();
        REQUIRE(deadline.has_value() == !model.empty());
        for (const auto& [left, end] : model) REQUIRE(*deadline < end + kTick);
    }
}
