// SPDX-License-Identifier: BSL-1.0
// DurationHistogram: how long something took, each time, as counts in fixed buckets, for metrics.
// A value without allocations; not thread-safe.
#pragma once

#include "libim/base/time.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace im {

class DurationHistogram {
public:
    /// Upper bounds, each inclusive; what took longer is in a bucket of its own.  10 us is a turn
    /// of one datagram, 10 s is far beyond every patience that our clients have.
    static constexpr auto kBounds = std::to_array<Duration>(
        {std::chrono::microseconds(10), std::chrono::microseconds(50),
         std::chrono::microseconds(100), std::chrono::microseconds(500),
         std::chrono::milliseconds(1), std::chrono::milliseconds(5), std::chrono::milliseconds(10),
         std::chrono::milliseconds(50), std::chrono::milliseconds(100),
         std::chrono::milliseconds(500), std::chrono::seconds(1), std::chrono::seconds(5),
         std::chrono::seconds(10)});

    void note(Duration took) {
        const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), took);
        ++counts_[static_cast<std::size_t>(bound - kBounds.begin())];
        ++count_;
        sum_ += took;
    }

    /// Of bucket `i` alone; i == kBounds.size(): longer than every bound.
    [[nodiscard]] std::uint64_t inBucket(std::size_t i) const { return counts_[i]; }
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] Duration sum() const { return sum_; }

private:
    std::array<std::uint64_t, kBounds.size() + 1> counts_{};
    std::uint64_t count_ = 0;
    Duration sum_{0};
};

}  // namespace im
