// SPDX-License-Identifier: BSL-1.0
// What comes back to a StreamSender, or does not.
#include "libim/talk/stream_sender.hpp"

#include <algorithm>
#include <bit>

namespace im::talk {

namespace {

std::uint64_t lowBits(std::uint64_t count) {
    return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

std::uint64_t shifted(std::uint64_t mask, std::uint64_t by) {
    return by >= 64 ? 0 : mask >> by;
}

}  // namespace

void StreamSender::acknowledge(const wire::AckRecord& ack, TimePoint now) {
    if (ack.stream != id_ || mode_ == Mode::Parted) return;
    const bool isResumed = mode_ == Mode::Resuming;
    if (isResumed && !resumeAt(ack.next)) return;
    if (ack.next < next_ && isForgetful(ack)) return resume(now);
    // An older one that was overtaken, or one that cannot be true.
    if (ack.next < next_ || ack.next > known()) return;
    sentEnd_ = std::max<Number>(sentEnd_, ack.next);
    const bool wasFull = frames_.inFlight() + 1 > congestion_.window() || nextSegment();
    const bool isNewest = ack.echo == wire::kNoEcho || !largestEcho_ || ack.echo >= *largestEcho_;
    heardAt_ = now;
    takeEcho(ack, now);
    const bool hasMoved = settleBelow(ack.next, wasFull);
    const bool hasMore = settleMask(ack.mask, wasFull);
    if (hasMoved) blockedSince_.reset();
    if (hasMoved || hasMore || isResumed) noteProgress(now);
    takeWindow(ack, isNewest, now);
    detectLoss(now);
    if (next_ == buffer_.end()) wasIdle_ = true;
    setTimer(now);
}

/// An ACK that is newer than all others and knows less: the peer has forgotten the stream, or the
/// half of a message.
bool StreamSender::isForgetful(const wire::AckRecord& ack) const {
    return !frames_.empty() && ack.echo <= frames_.lastCounter() && largestEcho_ &&
           ack.echo > *largestEcho_;
}

/// The end of what the peer can have.  An earlier run may have sent anything of the outbox, and it
/// may arrive only now.
StreamSender::Number StreamSender::known() const {
    return isRestored_ ? buffer_.end() : sentEnd_;
}

/// The peer of another session says where to go on.  That may be before what an earlier one had
/// acknowledged, though never within a message that was.
bool StreamSender::resumeAt(Number next) {
    if (next < buffer_.front() || next > known()) return false;
    mode_ = Mode::Open;
    next_ = next;
    buffer_.release(next);
    // What lies beyond the mask counts as never sent.
    sentEnd_ = std::min(std::max(sentEnd_, next), next + kStreamWindow);
    lost_ = lowBits(sentEnd_ - next);  // settleMask() takes out what the peer has
    probesDue_ = 0;
    return true;
}

bool StreamSender::settleBelow(Number next, bool wasFull) {
    if (next == next_) return false;
    for (Number number = next_; number < next; ++number)
        if ((shifted(received_, number - next_) & 1U) == 0) settle(number, wasFull);
    received_ = shifted(received_, next - next_);
    lost_ = shifted(lost_, next - next_);
    next_ = next;
    buffer_.release(next);
    return true;
}

bool StreamSender::settleMask(std::uint64_t mask, bool wasFull) {
    const std::uint64_t fresh = mask & lowBits(sentEnd_ - next_) & ~received_;
    for (std::uint64_t rest = fresh; rest != 0; rest &= rest - 1)
        settle(next_ + static_cast<unsigned>(std::countr_zero(rest)), wasFull);
    received_ |= fresh;
    lost_ &= ~fresh;
    return fresh != 0;
}

/// The peer has the segment.
void StreamSender::settle(Number number, bool wasFull) {
    const FrameLog::Serial frame = buffer_.at(number).frame;
    if (frames_.settle(frame)) congestion_.acknowledged(frames_.at(frame).at, wasFull);
}

/// `echo` names a frame, so its round trip is known whatever was sent twice.
void StreamSender::takeEcho(const wire::AckRecord& ack, TimePoint now) {
    if (ack.echo == wire::kNoEcho || frames_.empty()) return;
    // A peer that claims counters beyond ours would have everything sent again.
    const std::uint64_t echo = std::min(ack.echo, frames_.lastCounter());
    if (largestEcho_ && echo <= *largestEcho_) return;
    largestEcho_ = echo;
    const auto frame = frames_.find(ack.echo);
    if (!frame) return;
    roundTrip_.sample(now - frames_.at(*frame).at, std::chrono::milliseconds(ack.delayMillis));
}

void StreamSender::takeWindow(const wire::AckRecord& ack, bool isNewest, TimePoint now) {
    if (isNewest) peerWindow_ = std::min<std::uint32_t>(ack.window, kStreamWindow);
    const bool isStalled = next_ < sentEnd_ && !oldestMissing(0) && !nextSegment();
    const bool isBlocked = peerWindow_ == 0 || isStalled;
    if (!isBlocked && blockedSince_) noteProgress(now);
    if (!isBlocked) blockedSince_.reset();
    if (isBlocked && !blockedSince_) blockedSince_ = now;
}

void StreamSender::noteProgress(TimePoint now) {
    timeouts_ = probesDue_ = 0;
    progressAt_ = now;
    pathAskedAt_.reset();
    health_ = StreamHealth::Well;
}

void StreamSender::detectLoss(TimePoint now) {
    lossAt_.reset();
    if (!largestEcho_) return;
    const Duration delay = std::max<Duration>(roundTrip_.longer() * 9 / 8, kTimerGranularity);
    while (const auto serial = frames_.oldest()) {
        const FrameLog::Frame& frame = frames_.at(*serial);
        if (frame.counter >= *largestEcho_) return;
        if (*largestEcho_ - frame.counter < kReorderThreshold && now - frame.at < delay) {
            lossAt_ = frame.at + delay;
            return;
        }
        loseFrame(*serial, now);
    }
}

void StreamSender::loseFrame(FrameLog::Serial serial, TimePoint now) {
    const FrameLog::Frame frame = frames_.at(serial);
    congestion_.lost(frame.at, now);
    for (Number number = std::max(frame.first, next_); number <= frame.last; ++number) {
        const std::uint64_t bit = std::uint64_t{1} << (number - next_);
        if (buffer_.at(number).frame == serial && (received_ & bit) == 0) lost_ |= bit;
    }
    frames_.giveUp(serial);
}

void StreamSender::tick(TimePoint now) {
    if (lossAt_ && now >= *lossAt_) detectLoss(now);
    if (timer_ && now >= *timer_) probe(now);
    judge(now);
}

void StreamSender::probe(TimePoint now) {
    ++timeouts_;
    probesDue_ = mode_ == Mode::Resuming ? 1 : kProbes;
    if (timeouts_ >= kPersistent) congestion_.collapse();
    setTimer(now);
}

void StreamSender::setTimer(TimePoint from) {
    timer_.reset();
    if (!isWaiting()) return;
    constexpr unsigned kMostDoublings = 16;
    const Duration wait = roundTrip_.probeTimeout() * (1U << std::min(timeouts_, kMostDoublings));
    timer_ = from + std::min<Duration>(wait, kProbeIntervalLongest);
}

/// The last sign that waiting is worth while.
TimePoint StreamSender::aliveAt() const {
    return blockedSince_ ? std::max(heardAt_, progressAt_) : progressAt_;
}

void StreamSender::judge(TimePoint now) {
    if (wasIdle_ || health_ == StreamHealth::Silent || health_ == StreamHealth::Blocked) return;
    if (blockedSince_ && now - *blockedSince_ >= kBlockedPatience) {
        health_ = StreamHealth::Blocked;
    } else if (now - aliveAt() >= kGiveUpAfter) {
        health_ = StreamHealth::Silent;
    } else if (now - std::max(aliveAt(), pathAskedAt_.value_or(aliveAt())) >= kNewPathAfter) {
        health_ = StreamHealth::WantsPath;
        pathAskedAt_ = now;
    }
}

std::optional<TimePoint> StreamSender::nextDeadline() const {
    std::optional<TimePoint> at = earlier(timer_, lossAt_);
    if (isPaced_) at = earlier(at, congestion_.readyAt());
    if (wasIdle_ || health_ == StreamHealth::Silent || health_ == StreamHealth::Blocked) return at;
    at = earlier(at, std::max(aliveAt(), pathAskedAt_.value_or(aliveAt())) + kNewPathAfter);
    at = earlier(at, aliveAt() + kGiveUpAfter);
    if (blockedSince_) at = earlier(at, *blockedSince_ + kBlockedPatience);
    return at;
}

}  // namespace im::talk
