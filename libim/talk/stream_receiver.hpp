// SPDX-License-Identifier: BSL-1.0
// StreamReceiver: the segments of one stream that arrived and are not written yet: puts them in
// order, makes messages of them, and says how far the stream is done with.  StreamTable has one
// for each stream that is busy.
//
//   head ......... next ......... ready ......... next + 64
//   pieces of the  |  whole messages,  |  what came
//   first message  |  not written      |  out of order
//
// A segment counts as done (`next`) when the messages that end in it are written; a piece of a
// message that goes on counts as soon as it is its turn, because a message may be longer than the
// window.  What was acknowledged is not given up, but by forget() when its sender has gone.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/talk/segment_pool.hpp"
#include "libim/talk/stream_limits.hpp"
#include "libim/wire/segment.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace im::talk {

class StreamReceiver {
public:
    using Number = std::uint64_t;

    /// Where a stream stands: all below is written.
    struct Position {
        wire::SegmentNumber segment = 0;
        wire::MessageNumber message = 0;
    };

    enum class Verdict : std::uint8_t {
        Taken,
        Known,      ///< it is here already, or was written
        NoRoom,     ///< beyond the window, or no memory: the sender will send it again
        TooLong,    ///< a message of more than `longest` bytes; the stream is of no use any more
        Malformed,  ///< what our sender never sends; the same
    };

    /// Messages [first, last] will never come.
    struct Gap {
        wire::MessageNumber first = 0;
        wire::MessageNumber last = 0;
    };

    /// Starts over, for whichever stream.  `pool` outlives the use.  REQUIRES: isIdle().
    void begin(Position at, SegmentPool& pool, std::size_t longest);

    Verdict take(const wire::DataRecord& segment, bool mayUseReserve);
    /// The sender says that all below `segment`, `before` messages, is acknowledged.  The gap that
    /// this leaves, if there is one; nothing happens when we are further, or have yet to write.
    std::optional<Gap> goOnFrom(Number segment, wire::MessageNumber before);

    [[nodiscard]] bool hasMessage() const { return wholeCount_ > 0; }
    struct Message {
        wire::MessageNumber number = 0;
        BytesView bytes;  ///< valid until written; in `scratch` if it came in several segments
    };
    /// The next message.  REQUIRES: hasMessage().
    [[nodiscard]] Message nextMessage(Bytes& scratch);
    /// The oldest message that nextMessage() gave is written.  REQUIRES: there is one.
    void written();

    /// What an ACK says.
    [[nodiscard]] Number next() const { return next_; }
    [[nodiscard]] std::uint64_t mask() const { return mask_; }
    /// Something came that is not in order.
    [[nodiscard]] bool hasHole() const { return (mask_ & (mask_ + 1)) != 0; }
    [[nodiscard]] bool isFinished() const { return isFinished_; }
    /// Nothing is kept.
    [[nodiscard]] bool isIdle() const { return head_ == next_ && mask_ == 0; }
    /// All that is kept waits for something from the sender.
    [[nodiscard]] bool isUnfinished() const { return !isIdle() && unwrittenCount_ == 0; }
    [[nodiscard]] Position position() const;
    [[nodiscard]] bool isBroken() const { return trouble_ != Verdict::Taken; }

    /// Gives back all that is kept.  REQUIRES: no message is unwritten.
    void forget();

private:
    static constexpr SegmentPool::Block kNoBlock = ~SegmentPool::Block{0};

    struct Held {
        SegmentPool::Block block = kNoBlock;
        std::uint16_t size = 0;
        std::uint16_t messages = 0;
        bool many = false;
        bool fin = false;
    };

    Held& at(Number number) { return ring_[number & (ring_.size() - 1)]; }
    BytesView bytesOf(const Held& held);
    void makeRoomFor(Number number);
    [[nodiscard]] Verdict judge(Number ready);
    void moveReady();
    void moveNext();
    void step();
    void freeBelow(Number end);
    BytesView assemble(Bytes& scratch);

    SegmentPool* pool_ = nullptr;
    std::size_t longest_ = 0;
    std::vector<Held> ring_;
    Number head_ = 0;
    Number next_ = 0;
    Number ready_ = 0;
    std::uint64_t mask_ = 0;             ///< bit i: next_ + i is here
    std::size_t halfBytes_ = 0;          ///< of the message that goes on at ready_
    std::uint64_t wholeCount_ = 0;       ///< messages below ready_, not given out
    std::uint64_t unwrittenCount_ = 0;   ///< messages below ready_, not written
    unsigned writtenOfNext_ = 0;         ///< messages of segment next_ that are written
    wire::MessageNumber messageAt_ = 0;  ///< the next to be written
    // The next to be given out: begins in segment giveAt_, and if that has many, in rest_.
    Number giveAt_ = 0;
    BytesView rest_;
    wire::MessageNumber giveNumber_ = 0;
    Verdict trouble_ = Verdict::Taken;
    bool hasFin_ = false;
    bool isFinished_ = false;
};

}  // namespace im::talk
