// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/frame_log.hpp"

#include <algorithm>
#include <cassert>

namespace im::talk {

void FrameLog::clear() {
    begin_ = oldest_ = end_;
    inFlight_ = 0;
}

FrameLog::Serial FrameLog::add(std::uint64_t counter, TimePoint now) {
    assert(!isFull());
    at(end_) = {counter, now, 0, 0, 0};
    return end_++;
}

FrameLog::Serial FrameLog::include(std::uint64_t segment) {
    Frame& frame = at(end_ - 1);
    if (frame.open++ == 0) {
        ++inFlight_;
        frame.first = frame.last = segment;
    }
    frame.first = std::min(frame.first, segment);
    frame.last = std::max(frame.last, segment);
    return end_ - 1;
}

bool FrameLog::settle(Serial serial) {
    if (serial < oldest_ || serial >= end_ || at(serial).open == 0) return false;
    if (--at(serial).open != 0) return false;
    --inFlight_;
    return true;
}

void FrameLog::giveUp(Serial serial) {
    if (at(serial).open == 0) return;
    at(serial).open = 0;
    --inFlight_;
}

std::optional<FrameLog::Serial> FrameLog::oldest() {
    while (oldest_ != end_ && at(oldest_).open == 0) ++oldest_;
    if (oldest_ == end_) return {};
    return oldest_;
}

std::optional<FrameLog::Serial> FrameLog::find(std::uint64_t counter) const {
    Serial low = std::max(begin_, end_ > kCapacity ? end_ - kCapacity : 0);
    Serial high = end_;
    while (low < high) {
        const Serial middle = low + (high - low) / 2;
        if (frames_[middle % kCapacity].counter < counter)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == end_ || frames_[low % kCapacity].counter != counter) return {};
    return low;
}

}  // namespace im::talk
