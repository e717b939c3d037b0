// SPDX-License-Identifier: BSL-1.0
// One stream's file in the outbox: format, reading, printing.  Without files itself, so that a
// fuzzer can have it.  Readable with cat:
//
//     im outbox 1
//     stream 0123456789abcdef
//     from alice
//     to bob
//     identity ed25519:…       bob's, pinned when the stream began
//     index ed25519:…          X
//     server im.example.org:4649
//     first 0                  number of the first segment
//     created 1793456627       Unix seconds
//
//     message 0 1 1793456627 6 SUM SUM
//     lunch?
//     acknowledged 1
//
// A message: number of its first segment, how many segments, when, bytes, a check of the bytes and
// one of the line; then the bytes, whatever they are, and a LF.  Records are only ever appended,
// one at a time, and the disk has one before append() returns.  So what a crash can leave behind
// is one unfinished record at the end: readers stop before it, claim() cuts it off.  Anything else
// that is wrong is damage, and refused with nothing changed.
//
// Numbers are those of the stream (sealed segments), so that a flush after a crash goes on where
// the listener's table has it and shows nothing twice.
//
// Errors: 78 (Configuration) damaged or of a newer version.  Free of POCO and of clocks.
#pragma once

#include "libim/base/name.hpp"
#include "libim/base/time.hpp"
#include "libim/noise/identity.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace im::node {

/// 1 MiB of text, and what a talk message has before it.
inline constexpr std::size_t kMaxOutboxPayload = (1U << 20U) + 4096;

struct OutboxHead {
    std::uint64_t stream = 0;
    Name from;
    Name to;
    noise::IdentityKey identity{};  ///< the recipient's, as pinned
    noise::IdentityKey index{};
    std::string server;       ///< address of the index, as KnownFile has it
    std::uint32_t first = 0;  ///< number of the first segment: not 0 where a stream goes on
    WallTime created{};       ///< to the second

    friend bool operator==(const OutboxHead&, const OutboxHead&) = default;
};

/// One message in a file.
struct OutboxEntry {
    std::uint32_t sequence = 0;  ///< of its first segment
    std::uint32_t segments = 1;
    WallTime at{};  ///< to the second
    std::size_t offset = 0;
    std::size_t length = 0;
    std::uint64_t sum = 0;

    /// Of the segment behind it.
    [[nodiscard]] std::uint32_t end() const { return sequence + segments; }
};

/// A file without the bytes of its messages.
struct OutboxContent {
    OutboxHead head;
    std::vector<OutboxEntry> entries;
    std::uint32_t acknowledged = 0;  ///< every segment below
    std::size_t size = 0;            ///< what counts; an unfinished record may be behind it

    /// The number of the next segment to be appended.
    [[nodiscard]] std::uint32_t next() const {
        return entries.empty() ? head.first : entries.back().end();
    }
    /// entries[firstPending()] and all behind it have not been acknowledged whole.
    [[nodiscard]] std::size_t firstPending() const;
};

/// A file's bytes: fewer than asked for only at its end.
using OutboxSource = std::function<std::string(std::size_t offset, std::size_t length)>;

/// Reads a file of `size` bytes.  Of messages only the last is checked, see readPayload().
[[nodiscard]] OutboxContent scanOutbox(const OutboxSource& source, std::size_t size,
                                       const std::string& file);
/// The bytes of one, checked.
[[nodiscard]] std::string readPayload(const OutboxSource& source, const OutboxEntry& entry,
                                      const std::string& file);

/// What such a file begins with.
[[nodiscard]] std::string printHead(const OutboxHead& head);
/// The record of a message, and what a scan will make of it when the record stands at 0.
struct PrintedMessage {
    std::string record;
    OutboxEntry entry;
};
[[nodiscard]] PrintedMessage printMessage(std::uint32_t sequence, std::uint32_t segments,
                                          WallTime at, std::string_view payload);
[[nodiscard]] std::string printAcknowledged(std::uint32_t next);

}  // namespace im::node
