// SPDX-License-Identifier: BSL-1.0
// FrameLog: the frames of one stream that were sent in a session, in order: when, under which
// counter, and how many of their segments are still to be acknowledged.  A ring; nothing is
// allocated.
#pragma once

#include "libim/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace im::talk {

class FrameLog {
public:
    /// Which frame, from 1; never reused, in another session neither.
    using Serial = std::uint64_t;

    struct Frame {
        std::uint64_t counter = 0;
        TimePoint at{};
        std::uint64_t first = 0;  ///< lowest and highest segment in it
        std::uint64_t last = 0;
        std::uint32_t open = 0;  ///< segments not acknowledged, not lost and not sent again since
    };

    /// Another session: none of the frames counts any more.
    void clear();
    /// Adds a frame without segments.  Counters grow.  REQUIRES: not isFull().
    Serial add(std::uint64_t counter, TimePoint now);
    /// A segment goes out with the last frame.  Which that is.
    Serial include(std::uint64_t segment);
    /// A segment of the frame needs no more care.  True when that was the last.
    bool settle(Serial serial);

    /// The frame is lost: none of its segments is open.
    void giveUp(Serial serial);

    /// The oldest frame with open segments.
    [[nodiscard]] std::optional<Serial> oldest();
    [[nodiscard]] bool isFull() { return end_ - oldest().value_or(end_) == kCapacity; }
    [[nodiscard]] bool empty() const { return end_ == begin_; }
    /// Counter of the newest.  REQUIRES: not empty().
    [[nodiscard]] std::uint64_t lastCounter() const {
        return frames_[(end_ - 1) % kCapacity].counter;
    }
    /// Frames with open segments.
    [[nodiscard]] unsigned inFlight() const { return inFlight_; }

    [[nodiscard]] Frame& at(Serial serial) { return frames_[serial % kCapacity]; }
    /// By its counter, if it is remembered still.
    [[nodiscard]] std::optional<Serial> find(std::uint64_t counter) const;

private:
    // Twice what 64 segments, each sent again once, need.
    static constexpr std::size_t kCapacity = 256;

    std::array<Frame, kCapacity> frames_;
    Serial begin_ = 1;   ///< of this session
    Serial oldest_ = 1;  ///< none before it has open segments
    Serial end_ = 1;
    unsigned inFlight_ = 0;
};

}  // namespace im::talk
