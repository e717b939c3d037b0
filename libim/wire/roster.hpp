// SPDX-License-Identifier: BSL-1.0
// The classic roster: one .NET string over TCP, `NAME,IP:PORT;...;end`, behind its length in
// UTF-8 bytes as a 7-bit group integer (BinaryWriter.Write(String)).
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/bytes.hpp"
#include "libim/base/expected.hpp"
#include "libim/wire/classic_endpoint.hpp"

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

/// What stands behind the entries.
inline constexpr std::string_view kRosterEnd{"end"};

/// One entry, behind others or for itself.  REQUIRES: `name` is valid UTF-8 without `,` and `;`.
void appendRosterEntry(std::string& out, std::string_view name, const Endpoint& endpoint);

/// What stands in front of `size` bytes of entries and end.
[[nodiscard]] std::string rosterPrefix(std::size_t size);

/// Builds the bytes of a roster entry by entry, to be sent as they are and then closed.
class RosterWriter {
public:
    /// REQUIRES: as appendRosterEntry().
    void add(std::string_view name, const Endpoint& endpoint) {
        appendRosterEntry(body_, name, endpoint);
    }
    /// The prefix, the entries, `end`.  The writer is empty afterwards.
    [[nodiscard]] std::string finish();

private:
    std::string body_;
};

enum class RosterError {
    BadPrefix,  ///< length prefix of more than five bytes, or above 2^31 - 1
    TooLong,    ///< string longer than the limit given
    Truncated,  ///< the connection ended within a string
    NoEnd,      ///< no string that ends in `end`
};

[[nodiscard]] std::string_view toString(RosterError why);

/// Takes a roster from a connection, in pieces of any size, and says when it is whole.
/// Bounded: takes at most `limit` bytes of strings, those that are skipped included.  Tolerant
/// as a .NET client is, and where that client loses entries (an item without comma, an empty
/// one) it skips the item and goes on.
class RosterReader {
public:
    /// 64 MiB: a million users with the longest names.
    static constexpr std::size_t kDefaultLimit = 64U << 20U;

    explicit RosterReader(std::size_t limit = kDefaultLimit) : limit_(limit) {}

    /// Takes the next bytes.  Returns true when a string ending in `end` (behind which .NET
    /// ignores NUL and U+FEFF) is whole; the rest of the connection need not be read then.
    /// Strings before it that end otherwise are skipped.  Further bytes are ignored.  The reason
    /// when it can never become a roster; it stays the same then.
    Expected<bool, RosterError> feed(BytesView piece);

    /// The connection has ended.  Entries in the order sent; an item with an unreadable endpoint
    /// or an empty name is skipped, as are further fields and text behind the last semicolon.
    /// Ill-formed bytes of a name are U+FFFD, blanks around it are dropped.  A BOM at the start
    /// is part of the first name as for .NET, or a user of such a name would be listed as the
    /// one without.
    /// May be called as soon as feed() returned true.
    [[nodiscard]] Expected<std::vector<RosterEntry>, RosterError> finish() const;

private:
    void takePrefix(std::string_view& text);
    void startBody();
    void takeBody(std::string_view& text);
    void endBody();

    std::size_t limit_;
    std::uint64_t spent_ = 0;   // bytes of all strings begun, with their prefixes
    std::uint64_t length_ = 0;  // of the string that is being read
    unsigned groups_ = 0;       // of its prefix, read so far
    bool inBody_ = false;
    bool complete_ = false;
    std::optional<RosterError> failed_;
    std::string body_;
};

}  // namespace im::wire
