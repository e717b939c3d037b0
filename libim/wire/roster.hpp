// SPDX-License-Identifier: BSL-1.0
// The classic roster: one .NET string over TCP, `NAME,IP:PORT;...;end`, behind its length in
// UTF-8 bytes as a 7-bit group integer (BinaryWriter.Write(String)).
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/bytes.hpp"
#include "libim/base/expected.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::wire {

struct RosterEntry {
    std::string name;  ///< valid UTF-8, not checked against im::Name
    Endpoint endpoint;
    friend bool operator==(const RosterEntry&, const RosterEntry&) = default;
};

/// Builds the bytes of a roster entry by entry, to be sent as they are and then closed.
class RosterWriter {
public:
    /// REQUIRES: `name` without `,` and `;`.
    void add(std::string_view name, const Endpoint& endpoint);
    /// The prefix, the entries, `end`.  The writer is empty afterwards.
    [[nodiscard]] std::string finish();

private:
    std::string body_;
};

enum class RosterError {
    BadPrefix,   ///< length prefix of more than five bytes, or above 2^31 - 1
    TooLong,     ///< string longer than the limit given
    Truncated,   ///< the connection ended within a string
    NoEnd,       ///< no string that ends in `end`
};

[[nodiscard]] std::string_view toString(RosterError why);

/// Takes a roster from a connection, in pieces of any size, and says when it is whole.
/// Bounded: keeps at most `limit` bytes.  Tolerant as a .NET client is, and where that client
/// loses entries (an item without comma, an empty one) it skips the item and goes on.
class RosterReader {
public:
    /// 64 MiB: a million users with the longest names.
    static constexpr std::size_t kDefaultLimit = 64U << 20U;

    explicit RosterReader(std::size_t limit = kDefaultLimit) : limit_(limit) {}

    /// Takes the next bytes.  Returns true when a string ending in `end` (behind which .NET
    /// ignores NUL and U+FEFF) is whole; the rest of the connection need not be read then.
    /// Further bytes are ignored.  The reason when it can never become a roster.
    Expected<bool, RosterError> feed(BytesView piece);

    /// The connection has ended.  Entries in the order sent; an item with an unreadable endpoint
    /// or an empty name is skipped.  May be called as soon as feed() returned true.
    [[nodiscard]] Expected<std::vector<RosterEntry>, RosterError> finish() const;

private:
    std::size_t limit_;
    std::string buffer_;
    bool complete_ = false;
    std::string whole_;
};

/// The tolerant form of IP:PORT of a classic login (classic_codec.hpp says what is tolerated).
[[nodiscard]] std::optional<Endpoint> parseClassicEndpoint(std::string_view field);

}  // namespace im::wire
