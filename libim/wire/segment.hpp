// SPDX-License-Identifier: BSL-1.0
// Segments: what the bytes of a DATA record are (doc/protocol.md, "Streams").  One of five forms,
// by its flags:
//
//   END          the last, or only, piece of a message
//   END MANY     two messages or more, all whole: length u16, bytes, length u16, bytes, ...
//   none         a piece of a message that goes on: always kMaxSegment bytes
//   FIN          nothing: the stream ends here.  FIN may also stand beside END
//   FROM         no segment: all below `sequence` is done with, and so many messages (u64) were
//
// A number counts segments, so a mask of 64 of them covers 70 kB of short lines, not 64 lines
// (doc/decisions/0015).
#pragma once

#include "libim/wire/record.hpp"

#include <cstdint>
#include <optional>

namespace im::wire {

/// Number of a message in its stream, from 0.
using MessageNumber = std::uint64_t;

/// `echo` of an ACK before which no BOX with segments of the stream came: it answers an INIT.
inline constexpr std::uint64_t kNoEcho = ~std::uint64_t{0};

inline constexpr std::size_t kMessagePrefix = 2;  ///< length of each message of MANY
inline constexpr std::size_t kFromBody = 8;

/// How many messages end in the segment; nothing when it has none of the forms, or is FROM.
[[nodiscard]] std::optional<std::size_t> messagesEndingIn(const DataRecord& segment);

/// The number in a FROM; nothing when it is none.
[[nodiscard]] std::optional<MessageNumber> messagesBefore(const DataRecord& from);

/// Takes the first message off what is left of a segment with MANY.
/// REQUIRES: messagesEndingIn() found it well-formed, and `rest` is not empty.
[[nodiscard]] BytesView takeMessage(BytesView& rest);

/// Appends a FROM.
void appendFrom(Bytes& out, StreamId stream, SegmentNumber sequence, MessageNumber before);

}  // namespace im::wire
