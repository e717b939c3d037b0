// SPDX-License-Identifier: BSL-1.0
// StreamSender: one stream of messages to one person, kept until that person's listener has
// written them (doc/protocol.md, "Streams").  Cuts messages into segments, sends them no faster
// than the path and the reader take them, again when they are lost, and goes on in another session
// where the last one ended.
//
// No socket, no clock, no thread, no keys: the caller asks fill() for records, seals them into a
// frame, and hands in the ACKs of the session that the stream is in.  Not thread-safe.
//
//   StreamSender stream(id);
//   stream.push("talk,17:44:09,alice,", "lunch?");    // until it says Full
//   stream.finish();
//   stream.fillEarly(records, room, now);             // into an INIT; or not
//   stream.start(now);                                // the session is there
//   while (stream.fill(records, room, counter, now)) ...   // one BOX each
//   stream.acknowledge(ack, now);                     // messagesDone() are written
//   stream.tick(now);                                 // at nextDeadline()
#pragma once

#include "libim/talk/congestion.hpp"
#include "libim/talk/frame_log.hpp"
#include "libim/talk/round_trip.hpp"
#include "libim/talk/send_buffer.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace im::talk {

enum class Push : std::uint8_t {
    Taken,
    Full,     ///< later, when messages were acknowledged: do not read more input
    TooLong,  ///< more than kMaxMessage
    Ended,    ///< finish() was called, or the numbers of the stream are used up: begin another
};

enum class StreamHealth : std::uint8_t {
    Well,
    WantsPath,  ///< no progress for 30 s: look the peer up again, and start() a new session
    Silent,     ///< failed: no progress for 120 s
    Blocked,    ///< failed: the peer answers, but for 10 min its reader took nothing
};

/// Where a stream of an earlier run goes on.
struct StreamBeginning {
    wire::SegmentNumber segment = 0;
    wire::MessageNumber message = 0;
};

class StreamSender {
public:
    /// A new stream; `id` is 64 random bits.
    explicit StreamSender(wire::StreamId id) : StreamSender(id, {}, false) {}
    /// A stream out of an outbox that was not finished, or gets no further push().  Its messages
    /// follow by restore(), before any push().
    StreamSender(wire::StreamId id, StreamBeginning beginning)
        : StreamSender(id, beginning, true) {}

    /// Adds the message `head` and `text`, one behind the other.  Copies; does not allocate in
    /// the long run.  Short messages share a segment until it is sent.
    [[nodiscard]] Push push(std::string_view head, std::string_view text = {});
    /// Adds every line that ends in `text` and finds room, each behind `head`.  How many bytes of
    /// `text` it took; then `result` says why not more (Taken: no line ends in the rest).
    [[nodiscard]] std::size_t pushLines(std::string_view head, std::string_view text, Push& result);
    /// Adds a message of the outbox that began with segment `beganAt` (lastBegan() of then).
    /// False when that cannot be true of what was restored before.
    [[nodiscard]] bool restore(std::string_view message, wire::SegmentNumber beganAt);
    /// Segment in which the last message begins: an outbox keeps it beside the message, before the
    /// message is sent.  REQUIRES: a push() was Taken.
    [[nodiscard]] wire::SegmentNumber lastBegan() const;
    /// The next message begins a segment of its own (an outbox keeps messages so).
    void separate() { buffer_.close(); }
    /// No more messages; the last one goes out with FIN.
    void finish();

    /// For an INIT: where the stream goes on, and the oldest segments, as long as they fit into
    /// `room` bytes.  Appends nothing when nothing is to be sent.  Until start() nothing more is.
    void fillEarly(Bytes& records, std::size_t room, TimePoint now);
    /// The stream is now in a session that is confirmed, the first or another.  Whatever the old
    /// one had under way is sent again, unless the peer's first ACK says that it has it.
    void start(TimePoint now);
    /// Appends what is to go into the frame with `counter`, which will be sent now: at most `room`
    /// bytes.  False when there is nothing, now.  Counters grow; others may use some between.
    bool fill(Bytes& records, std::size_t room, std::uint64_t counter, TimePoint now);
    /// An ACK out of the session of the last start(); those of older ones must not come here.
    void acknowledge(const wire::AckRecord& ack, TimePoint now);
    void tick(TimePoint now);
    /// When to call tick() and fill() again at the latest.
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

    [[nodiscard]] wire::StreamId id() const { return id_; }
    /// Messages below are written by the listener.
    [[nodiscard]] wire::MessageNumber messagesDone() const { return buffer_.messagesDone(); }
    /// Where an outbox would begin again.
    [[nodiscard]] StreamBeginning beginning() const;
    /// Nothing waits, FIN included.
    [[nodiscard]] bool isDone() const { return buffer_.front() == buffer_.end(); }
    /// Every segment has been sent once, at least.
    [[nodiscard]] bool isAllSent() const { return sentEnd_ == buffer_.end(); }
    /// When the listener last took something; before that, when the stream was given a session.
    [[nodiscard]] TimePoint progressAt() const { return progressAt_; }
    [[nodiscard]] StreamHealth health() const { return health_; }
    /// Segments sent, and those of them sent for the second time or more.
    [[nodiscard]] std::uint64_t sentCount() const { return sentCount_; }
    [[nodiscard]] std::uint64_t repeatedCount() const { return repeatedCount_; }
    [[nodiscard]] Duration roundTrip() const { return roundTrip_.smoothed(); }
    [[nodiscard]] double congestionWindow() const { return congestion_.window(); }

private:
    using Number = SendBuffer::Number;
    enum class Mode : std::uint8_t { Parted, Resuming, Open };

    StreamSender(wire::StreamId id, StreamBeginning beginning, bool isRestored);

    [[nodiscard]] std::uint64_t sendable() const;
    [[nodiscard]] std::optional<Number> nextSegment() const;
    [[nodiscard]] std::optional<Number> oldestMissing(unsigned skip) const;
    [[nodiscard]] bool isWaiting() const;

    void resume(TimePoint now);
    bool fillResuming(Bytes& records, std::size_t room, std::uint64_t counter, TimePoint now);
    bool fillProbe(Bytes& records, std::size_t room, std::uint64_t counter, TimePoint now);
    bool fillOpen(Bytes& records, std::size_t room, std::uint64_t counter, TimePoint now);
    void appendBeginning(Bytes& records);
    void appendSegment(Bytes& records, Number number);
    void include(Number number);
    void noteSent(TimePoint now);
    void startClocks(TimePoint now);
    void endRestoring();

    [[nodiscard]] bool isForgetful(const wire::AckRecord& ack) const;
    [[nodiscard]] Number known() const;
    [[nodiscard]] bool resumeAt(Number next);
    [[nodiscard]] bool settleBelow(Number next, bool wasFull);
    [[nodiscard]] bool settleMask(std::uint64_t mask, bool wasFull);
    void settle(Number number, bool wasFull);
    void takeEcho(const wire::AckRecord& ack, TimePoint now);
    void takeWindow(const wire::AckRecord& ack, bool isNewest, TimePoint now);
    void noteProgress(TimePoint now);

    void detectLoss(TimePoint now);
    void loseFrame(FrameLog::Serial serial, TimePoint now);
    void probe(TimePoint now);
    void setTimer(TimePoint from);
    [[nodiscard]] TimePoint aliveAt() const;
    void judge(TimePoint now);

    wire::StreamId id_;
    SendBuffer buffer_;
    RoundTrip roundTrip_;
    Congestion congestion_;
    FrameLog frames_;

    Mode mode_ = Mode::Parted;
    bool isRestoring_;            ///< restore() may still be called
    bool isRestored_;             ///< the peer may have more than was sent in this run
    Number next_;                 ///< acknowledged below
    Number sentEnd_;              ///< sent below, at least once
    std::uint64_t received_ = 0;  ///< bit i: the peer has next_ + i
    std::uint64_t lost_ = 0;      ///< bit i: next_ + i is to be sent again
    std::uint32_t peerWindow_ = kStreamWindow;

    std::optional<std::uint64_t> largestEcho_;
    unsigned probesDue_ = 0;
    unsigned timeouts_ = 0;            ///< in a row
    bool isPaced_ = false;             ///< a frame waits for its pace
    std::optional<TimePoint> timer_;   ///< probe timeout
    std::optional<TimePoint> lossAt_;  ///< a frame is lost by time then

    bool wasIdle_ = true;
    TimePoint heardAt_{};
    TimePoint progressAt_{};
    std::optional<TimePoint> blockedSince_;
    std::optional<TimePoint> pathAskedAt_;
    StreamHealth health_ = StreamHealth::Well;
    std::uint64_t sentCount_ = 0;
    std::uint64_t repeatedCount_ = 0;
};

}  // namespace im::talk
