// SPDX-License-Identifier: BSL-1.0
// SenderPace: `--rate`: at most so many messages a second, evenly, never made up for later.
#pragma once

#include "libim/base/time.hpp"

#include <algorithm>
#include <cstdint>

namespace im::node {

class SenderPace {
public:
    /// `perSecond` 0: no limit.
    explicit SenderPace(std::uint64_t perSecond)
        : interval_(perSecond == 0 ? Duration::zero()
                                   : std::chrono::ceil<Duration>(
                                         std::chrono::duration<double>(1.0 / double(perSecond)))) {}

    /// When a message that is ready `now` may go; the next one may an interval later.
    [[nodiscard]] TimePoint next(TimePoint now) {
        const TimePoint at = std::max(now, free_);
        free_ = at + interval_;
        return at;
    }

private:
    Duration interval_;
    TimePoint free_ = TimePoint::min();
};

}  // namespace im::node
