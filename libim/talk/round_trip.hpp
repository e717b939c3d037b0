// SPDX-License-Identifier: BSL-1.0
// RoundTrip: how long a frame and its acknowledgement take (RFC 9002, section 5).
#pragma once

#include "libim/base/time.hpp"
#include "libim/talk/stream_limits.hpp"

namespace im::talk {

class RoundTrip {
public:
    /// `measured`: between sending a frame and the ACK that names it; `delay`: how long the peer
    /// kept it, as it says.  A delay that would make the trip shorter than the shortest seen is
    /// not believed.
    void sample(Duration measured, Duration delay);

    [[nodiscard]] Duration smoothed() const { return smoothed_; }
    /// The longer of the smoothed and the latest one: what loss is told by.
    [[nodiscard]] Duration longer() const { return smoothed_ > latest_ ? smoothed_ : latest_; }
    /// How long to wait for an ACK before asking: the peer's delay is in it.
    [[nodiscard]] Duration probeTimeout() const;

private:
    bool isMeasured_ = false;
    Duration smoothed_ = kInitialRoundTrip;
    Duration variation_ = kInitialRoundTrip / 2;
    Duration latest_{};
    Duration shortest_{};
};

}  // namespace im::talk
