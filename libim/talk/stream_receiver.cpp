// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/stream_receiver.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace im::talk {

void StreamReceiver::begin(Position at, SegmentPool& pool, std::size_t longest) {
    assert(isIdle());
    std::vector<Held> ring = std::move(ring_);
    *this = {};
    ring_ = std::move(ring);
    pool_ = &pool;
    longest_ = longest;
    head_ = next_ = ready_ = giveAt_ = at.segment;
    messageAt_ = giveNumber_ = at.message;
}

StreamReceiver::Position StreamReceiver::position() const {
    return {static_cast<wire::SegmentNumber>(head_), messageAt_ - writtenOfNext_};
}

StreamReceiver::Verdict StreamReceiver::take(const wire::DataRecord& segment, bool mayUseReserve) {
    if (isBroken()) return trouble_;
    const Number number = segment.sequence;
    const auto messages = wire::messagesEndingIn(segment);
    if (!messages) return trouble_ = Verdict::Malformed;
    if (number < next_) return Verdict::Known;
    if (number >= next_ + kStreamWindow || number >= kMaxSegments) return Verdict::NoRoom;
    const std::uint64_t bit = std::uint64_t{1} << (number - next_);
    if ((mask_ & bit) != 0) return Verdict::Known;

    Held held;
    if (!segment.bytes.empty()) {
        const auto block = pool_->take(mayUseReserve);
        if (!block) return Verdict::NoRoom;
        std::memcpy(pool_->bytes(*block).data(), segment.bytes.data(), segment.bytes.size());
        held.block = *block;
    }
    held.size = static_cast<std::uint16_t>(segment.bytes.size());
    held.messages = static_cast<std::uint16_t>(*messages);
    held.many = segment.many;
    held.fin = segment.fin;
    makeRoomFor(number);
    at(number) = held;
    mask_ |= bit;
    moveReady();
    moveNext();
    return trouble_;
}

void StreamReceiver::makeRoomFor(Number number) {
    constexpr std::size_t kFirst = 8;
    std::size_t size = std::max(ring_.size(), kFirst);
    while (number - head_ >= size) size *= 2;
    if (size == ring_.size()) return;
    std::vector<Held> ring(size);
    for (Number i = head_; i < head_ + ring_.size(); ++i) ring[i & (size - 1)] = at(i);
    ring_ = std::move(ring);
}

BytesView StreamReceiver::bytesOf(const Held& held) {
    if (held.block == kNoBlock) return {};
    return pool_->bytes(held.block).first(held.size);
}

/// Whether the segment whose turn it is may follow the ones before it.
StreamReceiver::Verdict StreamReceiver::judge(Number ready) {
    const Held& held = at(ready);
    const bool isPiece = held.messages == 0 && !held.fin;
    // A sender that goes on with an outbox does not know whether it had said FIN, and says it
    // again.
    if (hasFin_ && (held.messages > 0 || !held.fin)) return Verdict::Malformed;
    if (halfBytes_ > 0 && !isPiece && (held.many || held.messages == 0)) return Verdict::Malformed;
    if (halfBytes_ + held.size > longest_ && !held.many) return Verdict::TooLong;
    return Verdict::Taken;
}

/// Looks at what is now in order.
void StreamReceiver::moveReady() {
    while (ready_ < next_ + kStreamWindow && (mask_ >> (ready_ - next_) & 1U) != 0) {
        trouble_ = judge(ready_);
        if (isBroken()) return;
        const Held& held = at(ready_);
        halfBytes_ = held.messages > 0 ? 0 : halfBytes_ + held.size;
        wholeCount_ += held.messages;
        unwrittenCount_ += held.messages;
        hasFin_ = held.fin;
        ++ready_;
    }
}

/// Past what waits for nobody.
void StreamReceiver::moveNext() {
    while (next_ < ready_ && at(next_).messages == 0) {
        const bool isFin = at(next_).fin;
        step();
        if (isFin) {
            isFinished_ = true;
            freeBelow(next_);
        }
    }
}

void StreamReceiver::step() {
    ++next_;
    mask_ >>= 1U;
    if (ready_ < next_) ready_ = next_;
}

void StreamReceiver::freeBelow(Number end) {
    for (; head_ < end; ++head_) {
        Held& held = at(head_);
        if (held.block != kNoBlock) pool_->give(held.block);
        held = {};
    }
    if (giveAt_ < head_) giveAt_ = head_;
}

StreamReceiver::Message StreamReceiver::nextMessage(Bytes& scratch) {
    assert(hasMessage());
    --wholeCount_;
    const wire::MessageNumber number = giveNumber_++;
    if (at(giveAt_).messages == 0) return {number, assemble(scratch)};
    const Held& held = at(giveAt_);
    if (!held.many) {
        ++giveAt_;
        return {number, bytesOf(held)};
    }
    if (rest_.empty()) rest_ = bytesOf(held);
    const BytesView message = wire::takeMessage(rest_);
    if (rest_.empty()) ++giveAt_;
    return {number, message};
}

BytesView StreamReceiver::assemble(Bytes& scratch) {
    scratch.clear();
    for (bool isWhole = false; !isWhole; ++giveAt_) {
        const Held& held = at(giveAt_);
        const BytesView piece = bytesOf(held);
        scratch.insert(scratch.end(), piece.begin(), piece.end());
        isWhole = held.messages > 0;
    }
    return scratch;
}

void StreamReceiver::written() {
    assert(unwrittenCount_ > wholeCount_);
    --unwrittenCount_;
    ++messageAt_;
    if (++writtenOfNext_ < at(next_).messages) return;
    writtenOfNext_ = 0;
    isFinished_ = at(next_).fin;
    step();
    freeBelow(next_);
    moveNext();
}

std::optional<StreamReceiver::Gap> StreamReceiver::goOnFrom(Number segment,
                                                            wire::MessageNumber before) {
    if (segment <= next_ || unwrittenCount_ > 0 || hasFin_ || isBroken()) return {};
    const wire::MessageNumber first = messageAt_;
    // Where the sender contradicts himself there is nothing to be told of, and numbers go on.
    const std::optional<Gap> gap =
        before > first ? std::optional<Gap>({first, before - 1}) : std::nullopt;
    forget();
    head_ = next_ = ready_ = giveAt_ = segment;
    messageAt_ = giveNumber_ = std::max(first, before);
    return gap;
}

void StreamReceiver::forget() {
    assert(unwrittenCount_ == 0);
    const Number end = next_ + kStreamWindow;
    for (Number number = head_; number < end && number < head_ + ring_.size(); ++number) {
        Held& held = at(number);
        if (held.block != kNoBlock) pool_->give(held.block);
        held = {};
    }
    next_ = ready_ = giveAt_ = head_;
    mask_ = 0;
    halfBytes_ = 0;
    rest_ = {};
}

}  // namespace im::talk
