// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/send_buffer.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace im::talk {

namespace {

constexpr std::size_t kFirstCapacity = 4;  // a message on the command line needs one

/// std::memcpy of nothing may not be given a null pointer.
void copy(std::byte* to, BytesView from) {
    if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

/// Writes a piece of `head` and `text`, taken as one, and moves on in both.
std::size_t copyPiece(std::byte* to, std::size_t most, BytesView& head, BytesView& text) {
    const std::size_t a = std::min(most, head.size());
    const std::size_t b = std::min(most - a, text.size());
    copy(to, head.first(a));
    copy(to + a, text.first(b));
    head = head.subspan(a);
    text = text.subspan(b);
    return a + b;
}

void writeLength(std::byte* to, std::size_t length) {
    to[0] = static_cast<std::byte>(length);
    to[1] = static_cast<std::byte>(length >> 8U);
}

}  // namespace

wire::DataRecord SendBuffer::Segment::record(wire::StreamId stream, Number number) const {
    wire::DataRecord record;
    record.stream = stream;
    record.sequence = static_cast<wire::SegmentNumber>(number);
    record.end = end;
    record.fin = fin;
    record.many = messages > 1;
    const BytesView all(bytes.data(), size);
    record.bytes = record.many ? all : all.subspan(wire::kMessagePrefix);
    return record;
}

SendBuffer::SendBuffer(Number first, wire::MessageNumber before)
    : slots_(new Segment[kFirstCapacity]),
      capacity_(kFirstCapacity),
      front_(first),
      scanned_(first),
      end_(first),
      lastBegan_(first),
      messagesDone_(before) {}

bool SendBuffer::joins(std::size_t size) const {
    return isOpen_ && at(end_ - 1).size + wire::kMessagePrefix + size <= wire::kMaxSegment;
}

bool SendBuffer::hasRoomFor(std::size_t size) const {
    if (joins(size)) return true;
    // One more, so that FIN always finds a place.
    return end_ - front_ + segmentsOf(size) + 1 <= kSendBuffer;
}

void SendBuffer::add(BytesView head, BytesView text) {
    const std::size_t size = head.size() + text.size();
    assert(hasRoomFor(size) && !hasFin_);
    if (joins(size)) return join(head, text);
    lastBegan_ = end_;
    for (std::size_t left = segmentsOf(size); left > 0; --left) {
        Segment& segment = append();
        const std::size_t length =
            copyPiece(&segment.bytes[wire::kMessagePrefix], wire::kMaxSegment, head, text);
        segment.size = static_cast<std::uint16_t>(wire::kMessagePrefix + length);
    }
    Segment& last = at(end_ - 1);
    last.end = true;
    last.messages = 1;
    writeLength(last.bytes.data(), size);
    isUnsent_ = true;
    isOpen_ = end_ - lastBegan_ == 1;
}

void SendBuffer::join(BytesView head, BytesView text) {
    Segment& segment = at(end_ - 1);
    lastBegan_ = end_ - 1;
    std::byte* to = &segment.bytes[segment.size];
    writeLength(to, head.size() + text.size());
    copy(to + wire::kMessagePrefix, head);
    copy(to + wire::kMessagePrefix + head.size(), text);
    segment.size =
        static_cast<std::uint16_t>(segment.size + wire::kMessagePrefix + head.size() + text.size());
    ++segment.messages;
}

void SendBuffer::addFin() {
    if (hasFin_) return;
    hasFin_ = true;
    if (!isUnsent_) append().size = wire::kMessagePrefix;
    at(end_ - 1).fin = true;
    isOpen_ = false;
}

SendBuffer::Segment& SendBuffer::append() {
    if (end_ - front_ == capacity_) grow();
    Segment& segment = at(end_++);
    segment.frame = 0;
    segment.size = segment.messages = 0;
    segment.end = segment.fin = false;
    return segment;
}

void SendBuffer::grow() {
    const std::size_t capacity = capacity_ * 2;
    // Not zeroed: a slot is written before it is read.
    std::unique_ptr<Segment[]> slots(new Segment[capacity]);
    for (Number number = front_; number != end_; ++number)
        slots[number & (capacity - 1)] = at(number);
    slots_ = std::move(slots);
    capacity_ = capacity;
}

void SendBuffer::release(Number next) {
    assert(next <= end_);
    for (; scanned_ < next; ++scanned_) {
        const Segment& segment = at(scanned_);
        if (!segment.end && !segment.fin) continue;
        messagesDone_ += segment.messages;
        front_ = scanned_ + 1;
    }
    if (front_ == end_) close();
}

}  // namespace im::talk
