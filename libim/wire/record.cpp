// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/record.hpp"

#include "libim/base/little_endian.hpp"
#include "libim/wire/card.hpp"
#include "libim/wire/frame.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <optional>

namespace im::wire {

namespace {

enum class Kind : std::uint8_t { Pad, Card, Text, Data, Ack, Relay, Ping, Pong, Close };

constexpr unsigned kEndFlag = 1;
constexpr unsigned kFinFlag = 2;
constexpr unsigned kManyFlag = 4;
constexpr unsigned kFromFlag = 8;
constexpr unsigned kUnseenFlag = 1;
constexpr unsigned kMustUnderstand = 0x80;

/// What a body of each kind may measure, and which flags it may have; the index is the kind.
struct Form {
    std::size_t least;
    std::size_t most;
    unsigned flags = 0;
};
constexpr std::size_t kAny = std::numeric_limits<std::uint16_t>::max();
constexpr std::array<Form, 9> kForms{{
    {0, 0},
    {kMinCard, kMaxCard},
    {0, kAny},
    {kDataHeader, kDataHeader + kMaxSegment, kEndFlag | kFinFlag | kManyFlag | kFromFlag},
    {kAckBody, kAckBody, kUnseenFlag},
    {sizeof(std::uint32_t) + kHintHeader, sizeof(std::uint32_t) + kMaxPeerFrame},
    {sizeof(PingBytes), sizeof(PingBytes)},
    {sizeof(PingBytes) + sizeof(std::uint64_t), sizeof(PingBytes) + sizeof(std::uint64_t)},
    {1, kAny},
}};

static_assert(kMaxSegment + kDataHeader + kRecordHeader + kBoxOverhead == kMaxPeerFrame);
static_assert(kMaxEarlyTalk + kDataHeader + kRecordHeader + kRecordHeader + kMaxCard +
                  kInitOverhead ==
              kMaxPeerFrame);
static_assert(kBoxOverhead + kRecordHeader + sizeof(std::uint32_t) + kMaxPeerFrame <=
              kMaxUdpPayload);

struct Header {
    std::size_t kind;
    unsigned flags;
    std::size_t length;
};

/// REQUIRES: at least four bytes.
Header headerOf(BytesView bytes) {
    return {std::to_integer<std::size_t>(bytes[0]), std::to_integer<unsigned>(bytes[1]),
            readLittleEndian<std::uint16_t>(bytes, 2)};
}

std::optional<RecordError> judge(const Header& header) {
    if (header.kind >= kForms.size()) {
        if ((header.flags & kMustUnderstand) != 0) return RecordError::Unknown;
        return {};
    }
    const Form& form = kForms[header.kind];
    if ((header.flags & ~form.flags) != 0) return RecordError::Flags;
    if (header.length < form.least || header.length > form.most) return RecordError::Size;
    return {};
}

bool isPadding(BytesView bytes) {
    return bytes[0] == std::byte{0};
}

PingBytes pingBytes(BytesView body) {
    PingBytes opaque{};
    std::copy_n(body.begin(), opaque.size(), opaque.begin());
    return opaque;
}

DataRecord dataOf(BytesView body, unsigned flags) {
    DataRecord data;
    data.stream = readLittleEndian<StreamId>(body);
    data.sequence = readLittleEndian<SegmentNumber>(body, 8);
    data.end = (flags & kEndFlag) != 0;
    data.fin = (flags & kFinFlag) != 0;
    data.many = (flags & kManyFlag) != 0;
    data.from = (flags & kFromFlag) != 0;
    data.bytes = body.subspan(kDataHeader);
    return data;
}

AckRecord ackOf(BytesView body, unsigned flags) {
    AckRecord ack;
    ack.unseen = (flags & kUnseenFlag) != 0;
    ack.stream = readLittleEndian<StreamId>(body);
    ack.next = readLittleEndian<SegmentNumber>(body, 8);
    ack.mask = readLittleEndian<std::uint64_t>(body, 12);
    ack.window = readLittleEndian<std::uint16_t>(body, 20);
    ack.delayMillis = readLittleEndian<std::uint16_t>(body, 22);
    ack.echo = readLittleEndian<std::uint64_t>(body, 24);
    return ack;
}

void appendHeader(Bytes& out, Kind kind, std::size_t length, unsigned flags = 0) {
    [[maybe_unused]] const Form& form = kForms[static_cast<std::size_t>(kind)];
    assert(length >= form.least && length <= form.most);
    out.push_back(static_cast<std::byte>(kind));
    out.push_back(static_cast<std::byte>(flags));
    appendLittleEndian(out, static_cast<std::uint16_t>(length));
}

}  // namespace

bool operator==(const CardRecord& a, const CardRecord& b) {
    return std::ranges::equal(a.card, b.card);
}

bool operator==(const DataRecord& a, const DataRecord& b) {
    return a.stream == b.stream && a.sequence == b.sequence && a.end == b.end && a.fin == b.fin &&
           a.many == b.many && a.from == b.from && std::ranges::equal(a.bytes, b.bytes);
}

bool operator==(const RelayRecord& a, const RelayRecord& b) {
    return a.handle == b.handle && std::ranges::equal(a.frame, b.frame);
}

std::string_view toString(RecordError why) {
    switch (why) {
        case RecordError::Truncated:
            return "truncated";
        case RecordError::Size:
            return "size";
        case RecordError::Flags:
            return "flags";
        case RecordError::Padding:
            return "padding";
        case RecordError::Unknown:
            return "unknown kind";
    }
    return "unknown";
}

Expected<Records, RecordError> Records::parse(BytesView bytes) {
    const BytesView all = bytes;
    while (!bytes.empty()) {
        if (isPadding(bytes)) {
            if (std::ranges::any_of(bytes, [](std::byte b) { return b != std::byte{0}; }))
                return Unexpected(RecordError::Padding);
            return Records(all.first(all.size() - bytes.size()));
        }
        if (bytes.size() < kRecordHeader) return Unexpected(RecordError::Truncated);
        const Header header = headerOf(bytes);
        if (const auto why = judge(header)) return Unexpected(*why);
        if (bytes.size() - kRecordHeader < header.length) return Unexpected(RecordError::Truncated);
        bytes = bytes.subspan(kRecordHeader + header.length);
    }
    return Records(all);
}

void Records::Iterator::skipUnknown() {
    while (!rest_.empty()) {
        const Header header = headerOf(rest_);
        if (header.kind < kForms.size()) return;
        rest_ = rest_.subspan(kRecordHeader + header.length);
    }
}

Records::Iterator& Records::Iterator::operator++() {
    rest_ = rest_.subspan(kRecordHeader + headerOf(rest_).length);
    skipUnknown();
    return *this;
}

Record Records::Iterator::operator*() const {
    const Header header = headerOf(rest_);
    const BytesView body = rest_.subspan(kRecordHeader, header.length);
    switch (static_cast<Kind>(header.kind)) {
        case Kind::Card:
            return CardRecord{body};
        case Kind::Text:
            return TextRecord{asText(body)};
        case Kind::Data:
            return dataOf(body, header.flags);
        case Kind::Ack:
            return ackOf(body, header.flags);
        case Kind::Relay:
            return RelayRecord{readLittleEndian<std::uint32_t>(body), body.subspan(4)};
        case Kind::Ping:
            return PingRecord{pingBytes(body)};
        case Kind::Pong:
            return PongRecord{pingBytes(body), readLittleEndian<std::uint64_t>(body, 8)};
        case Kind::Close:
        case Kind::Pad:  // parse() cuts it off
            break;
    }
    return CloseRecord{static_cast<CloseCode>(body[0]), asText(body.subspan(1))};
}

void appendRecord(Bytes& out, const CardRecord& record) {
    appendHeader(out, Kind::Card, record.card.size());
    append(out, record.card);
}

void appendRecord(Bytes& out, const TextRecord& record) {
    appendHeader(out, Kind::Text, record.text.size());
    append(out, asBytes(record.text));
}

void appendRecord(Bytes& out, const DataRecord& record) {
    const unsigned flags = (record.end ? kEndFlag : 0U) | (record.fin ? kFinFlag : 0U) |
                           (record.many ? kManyFlag : 0U) | (record.from ? kFromFlag : 0U);
    appendHeader(out, Kind::Data, kDataHeader + record.bytes.size(), flags);
    appendLittleEndian(out, record.stream);
    appendLittleEndian(out, record.sequence);
    append(out, record.bytes);
}

void appendRecord(Bytes& out, const AckRecord& record) {
    appendHeader(out, Kind::Ack, kAckBody, record.unseen ? kUnseenFlag : 0U);
    appendLittleEndian(out, record.stream);
    appendLittleEndian(out, record.next);
    appendLittleEndian(out, record.mask);
    appendLittleEndian(out, record.window);
    appendLittleEndian(out, record.delayMillis);
    appendLittleEndian(out, record.echo);
}

void appendRecord(Bytes& out, const RelayRecord& record) {
    appendHeader(out, Kind::Relay, sizeof record.handle + record.frame.size());
    appendLittleEndian(out, record.handle);
    append(out, record.frame);
}

void appendRecord(Bytes& out, const PingRecord& record) {
    appendHeader(out, Kind::Ping, record.opaque.size());
    append(out, record.opaque);
}

void appendRecord(Bytes& out, const PongRecord& record) {
    appendHeader(out, Kind::Pong, record.opaque.size() + sizeof record.rosterVersion);
    append(out, record.opaque);
    appendLittleEndian(out, record.rosterVersion);
}

void appendRecord(Bytes& out, const CloseRecord& record) {
    appendHeader(out, Kind::Close, 1 + record.text.size());
    out.push_back(static_cast<std::byte>(record.code));
    append(out, asBytes(record.text));
}

void padRecords(Bytes& records, std::size_t size) {
    if (records.size() < size) records.resize(size);
}

}  // namespace im::wire
