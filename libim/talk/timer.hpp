// SPDX-License-Identifier: BSL-1.0
// Timer and Jitter: the small parts of a protocol's schedule.  Time is an argument.
#pragma once

#include "libim/base/time.hpp"

#include <cstdint>
#include <optional>
#include <random>

namespace im::talk {

/// One deadline that is set or not.
class Timer {
public:
    void set(TimePoint at) { at_ = at; }
    void stop() { at_.reset(); }
    bool isSet() const { return at_.has_value(); }
    std::optional<TimePoint> at() const { return at_; }

    /// True when the time has come; the timer is stopped then, so it fires once.
    [[nodiscard]] bool fired(TimePoint now) {
        if (!at_ || now < *at_) return false;
        at_.reset();
        return true;
    }

private:
    std::optional<TimePoint> at_;
};

/// Stretches or shortens durations a little at random, so that many programs that were started
/// or cut off together do not come back together.
class Jitter {
public:
    explicit Jitter(std::uint64_t seed) : random_(seed) {}

    /// `duration` times something between 1 - `part` and 1 + `part`.
    [[nodiscard]] Duration about(Duration duration, double part) {
        std::uniform_real_distribution<double> factor(1.0 - part, 1.0 + part);
        return std::chrono::duration_cast<Duration>(duration * factor(random_));
    }

private:
    std::mt19937_64 random_;
};

}  // namespace im::talk
