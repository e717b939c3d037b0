// SPDX-License-Identifier: BSL-1.0
// What goes out.  What comes back is in stream_sender_acks.cpp.
#include "libim/talk/stream_sender.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace im::talk {

namespace {

constexpr std::size_t kDataOverhead = wire::recordSize(wire::kDataHeader);

/// The lowest `count` bits, of which there may be more than 64.
std::uint64_t lowBits(std::uint64_t count) {
    return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

}  // namespace

StreamSender::StreamSender(wire::StreamId id, StreamBeginning beginning, bool isRestored)
    : id_(id),
      buffer_(beginning.segment, beginning.message),
      isRestoring_(isRestored),
      isRestored_(isRestored),
      next_(beginning.segment),
      sentEnd_(beginning.segment) {}

Push StreamSender::push(std::string_view head, std::string_view text) {
    const std::size_t size = head.size() + text.size();
    if (size > kMaxMessage) return Push::TooLong;
    if (buffer_.hasFin() || buffer_.isUsedUp()) return Push::Ended;
    endRestoring();
    if (!buffer_.hasRoomFor(size)) return Push::Full;
    buffer_.add(asBytes(head), asBytes(text));
    return Push::Taken;
}

std::size_t StreamSender::pushLines(std::string_view head, std::string_view text, Push& result) {
    std::size_t taken = 0;
    result = Push::Taken;
    for (;;) {
        const std::size_t end = text.find('\n', taken);
        if (end == std::string_view::npos) return taken;
        result = push(head, text.substr(taken, end - taken));
        if (result != Push::Taken) return taken;
        taken = end + 1;
    }
}

bool StreamSender::restore(std::string_view message, wire::SegmentNumber beganAt) {
    if (!isRestoring_ || message.size() > kMaxMessage || buffer_.isUsedUp()) return false;
    if (beganAt == buffer_.end())
        buffer_.close();
    else if (beganAt + Number{1} != buffer_.end() || !buffer_.joins(message.size()))
        return false;
    if (!buffer_.hasRoomFor(message.size())) return false;
    buffer_.add({}, asBytes(message));
    return true;
}

/// What was restored may have been sent as it is: nothing joins it.
void StreamSender::endRestoring() {
    if (isRestoring_) buffer_.close();
    isRestoring_ = false;
}

wire::SegmentNumber StreamSender::lastBegan() const {
    return static_cast<wire::SegmentNumber>(buffer_.lastBegan());
}

StreamBeginning StreamSender::beginning() const {
    return {static_cast<wire::SegmentNumber>(buffer_.front()), buffer_.messagesDone()};
}

void StreamSender::finish() {
    endRestoring();
    buffer_.addFin();
}

/// Bits of what may be sent again.
std::uint64_t StreamSender::sendable() const {
    return lost_ & lowBits(peerWindow_);
}

std::optional<StreamSender::Number> StreamSender::nextSegment() const {
    if (const auto again = sendable(); again != 0)
        return next_ + static_cast<unsigned>(std::countr_zero(again));
    if (sentEnd_ < std::min(buffer_.end(), next_ + peerWindow_)) return sentEnd_;
    return {};
}

/// The oldest segment that was sent and is not known to have arrived, but for `skip` of them.
std::optional<StreamSender::Number> StreamSender::oldestMissing(unsigned skip) const {
    std::uint64_t missing = ~received_ & lowBits(sentEnd_ - next_);
    for (; skip > 0 && missing != 0; --skip) missing &= missing - 1;
    if (missing == 0) return {};
    return next_ + static_cast<unsigned>(std::countr_zero(missing));
}

/// Whether only an ACK can bring the stream on.
bool StreamSender::isWaiting() const {
    if (mode_ == Mode::Parted || isDone()) return false;
    return mode_ == Mode::Resuming || next_ < sentEnd_ || !nextSegment();
}

void StreamSender::fillEarly(Bytes& records, std::size_t room, TimePoint now) {
    mode_ = Mode::Parted;
    isPaced_ = false;
    timer_.reset();
    lossAt_.reset();
    if (isDone()) return;
    const std::size_t most = records.size() + room;
    if (isRestored_ || sentEnd_ > 0) {
        if (wire::recordSize(wire::kDataHeader + wire::kFromBody) > room) return;
        appendBeginning(records);
    }
    const Number end = std::min(buffer_.end(), buffer_.front() + kStreamWindow);
    for (Number number = buffer_.front(); number < end; ++number) {
        if (records.size() + kDataOverhead + buffer_.at(number).bodySize() > most) break;
        appendSegment(records, number);
    }
    noteSent(now);
}

void StreamSender::start(TimePoint now) {
    congestion_ = {};
    roundTrip_ = {};
    largestEcho_.reset();
    peerWindow_ = kStreamWindow;
    heardAt_ = now;
    if (health_ == StreamHealth::WantsPath) health_ = StreamHealth::Well;
    resume(now);
}

/// The peer is to say where to go on.
void StreamSender::resume(TimePoint now) {
    frames_.clear();
    lossAt_.reset();
    timeouts_ = 0;
    lost_ = received_ = 0;
    next_ = buffer_.front();
    buffer_.rewind();
    // Who has been told something may have forgotten it, or know more than we do.
    mode_ = isRestored_ || sentEnd_ > 0 ? Mode::Resuming : Mode::Open;
    probesDue_ = mode_ == Mode::Resuming ? 1 : 0;
    setTimer(now);
}

bool StreamSender::fill(Bytes& records, std::size_t room, std::uint64_t counter, TimePoint now) {
    isPaced_ = false;
    if (mode_ == Mode::Parted || isDone()) return false;
    if (mode_ == Mode::Resuming) return fillResuming(records, room, counter, now);
    if (probesDue_ > 0) return fillProbe(records, room, counter, now);
    return fillOpen(records, room, counter, now);
}

bool StreamSender::fillResuming(Bytes& records, std::size_t room, std::uint64_t counter,
                                TimePoint now) {
    if (probesDue_ == 0 || room < wire::recordSize(wire::kDataHeader + wire::kFromBody))
        return false;
    probesDue_ = 0;
    frames_.add(counter, now);
    const std::size_t most = records.size() + room;
    appendBeginning(records);
    const Number oldest = buffer_.front();
    if (records.size() + kDataOverhead + buffer_.at(oldest).bodySize() <= most)
        appendSegment(records, oldest);
    noteSent(now);
    return true;
}

bool StreamSender::fillProbe(Bytes& records, std::size_t room, std::uint64_t counter,
                             TimePoint now) {
    const unsigned nth = kProbes - probesDue_;
    const auto missing = oldestMissing(nth);
    if (!missing && nth > 0) {
        probesDue_ = 0;
        return fillOpen(records, room, counter, now);
    }
    const std::size_t body = missing ? buffer_.at(*missing).bodySize() : wire::kFromBody;
    if (kDataOverhead + body > room) return false;
    --probesDue_;
    if (frames_.isFull()) loseFrame(*frames_.oldest(), now);
    frames_.add(counter, now);
    if (missing) {
        appendSegment(records, *missing);
        include(*missing);
    } else {
        appendBeginning(records);  // the shortest question there is
    }
    congestion_.sent();
    noteSent(now);
    return true;
}

bool StreamSender::fillOpen(Bytes& records, std::size_t room, std::uint64_t counter,
                            TimePoint now) {
    auto number = nextSegment();
    if (!number) {
        startClocks(now);  // the peer has no room
        if (!timer_) setTimer(now);
        return false;
    }
    if (frames_.inFlight() + 1 > congestion_.window()) return false;
    const std::size_t most = records.size() + room;
    if (kDataOverhead + buffer_.at(*number).bodySize() > room) return false;
    if (!congestion_.isReady(now, roundTrip_.smoothed())) {
        isPaced_ = true;
        return false;
    }
    if (frames_.isFull()) loseFrame(*frames_.oldest(), now);
    frames_.add(counter, now);
    for (; number && records.size() + kDataOverhead + buffer_.at(*number).bodySize() <= most;
         number = nextSegment()) {
        appendSegment(records, *number);
        include(*number);
    }
    congestion_.sent();
    noteSent(now);
    return true;
}

void StreamSender::appendBeginning(Bytes& records) {
    wire::appendFrom(records, id_, static_cast<wire::SegmentNumber>(buffer_.front()),
                     buffer_.messagesDone());
}

void StreamSender::appendSegment(Bytes& records, Number number) {
    wire::appendRecord(records, buffer_.at(number).record(id_, number));
    ++sentCount_;
    if (number < sentEnd_) ++repeatedCount_;
    sentEnd_ = std::max(sentEnd_, number + 1);
    if (number + 1 == buffer_.end()) buffer_.close();
}

/// The segment is under way in the newest frame, and in no other.
void StreamSender::include(Number number) {
    SendBuffer::Segment& segment = buffer_.at(number);
    frames_.settle(segment.frame);
    segment.frame = frames_.include(number);
    lost_ &= ~(std::uint64_t{1} << (number - next_));
}

void StreamSender::noteSent(TimePoint now) {
    startClocks(now);
    setTimer(now);
}

void StreamSender::startClocks(TimePoint now) {
    if (!wasIdle_) return;
    wasIdle_ = false;
    heardAt_ = progressAt_ = now;
    pathAskedAt_.reset();
}

}  // namespace im::talk
