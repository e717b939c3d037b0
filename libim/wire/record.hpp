// SPDX-License-Identifier: BSL-1.0
// Records: what stands inside INIT, RESP and BOX once they are decrypted (doc/protocol.md,
// "Records").  Shape only.
//
//   kind u8 | flags u8 | length u16 | body        little-endian, one behind the other
//
// A frame is judged as a whole, before any of its records has had an effect: Records::parse()
// goes through all of them, and what it has accepted can be walked without another check.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/base/expected.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <variant>

namespace im::wire {

inline constexpr std::size_t kRecordHeader = 4;
inline constexpr std::size_t kDataHeader = 12;  ///< stream and sequence number
inline constexpr std::size_t kAckBody = 32;
/// What one DATA record may carry: a peer frame less BOX, record and DATA headers.
inline constexpr std::size_t kMaxSegment = 1'104;
/// What an INIT has room for beside a card of the longest name: a message sent at once.
inline constexpr std::size_t kMaxEarlyTalk = 824;

/// Of a stream, drawn at random by its sender.
using StreamId = std::uint64_t;
/// Number of a segment in its stream, from 0.
using SegmentNumber = std::uint32_t;

/// A card (card.hpp).
struct CardRecord {
    BytesView card;
    friend bool operator==(const CardRecord& a, const CardRecord& b);
};

/// Messages of the grammar (sealed_codec.hpp), LF between them.
struct TextRecord {
    std::string_view text;
    friend bool operator==(const TextRecord&, const TextRecord&) = default;
};

/// One segment.  A message is one segment or more, the last one with `end`; or it shares a segment
/// with others, `many` (segment.hpp looks into them).
struct DataRecord {
    StreamId stream = 0;
    SegmentNumber sequence = 0;
    bool end = false;   ///< flag 1: last segment of its message
    bool fin = false;   ///< flag 2: last segment of its stream
    BytesView bytes;    ///< at most kMaxSegment; may be empty
    bool many = false;  ///< flag 4: several whole messages, each behind its length
    bool from = false;  ///< flag 8: no segment, but where the stream goes on
    friend bool operator==(const DataRecord& a, const DataRecord& b);
};

/// What the receiver of a stream has.
struct AckRecord {
    StreamId stream = 0;
    /// All segments below are done with: written to standard output, not merely received.
    SegmentNumber next = 0;
    /// Bit i: segment next + i has been received (bit 0 is the lowest).
    std::uint64_t mask = 0;
    std::uint16_t window = 0;       ///< free segments
    std::uint16_t delayMillis = 0;  ///< between receiving `echo` and sending this
    std::uint64_t echo = 0;         ///< the largest BOX counter received
    /// Of the messages below `next` not all were shown, or nobody says so: go on, without success.
    bool unseen = false;
    friend bool operator==(const AckRecord&, const AckRecord&) = default;
};

/// A peer's frame on its way by the index.
struct RelayRecord {
    std::uint32_t handle = 0;
    BytesView frame;  ///< 24 to kMaxPeerFrame bytes, not looked at
    friend bool operator==(const RelayRecord& a, const RelayRecord& b);
};

using PingBytes = std::array<std::byte, 8>;

struct PingRecord {
    PingBytes opaque{};
    friend bool operator==(const PingRecord&, const PingRecord&) = default;
};

struct PongRecord {
    PingBytes opaque{};               ///< of the PING
    std::uint64_t rosterVersion = 0;  ///< 0 between peers
    friend bool operator==(const PongRecord&, const PongRecord&) = default;
};

/// Numbers for ever: add at the end.  A receiver takes one it does not know for Bye.
enum class CloseCode : std::uint8_t {
    Bye = 0,       ///< the peer ends
    Replaced = 1,  ///< another process of the same identity has logged in
    Protocol = 2,  ///< records that this version does not understand
    Expired = 3,   ///< login lease, age of the session
    Denied = 4,    ///< the identity is not, or no longer, welcome
    Limit = 5,     ///< a bound of the other side was exceeded
};

struct CloseRecord {
    CloseCode code = CloseCode::Bye;
    std::string_view text;  ///< for a person; any bytes
    friend bool operator==(const CloseRecord&, const CloseRecord&) = default;
};

/// PAD is not among them: it is not for anybody.
using Record = std::variant<CardRecord, TextRecord, DataRecord, AckRecord, RelayRecord, PingRecord,
                            PongRecord, CloseRecord>;

enum class RecordError : std::uint8_t {
    Truncated,  ///< ends within a record
    Size,       ///< a body of a size its kind never has
    Flags,      ///< flags its kind does not have
    Padding,    ///< padding that is not zero
    Unknown,    ///< a kind unknown here and marked (flag 0x80) as not to be skipped
};

[[nodiscard]] std::string_view toString(RecordError why);

/// The records of one frame, in order.  Borrows the bytes given to parse().
class Records {
public:
    class Iterator {
    public:
        using value_type = Record;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::input_iterator_tag;

        Iterator() = default;
        explicit Iterator(BytesView rest) : rest_(rest) { skipUnknown(); }
        Record operator*() const;
        Iterator& operator++();
        void operator++(int) { ++*this; }
        friend bool operator==(const Iterator& a, std::default_sentinel_t) {
            return a.rest_.empty();
        }

    private:
        void skipUnknown();
        BytesView rest_;
    };

    /// All of `bytes`, or why none of it counts.  Unknown kinds are passed over, unless they are
    /// marked: then the session is to be closed.
    static Expected<Records, RecordError> parse(BytesView bytes);

    [[nodiscard]] Iterator begin() const { return Iterator(bytes_); }
    [[nodiscard]] std::default_sentinel_t end() const { return {}; }

private:
    explicit Records(BytesView bytes) : bytes_(bytes) {}
    BytesView bytes_;
};

/// Bytes that a record with a body of `body` bytes takes.
[[nodiscard]] constexpr std::size_t recordSize(std::size_t body) {
    return kRecordHeader + body;
}

/// Append one record.  REQUIRES: sizes as above; a body of at most 65,535 bytes.
void appendRecord(Bytes& out, const CardRecord& record);
void appendRecord(Bytes& out, const TextRecord& record);
void appendRecord(Bytes& out, const DataRecord& record);
void appendRecord(Bytes& out, const AckRecord& record);
void appendRecord(Bytes& out, const RelayRecord& record);
void appendRecord(Bytes& out, const PingRecord& record);
void appendRecord(Bytes& out, const PongRecord& record);
void appendRecord(Bytes& out, const CloseRecord& record);

/// Appends PAD so that `records` has `size` bytes; nothing when it has as many already.
void padRecords(Bytes& records, std::size_t size);

}  // namespace im::wire
