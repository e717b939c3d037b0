// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/congestion.hpp"

#include <algorithm>

namespace im::talk {

void Congestion::acknowledged(TimePoint sentAt, bool wasFull) {
    if (!wasFull || sentAt <= recoveryFrom_) return;
    window_ += window_ < threshold_ ? 1 : 1 / window_;
}

void Congestion::lost(TimePoint sentAt, TimePoint now) {
    if (sentAt <= recoveryFrom_) return;
    recoveryFrom_ = now;
    window_ = threshold_ = std::max<double>(window_ / 2, kLeastFrames);
}

void Congestion::collapse() {
    window_ = kLeastFrames;
}

bool Congestion::isReady(TimePoint now, Duration roundTrip) {
    const double perTick = kPacing * window_ / static_cast<double>(roundTrip.count());
    // A timer of the loop is good for a millisecond: what the pace gives in one goes at once.
    const double most = std::max<double>(
        kBurst, perTick * static_cast<double>(Duration(kTimerGranularity).count()));
    if (filledAt_ == TimePoint::min()) filledAt_ = now;
    tokens_ = std::min(most, tokens_ + perTick * static_cast<double>((now - filledAt_).count()));
    filledAt_ = now;
    if (tokens_ >= 1) return true;
    readyAt_ = now + Duration(static_cast<Duration::rep>((1 - tokens_) / perTick) + 1);
    return false;
}

void Congestion::sent() {
    tokens_ = std::max(0.0, tokens_ - 1);
}

}  // namespace im::talk
