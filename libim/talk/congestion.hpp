// SPDX-License-Identifier: BSL-1.0
// Congestion: how many frames may be on their way, and how fast they go out: NewReno as in
// RFC 9002, sections 7.1 to 7.7, counted in frames because ours are nearly all full.
#pragma once

#include "libim/base/time.hpp"
#include "libim/talk/stream_limits.hpp"

namespace im::talk {

class Congestion {
public:
    [[nodiscard]] double window() const { return window_; }

    /// A frame sent at `sentAt` was acknowledged.  `wasFull`: there was more to send than the
    /// window allowed; a window that is not used does not grow.
    void acknowledged(TimePoint sentAt, bool wasFull);
    /// A frame sent at `sentAt` is lost.  Halves the window once per round trip.
    void lost(TimePoint sentAt, TimePoint now);
    /// Probe after probe stayed unanswered.
    void collapse();

    /// Whether the pace allows a frame now, given the round trip; else wait until readyAt().
    [[nodiscard]] bool isReady(TimePoint now, Duration roundTrip);
    [[nodiscard]] TimePoint readyAt() const { return readyAt_; }
    /// A frame went out.
    void sent();

private:
    double window_ = kInitialFrames;
    double threshold_ = 1e9;  ///< slow start below
    TimePoint recoveryFrom_ = TimePoint::min();
    // A token bucket: a frame takes one.
    double tokens_ = kBurst;
    TimePoint filledAt_ = TimePoint::min();
    TimePoint readyAt_{};
};

}  // namespace im::talk
