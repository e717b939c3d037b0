// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/segment.hpp"

#include "libim/base/little_endian.hpp"

namespace im::wire {

namespace {

std::optional<std::size_t> countMany(BytesView bytes) {
    std::size_t count = 0;
    for (; !bytes.empty(); ++count) {
        if (bytes.size() < kMessagePrefix) return {};
        const auto length = readLittleEndian<std::uint16_t>(bytes);
        if (bytes.size() - kMessagePrefix < length) return {};
        bytes = bytes.subspan(kMessagePrefix + length);
    }
    // One goes without MANY: each sequence of messages is written in one way only.
    if (count < 2) return {};
    return count;
}

}  // namespace

std::optional<std::size_t> messagesEndingIn(const DataRecord& segment) {
    if (segment.from || segment.bytes.size() > kMaxSegment) return {};
    if (segment.many) return segment.end ? countMany(segment.bytes) : std::nullopt;
    if (segment.end) return 1;
    const std::size_t size = segment.fin ? 0 : kMaxSegment;
    if (segment.bytes.size() != size) return {};
    return 0;
}

std::optional<MessageNumber> messagesBefore(const DataRecord& from) {
    const bool isAlone = from.from && !from.end && !from.fin && !from.many;
    if (!isAlone || from.bytes.size() != kFromBody) return {};
    return readLittleEndian<MessageNumber>(from.bytes);
}

BytesView takeMessage(BytesView& rest) {
    const auto length = readLittleEndian<std::uint16_t>(rest);
    const BytesView message = rest.subspan(kMessagePrefix, length);
    rest = rest.subspan(kMessagePrefix + length);
    return message;
}

void appendFrom(Bytes& out, StreamId stream, SegmentNumber sequence, MessageNumber before) {
    Bytes body;
    appendLittleEndian(body, before);
    DataRecord record;
    record.stream = stream;
    record.sequence = sequence;
    record.from = true;
    record.bytes = body;
    appendRecord(out, record);
}

}  // namespace im::wire
