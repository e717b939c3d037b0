// SPDX-License-Identifier: BSL-1.0
// The text of a session file: its head and the lines of users, printed and parsed.  Pure; the
// files are session_file.hpp's.
//
//     im session 1
//     profile classic                         profile sealed
//     user alice                              user alice
//     endpoint 127.0.0.1:40112                endpoint 127.0.0.1:40112
//     server 127.0.0.1:4649                   server 127.0.0.1:4649
//     server-name localhost:4649              server-name localhost:4649
//     tcp 4649                                tcp 4650
//     renew yes                               index ed25519:X
//     users 2                                 index-card 0102...
//                                             users 3
//     alice<TAB>127.0.0.1:40112
//     bob<TAB>127.0.0.1:5000                  alice<TAB>127.0.0.1:40112
//                                             bob<TAB>192.0.2.7:5000,10.0.0.2:5000<TAB>-<TAB>0101...
//                                             carol<TAB>127.0.0.1:5001<TAB>classic
//
// `renew yes` only where it is known (talk::ClassicListener::renews()).  A user of a sealed session
// has one endpoint or two (the observed one, then the one behind the same translator), flags (`-`
// or `classic`: has no key) and his card in hexadecimal digits, where it is known; flags and card
// are left out at the end.  Other flags, and fields behind the card, are passed over.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/bytes.hpp"
#include "libim/base/error.hpp"
#include "libim/base/name.hpp"
#include "libim/noise/identity.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::node {

enum class Profile : std::uint8_t { Classic, Sealed };

/// The head of a session file: one login.
struct Session {
    Name user;
    Endpoint endpoint;       ///< ours: claimed in the login, bound by imlisten
    Endpoint server;         ///< UDP endpoint of the index, resolved
    std::string serverName;  ///< the index as the user wrote it, "localhost:4649"
    std::uint16_t tcpPort = 0;
    bool renews = false;  ///< classic: the index takes a repeated login as a renewal

    Profile profile = Profile::Classic;
    noise::IdentityKey index{};  ///< sealed: X
    Bytes indexCard = {};        ///< sealed: its latest card

    friend bool operator==(const Session&, const Session&) = default;
};

/// What is known of a user beside his endpoint; in classic nothing is.
struct SessionExtra {
    bool isClassic = false;               ///< in a sealed session: has no key
    std::optional<Endpoint> behind = {};  ///< his endpoint for who is behind the same translator
    Bytes card = {};                      ///< not verified; may be empty

    friend bool operator==(const SessionExtra&, const SessionExtra&) = default;
};

struct SessionUser {
    std::string name;
    Endpoint endpoint;
    SessionExtra extra = {};

    friend bool operator==(const SessionUser&, const SessionUser&) = default;
};

/// No line of a user is longer, its LF included.
inline constexpr std::size_t kLongestSessionLine = 600;
/// A head is no longer: a host name and the index's card are the longest of it.
inline constexpr std::size_t kLongestSessionHead = 2048;

[[nodiscard]] std::string printSessionHead(const Session& session, std::size_t users);
/// With its LF.  Flags and card only where there are some.
void appendSessionLine(std::string& out, std::string_view name, const Endpoint& endpoint,
                       const SessionExtra& extra);

struct SessionHead {
    Session session;
    std::size_t users = 0;
    std::size_t length = 0;  ///< of the head: where the lines begin
};
/// Throws Error(Configuration) "session file PATH: …" when it is damaged, of a newer version or of
/// a profile that this release does not have.
[[nodiscard]] SessionHead parseSessionHead(std::string_view text, const std::string& path);
[[nodiscard]] Error damagedSession(const std::string& path, std::string_view why);

/// The name of a line without its LF; nothing when it is no line of a user.
[[nodiscard]] std::optional<std::string_view> sessionLineName(std::string_view line);
/// Nothing when something is wrong with it.  Whether the name is an im::Name is not looked at.
[[nodiscard]] std::optional<SessionUser> parseSessionLine(std::string_view line);

}  // namespace im::node
