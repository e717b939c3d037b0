// SPDX-License-Identifier: BSL-1.0
// WriteThrottle: how often a file that follows a changing roster is rewritten.  No clock.  A value.
#pragma once

#include "libim/base/time.hpp"

#include <algorithm>

namespace im::node {

class WriteThrottle {
public:
    /// A person does not notice it, and a storm of logins is one write.
    static constexpr Duration kPause = std::chrono::milliseconds(100);
    /// So that writing takes no more than a twentieth of the time, however large the roster.
    static constexpr int kShare = 20;

    /// Writing is due: something has changed.
    void change() { changed_ = true; }
    /// It has been written, from `start` to `end`.
    void wrote(TimePoint start, TimePoint end) {
        changed_ = false;
        free_ = end + std::max(kPause, kShare * (end - start));
    }
    /// When to write; a time that is past means at once.  Nothing: there is nothing to write.
    [[nodiscard]] std::optional<TimePoint> due() const {
        if (!changed_) return std::nullopt;
        return free_;
    }

private:
    TimePoint free_ = TimePoint::min();
    bool changed_ = false;
};

}  // namespace im::node
