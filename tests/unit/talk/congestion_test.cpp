// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/congestion.hpp"
#include "libim/talk/frame_log.hpp"
#include "libim/talk/round_trip.hpp"
#include "tests/support/catch.hpp"

using namespace im;
using namespace im::talk;

TEST_CASE("the first round trip counts alone, later ones by an eighth") {
    RoundTrip trip;
    CHECK(trip.smoothed() == 333ms);
    trip.sample(80ms, 0ms);
    CHECK(trip.smoothed() == 80ms);
    CHECK(trip.probeTimeout() == 80ms + 160ms + 25ms);
    trip.sample(160ms, 0ms);
    CHECK(trip.smoothed() == 90ms);
    CHECK(trip.longer() == 160ms);
}

TEST_CASE("a peer's delay is taken off, unless that is impossible") {
    RoundTrip trip;
    trip.sample(80ms, 0ms);
    trip.sample(100ms, 20ms);
    CHECK(trip.smoothed() == 80ms);
    trip.sample(80ms, 60'000ms);
    CHECK(trip.smoothed() == 80ms);
}

TEST_CASE("the window doubles per round trip, then grows by one") {
    Congestion congestion;
    const TimePoint sent{1h};
    for (int i = 0; i < 10; ++i) congestion.acknowledged(sent, true);
    CHECK(congestion.window() == 20);
    congestion.lost(sent, sent + 1s);
    CHECK(congestion.window() == 10);
    for (int i = 0; i < 10; ++i) congestion.acknowledged(sent + 2s, true);
    CHECK(congestion.window() == Approx(11).margin(0.1));
}

TEST_CASE("the losses of one round trip halve the window once, and never below two") {
    Congestion congestion;
    const TimePoint sent{1h};
    congestion.lost(sent, sent + 1s);
    congestion.lost(sent + 900ms, sent + 1s);
    CHECK(congestion.window() == 5);
    for (int i = 2; i < 10; ++i) congestion.lost(sent + 1s * i, sent + 1s * i);
    CHECK(congestion.window() == 2);
}

TEST_CASE("a window that is not used does not grow") {
    Congestion congestion;
    congestion.acknowledged(TimePoint{1h}, false);
    CHECK(congestion.window() == 10);
}

TEST_CASE("ten frames go at once, then five quarters of the window per round trip") {
    Congestion congestion;
    TimePoint now{1h};
    int sent = 0;
    for (; congestion.isReady(now, 100ms); ++sent) congestion.sent();
    CHECK(sent == 10);
    CHECK(congestion.readyAt() - now >= 8ms);
    CHECK(congestion.readyAt() - now < 9ms);
    now += 100ms;
    for (sent = 0; congestion.isReady(now, 100ms); ++sent) congestion.sent();
    CHECK(sent == 10);  // the bucket holds no more
    now = congestion.readyAt();
    CHECK(congestion.isReady(now, 100ms));
}

TEST_CASE("a frame is under way until all of its segments are settled") {
    FrameLog log;
    const auto first = log.add(5, TimePoint{1h});
    log.include(0);
    log.include(1);
    const auto second = log.add(9, TimePoint{1h});
    log.include(2);
    CHECK(log.inFlight() == 2);
    CHECK_FALSE(log.settle(first));
    CHECK(log.settle(first));
    CHECK_FALSE(log.settle(first));
    CHECK(log.oldest() == second);
    CHECK(log.find(9) == second);
    CHECK_FALSE(log.find(6));
    log.clear();
    CHECK_FALSE(log.find(9));
    CHECK_FALSE(log.settle(second));
    CHECK(log.inFlight() == 0);
}
