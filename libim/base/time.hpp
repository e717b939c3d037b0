// SPDX-License-Identifier: BSL-1.0
// Time as everyone uses it.  Nobody below net reads a clock: time is an argument.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace im {

/// Monotonic time, for deadlines.
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

/// Calendar time, only to show it.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// The earlier of two deadlines, where "none" is later than any.
[[nodiscard]] std::optional<TimePoint> earlier(std::optional<TimePoint> a,
                                               std::optional<TimePoint> b);

/// DUR as in sleep(1): a decimal number with an optional unit s, m, h or d ("0.5", "5s", "2m").
/// Nothing for anything else, for a negative one, and for more than 10,000 days.
[[nodiscard]] std::optional<Duration> parseDuration(std::string_view text);

}  // namespace im
