// SPDX-License-Identifier: BSL-1.0
// ListenGoal: when imlisten has what it was asked for (its -c and -t) and with which status it
// then ends.  No clock.  A value.
#pragma once

#include "libim/base/time.hpp"

#include <cstdint>
#include <optional>

namespace im::node {

class ListenGoal {
public:
    /// `count` is at least 1; nothing: no end.  `timeout` runs from `start`, the start of the
    /// program, so that waiting for the index is part of it.
    ListenGoal(std::optional<std::uint64_t> count, std::optional<Duration> timeout,
               TimePoint start);

    /// One matching record has been taken.  REQUIRES: !reached().
    void take();

    /// All that were asked for are there.
    [[nodiscard]] bool reached() const { return count_ && taken_ >= *count_; }

    /// When the time is up.
    [[nodiscard]] std::optional<TimePoint> deadline() const { return deadline_; }

    /// The exit status when the time is up: 1 when fewer came than were asked for, or, without a
    /// count, none at all; else 0.
    [[nodiscard]] int statusAtDeadline() const;

    /// The exit status when listening ends from outside before that: 0 when nothing was asked
    /// for, else as if the time were up.
    [[nodiscard]] int statusWhenEnded() const;

private:
    std::optional<std::uint64_t> count_;
    std::optional<TimePoint> deadline_;
    std::uint64_t taken_ = 0;
};

}  // namespace im::node
