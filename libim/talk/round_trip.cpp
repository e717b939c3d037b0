// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/round_trip.hpp"

#include <algorithm>

namespace im::talk {

void RoundTrip::sample(Duration measured, Duration delay) {
    latest_ = std::max(measured, Duration{1});
    if (!isMeasured_) {
        isMeasured_ = true;
        shortest_ = smoothed_ = latest_;
        variation_ = latest_ / 2;
        return;
    }
    shortest_ = std::min(shortest_, latest_);
    // Subtracted, not added to the other side: a peer's delay may be any number.
    const Duration adjusted = latest_ - shortest_ >= delay ? latest_ - delay : latest_;
    const Duration difference = smoothed_ > adjusted ? smoothed_ - adjusted : adjusted - smoothed_;
    variation_ = (3 * variation_ + difference) / 4;
    smoothed_ = std::max((7 * smoothed_ + adjusted) / 8, Duration{1});
}

Duration RoundTrip::probeTimeout() const {
    return smoothed_ + std::max<Duration>(4 * variation_, kTimerGranularity) + kAckDelay;
}

}  // namespace im::talk
