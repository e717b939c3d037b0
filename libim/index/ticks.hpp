// SPDX-License-Identifier: BSL-1.0
// Ticks: time since the start of an index in tenths of a second, in four bytes, because there
// are a million of each.  Enough for 13 years; later is kNever.
#pragma once

#include "libim/base/time.hpp"

#include <algorithm>
#include <cstdint>

namespace im::index {

using Ticks = std::uint32_t;
inline constexpr Duration kTick = std::chrono::milliseconds(100);
inline constexpr Ticks kNever = 0xFFFFFFFF;

/// Whole ticks in `sinceStart`; 0 when it is negative.
[[nodiscard]] inline Ticks ticksDown(Duration sinceStart) {
    return static_cast<Ticks>(std::clamp<Duration::rep>(sinceStart / kTick, 0, kNever));
}

/// The same, rounded up: a deadline in ticks is never before the one meant.
[[nodiscard]] inline Ticks ticksUp(Duration sinceStart) {
    const Ticks whole = ticksDown(sinceStart);
    return whole != kNever && sinceStart > whole * kTick ? whole + 1 : whole;
}

}  // namespace im::index
