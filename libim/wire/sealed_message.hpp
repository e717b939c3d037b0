// SPDX-License-Identifier: BSL-1.0
// Messages of the sealed profile as data (doc/protocol.md, "Messages"; the text is
// sealed_codec.hpp's).  Login events, `logout`, `talk` and `reject` mean what they mean in classic.
//
// Names have passed the rule of im::Name; numbers are in range.  Every verb is idempotent.
#pragma once

#include "libim/base/address.hpp"
#include "libim/wire/frame.hpp"
#include "libim/wire/message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace im::wire {

/// What an index says of a user.  Words that are not known are passed over.
struct UserFlags {
    bool classic = false;    ///< `classic`: has no key; never write to it unasked
    bool nat = false;        ///< `nat`: behind a translator, observed and local endpoint differ
    bool relayOnly = false;  ///< `relay`: publishes no endpoint
    friend bool operator==(const UserFlags&, const UserFlags&) = default;
};

/// `login,NAME,ENDPOINT[,FLAGS]`.  To the index: the local endpoint (0.0.0.0:0 where there is none
/// to tell).  From the index: who is online, at the endpoint it observed.
struct SealedLogin {
    std::string name;
    Endpoint endpoint;
    UserFlags flags;
    friend bool operator==(const SealedLogin&, const SealedLogin&) = default;
};

/// `Accept,TCPPORT,LEASE,ENDPOINT,VERSION,USERS`: the answer to a login, in RESP.
struct SealedAccept {
    std::uint16_t tcpPort = 0;        ///< of the roster; 0 where there is none
    std::uint32_t leaseSeconds = 0;   ///< renewed by every authenticated frame
    Endpoint observed;                ///< the client, seen from the index
    std::uint64_t rosterVersion = 0;  ///< when it was accepted
    std::uint32_t usersOnline = 0;
    friend bool operator==(const SealedAccept&, const SealedAccept&) = default;
};

/// `lookup,ID,NAME`: who is it, where, with which card?
struct Lookup {
    std::uint32_t id = 0;  ///< chosen by who asks, comes back in the answer
    std::string name;
    friend bool operator==(const Lookup&, const Lookup&) = default;
};

/// `peer,ID,NAME,FLAGS,OBSERVED,LOCAL,HANDLE`; the card stands in a CARD record beside it.
struct Peer {
    std::uint32_t id = 0;
    std::string name;
    UserFlags flags;
    Endpoint observed;
    Endpoint local;            ///< host candidate, or 0.0.0.0:0
    std::uint32_t handle = 0;  ///< for RELAY; 0 where the index does not relay
    friend bool operator==(const Peer&, const Peer&) = default;
};

/// `none,ID,NAME,REASON`: `offline` (has an owner), `unknown`, `rate`.
struct NoPeer {
    std::uint32_t id = 0;
    std::string name;
    std::string reason;
    friend bool operator==(const NoPeer&, const NoPeer&) = default;
};

/// `owner,ID,NAME,IDENTITY`, before `none,...,offline`: whose the name is, who is not here now.
struct NameOwner {
    std::uint32_t id = 0;
    std::string name;
    std::array<std::byte, 32> identity{};
    friend bool operator==(const NameOwner&, const NameOwner&) = default;
};

/// `call,NAME,INDEX`: tell NAME that I am coming, with a session of that index.  Reserved.
struct Call {
    std::string name;
    SessionIndex index = 0;
    friend bool operator==(const Call&, const Call&) = default;
};

/// `meet,NAME,IDENTITY,ENDPOINT,INDEX`: what the index makes of a call.  Reserved.
struct Meet {
    std::string name;
    std::array<std::byte, 32> identity{};
    Endpoint endpoint;
    SessionIndex index = 0;
    friend bool operator==(const Meet&, const Meet&) = default;
};

/// `watch,NAME,...` and `unwatch,NAME,...`, one name at least.  Reserved.
struct Watch {
    std::vector<std::string> names;
    friend bool operator==(const Watch&, const Watch&) = default;
};
struct Unwatch {
    std::vector<std::string> names;
    friend bool operator==(const Unwatch&, const Unwatch&) = default;
};

/// `delta,FROM,TO`: the login and logout lines behind it lead from version FROM to TO.
struct Delta {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    friend bool operator==(const Delta&, const Delta&) = default;
};

/// `sync,VERSION`: I have that version; what came after it?
struct Sync {
    std::uint64_t have = 0;
    friend bool operator==(const Sync&, const Sync&) = default;
};

/// `resync`: too old for deltas, fetch the roster.
struct Resync {
    friend bool operator==(const Resync&, const Resync&) = default;
};

/// `roster,SINCE,CURSOR` over TCP.
struct RosterRequest {
    std::uint64_t since = 0;
    std::string cursor;  ///< empty: from the start; else what the index gave, not looked at
    friend bool operator==(const RosterRequest&, const RosterRequest&) = default;
};

/// `end,VERSION`: the roster is whole; deltas go on from there.
struct RosterEnd {
    std::uint64_t version = 0;
    friend bool operator==(const RosterEnd&, const RosterEnd&) = default;
};

using SealedMessage =
    std::variant<SealedLogin, SealedAccept, Logout, Talk, Reject, Lookup, Peer, NoPeer, NameOwner,
                 Call, Meet, Watch, Unwatch, Delta, Sync, Resync, RosterRequest, RosterEnd>;

}  // namespace im::wire
