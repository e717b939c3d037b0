// SPDX-License-Identifier: BSL-1.0
// Account: who we are, at which index, and the session that holds its login, if any; by the rules
// of im(7), "Which session".
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/error.hpp"
#include "libim/base/name.hpp"
#include "libim/node/session_file.hpp"
#include "libim/wire/roster.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace im::node {

/// An index as the user wrote it.
struct ServerName {
    std::string host = "localhost";  ///< a name or a literal without brackets
    std::uint16_t port = 4649;

    [[nodiscard]] std::string toString() const;  ///< "localhost:4649", "[::1]:4649"
};

struct Account {
    Name user;
    Endpoint index;         ///< UDP endpoint
    std::string indexName;  ///< as the user wrote it, with the port
    std::optional<SessionFile> session;

    [[nodiscard]] SessionId id() const { return {user, index}; }
};

/// What the user said, and what counts when he did not.
struct AccountQuery {
    std::optional<Name> user;
    std::optional<ServerName> server;  ///< nothing: that of the session, else localhost
    std::string loginName;             ///< the last resort for `user`, not checked yet
};

/// Asks the resolver only where a server is needed.  Throws Error: Usage when several sessions fit
/// or nobody has a name, NoHost, and what SessionFile::open() throws, but that a session whose file
/// is damaged or of another release is as good as none: the login replaces it.
[[nodiscard]] Account findAccount(const SessionDirectory& directory, const AccountQuery& query);

/// Where to ask who is online, without registering.
struct RosterSource {
    Endpoint index;         ///< TCP endpoint
    std::string indexName;  ///< with the UDP port, as the user wrote it
    /// Ourselves, to be marked in the roster: by name, and where there is a session by endpoint.
    std::optional<Name> self;
    std::optional<Endpoint> selfEndpoint;
    /// There is no session, so the TCP port is only a guess: the UDP port's number.
    bool guessed = false;

    [[nodiscard]] bool isSelf(const wire::RosterEntry& entry) const;
    /// The address to ask from: that of our login, where there is one.
    [[nodiscard]] std::optional<Address> local() const;
};

/// Throws as findAccount(), and Configuration where that would log in anew.
[[nodiscard]] RosterSource findRosterSource(const SessionDirectory& directory,
                                            const AccountQuery& query);

/// Why there is no roster, from the words of net::RosterFetch: Unavailable, NoPermission when the
/// connection was closed without a byte, or Protocol when what answered speaks something else.
[[nodiscard]] Error rosterError(const std::string& indexName, std::uint16_t tcpPort,
                                const std::string& why, std::string hint);

/// Where the user wants to listen: -p, -b or neither.
struct LocalWish {
    std::optional<Address> address;
    std::optional<std::uint16_t> port;

    [[nodiscard]] bool any() const { return address || port; }
    /// Whether `endpoint` is what is wished for; port 0 is any.
    [[nodiscard]] bool allows(const Endpoint& endpoint) const;
};

/// The endpoint to bind for a login at `index`; what is not wished for is the address that routes
/// to the index, and any free port (0).  Throws Error(Usage) for an address that no peer can
/// write to, Error(Unavailable) when no way leads to the index.
[[nodiscard]] Endpoint localFor(const LocalWish& wish, const Endpoint& index);

}  // namespace im::node
