// SPDX-License-Identifier: BSL-1.0
// SendBuffer: the messages of one stream as segments, from the first segment of the oldest message
// that is not acknowledged to the last that waits.  Each slot holds the bytes as they go out.
//
// A whole message joins the last segment while that one is open: there is room, and it was never
// sent.  What was sent once never changes, because the receiver may have shown it.
//
// One ring of slots that doubles until it has kSendBuffer: adding a message is a copy, and in the
// long run no allocation.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/talk/stream_limits.hpp"
#include "libim/wire/segment.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace im::talk {

class SendBuffer {
public:
    /// Numbers of segments, wider than on the wire so that one behind the last is a number too.
    using Number = std::uint64_t;

    struct Segment {
        std::uint64_t frame = 0;     ///< the sender's: the frame it went out with last
        std::uint16_t size = 0;      ///< of `bytes`
        std::uint16_t messages = 0;  ///< that end in it
        bool end = false;
        bool fin = false;
        /// Messages behind their lengths, or behind two bytes of nothing a piece of one.
        std::array<std::byte, wire::kMessagePrefix + wire::kMaxSegment> bytes;

        [[nodiscard]] wire::DataRecord record(wire::StreamId stream, Number number) const;
        [[nodiscard]] std::size_t bodySize() const {
            return messages > 1 ? size : size - wire::kMessagePrefix;
        }
    };

    /// Begins with segment `first` and message `before`.
    SendBuffer(Number first, wire::MessageNumber before);

    /// Whether a message of that size fits now.  An empty buffer has room for every message.
    [[nodiscard]] bool hasRoomFor(std::size_t size) const;
    /// Whether the numbers would not do for one more of the longest messages.
    [[nodiscard]] bool isUsedUp() const { return end_ + segmentsOf(kMaxMessage) >= kMaxSegments; }
    /// Adds `head` and `text`, one behind the other, as one message.  REQUIRES: hasRoomFor both.
    void add(BytesView head, BytesView text);
    /// Marks the last segment, or an empty one where there is none to be marked.
    void addFin();
    /// The last segment is sent: it takes no further message and no FIN.
    void close() { isOpen_ = isUnsent_ = false; }
    /// Whether a message of that size would share the last segment.
    [[nodiscard]] bool joins(std::size_t size) const;

    /// The first segment kept: of the oldest message that is not acknowledged.
    [[nodiscard]] Number front() const { return front_; }
    [[nodiscard]] Number end() const { return end_; }
    /// Where the last message begins.  REQUIRES: one was added.
    [[nodiscard]] Number lastBegan() const { return lastBegan_; }
    /// Messages acknowledged: the number of the first that is not.
    [[nodiscard]] wire::MessageNumber messagesDone() const { return messagesDone_; }
    [[nodiscard]] bool hasFin() const { return hasFin_; }

    /// REQUIRES: front() <= number < end().
    [[nodiscard]] Segment& at(Number number) { return slots_[number & (capacity_ - 1)]; }
    [[nodiscard]] const Segment& at(Number number) const {
        return slots_[number & (capacity_ - 1)];
    }

    /// All below `next` is acknowledged: forgets the messages that are so as a whole.
    void release(Number next);
    /// After the peer forgot: counts from front() again.
    void rewind() { scanned_ = front_; }

private:
    void join(BytesView head, BytesView text);
    Segment& append();
    void grow();

    std::unique_ptr<Segment[]> slots_;
    std::size_t capacity_;
    Number front_;
    Number scanned_;  ///< from front_ on all below is acknowledged, of a message that is not
    Number end_;
    Number lastBegan_;
    wire::MessageNumber messagesDone_;
    bool isOpen_ = false;
    bool isUnsent_ = false;  ///< the last segment
    bool hasFin_ = false;
};

}  // namespace im::talk
