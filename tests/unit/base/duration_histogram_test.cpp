// SPDX-License-Identifier: BSL-1.0
#include "libim/base/duration_histogram.hpp"

#include "tests/support/catch.hpp"

using namespace std::chrono_literals;
using im::DurationHistogram;

TEST_CASE("A duration is counted in the bucket of the first bound that is not below it") {
    DurationHistogram histogram;
    histogram.note(0ns);
    histogram.note(10us);  // bounds are inclusive
    histogram.note(10us + 1ns);
    histogram.note(10s);
    histogram.note(11s);
    CHECK(histogram.inBucket(0) == 2);
    CHECK(histogram.inBucket(1) == 1);
    CHECK(histogram.inBucket(DurationHistogram::kBounds.size() - 1) == 1);
    CHECK(histogram.inBucket(DurationHistogram::kBounds.size()) == 1);
    CHECK(histogram.count() == 5);
    CHECK(histogram.sum() == 21s + 20us + 1ns);
}

TEST_CASE("The bounds of a DurationHistogram rise from 10 us to 10 s") {
    const auto& bounds = DurationHistogram::kBounds;
    CHECK(bounds.front() == 10us);
    CHECK(bounds.back() == 10s);
    for (std::size_t i = 1; i < bounds.size(); ++i) CHECK(bounds[i - 1] < bounds[i]);
}
