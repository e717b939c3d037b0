// SPDX-License-Identifier: BSL-1.0
// KnownFile: whose key is whose, $XDG_DATA_HOME/im/known, as ssh has known_hosts.  What is seen
// first is pinned; what differs later is Trust::Bad, and stays so until a person says otherwise.
// Plain text, one pin a line, fields separated by TABs:
//
//     im known 1
//     index  im.example.org:4649  ed25519:X  1   2026-11-22  CARD
//     user   ed25519:X  alice  ed25519:I  ok  2026-11-22
//
// Of an index: its address as the user writes it (not what a resolver makes of it: who can
// answer for the resolver could choose the pin), its identity X, the highest protocol version
// seen, the day, its latest card in hexadecimal digits or `-`.  Of a user: at which index, name,
// identity I, `ok` or `verified`, the day.  Lines with `#`, empty ones, those that begin with
// another word and fields behind the last are kept as they are.  The first line of a key counts.
//
// Nothing is sorted: a line that a person has put in the wrong place must not hide a pin, since
// what is not pinned is trusted when it comes.  A look therefore reads the file until it finds
// the line (10,000 users: 1.2 MB, a few tenths of a millisecond), and where it finds none, looks
// whether every line is one before it says so.
//
// Several tools write at once: an update takes the lock PATH.lock, reads again, and replaces the
// file whole, on the disk.  Readers need no lock.  Free of POCO and of clocks.
//
// All functions throw Error: 73 when the system refuses, 77 (NoPermission) when file or directory
// is somebody else's or others can write it, 78 (Configuration) "FILE:LINE: …" for a line that
// is damaged (the file stays as it is), 71 when the lock is held for FileLock::kPatienceMs.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/base/event.hpp"
#include "libim/base/name.hpp"
#include "libim/base/time.hpp"
#include "libim/noise/identity.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::node {

struct IndexPin {
    std::string address;  ///< "im.example.org:4649"
    noise::IdentityKey identity{};
    std::uint8_t highestVersion = 1;
    std::string since;  ///< "2026-11-22", UTC
    Bytes card;         ///< as it came; may be empty

    friend bool operator==(const IndexPin&, const IndexPin&) = default;
};

struct UserPin {
    noise::IdentityKey index{};
    Name name;
    noise::IdentityKey identity{};
    bool isVerified = false;  ///< a person has compared the six words
    std::string since;        ///< of the present state

    friend bool operator==(const UserPin&, const UserPin&) = default;
};

/// All the file says, in memory: for fuzzers, for tests, for lists.
struct Known {
    std::vector<IndexPin> indexes;
    std::vector<UserPin> users;
};

/// Throws Error(Configuration) "FILE:LINE: …".
[[nodiscard]] Known parseKnown(std::string_view text, const std::string& file);

/// A value: nothing is kept between calls.
class KnownFile {
public:
    /// The longest address that can be pinned.
    static constexpr std::size_t kMaxAddress = 300;

    explicit KnownFile(std::string path) : path_(std::move(path)) {}

    [[nodiscard]] const std::string& path() const { return path_; }

    [[nodiscard]] std::optional<IndexPin> findIndex(std::string_view address) const;
    [[nodiscard]] std::optional<UserPin> findUser(const noise::IdentityKey& index,
                                                  const Name& name) const;
    /// Everything.
    [[nodiscard]] Known read() const;

    /// What `identity` is that calls itself `name` at `index`: New where nothing is pinned (and
    /// still is not), Ok or Verified where this very key is, Bad where another one is.
    [[nodiscard]] Trust check(const noise::IdentityKey& index, const Name& name,
                              const noise::IdentityKey& identity) const;

    /// check(), and pins what is New.  Of several that pin at once one is New and the others find
    /// that one.
    Trust pin(const noise::IdentityKey& index, const Name& name, const noise::IdentityKey& identity,
              WallTime now) const;
    /// The same of an index, whose card and version are kept up: a version is never lowered.
    /// Another identity than the pinned one is Bad and changes nothing.  Writes only what is new.
    /// REQUIRES: an address without blanks and control characters, up to kMaxAddress.
    Trust pinIndex(std::string_view address, const noise::IdentityKey& identity,
                   std::uint8_t highestVersion, BytesView card, WallTime now) const;

    /// A person has compared the words with the holder of `identity`: Verified from now on, also
    /// where nothing was pinned.  Bad, and no change, where another key is pinned.
    Trust verify(const noise::IdentityKey& index, const Name& name,
                 const noise::IdentityKey& identity, WallTime now) const;

    /// A person wants this key, whatever was pinned.  What was verified and is the same stays so.
    void trust(const noise::IdentityKey& index, const Name& name,
               const noise::IdentityKey& identity, WallTime now) const;
    void trustIndex(std::string_view address, const noise::IdentityKey& identity,
                    WallTime now) const;

    /// Removes all lines of it.  False when there was none.
    bool forget(const noise::IdentityKey& index, const Name& name) const;
    bool forgetIndex(std::string_view address) const;

private:
    [[nodiscard]] std::optional<std::string> findLine(const std::string& beginning) const;
    bool update(const std::string& beginning,
                const std::function<std::optional<std::string>(std::string_view line)>& edit) const;

    std::string path_;
};

}  // namespace im::node
