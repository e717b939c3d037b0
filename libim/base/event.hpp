// SPDX-License-Identifier: BSL-1.0
// Event: one thing that a listener or the index tells, as in the records of commandline.md.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace im {

enum class EventType : std::uint8_t { Talk, Login, Logout, Roster, Gap, Key, Server };

/// The column TRUST.  `None`: classic, no key (also a talk naming nobody in the roster).
/// `Bad`: the key differs from the pin, or a classic talk from another address than its user's.
enum class Trust : std::uint8_t { Absent, Self, Ok, New, Verified, Bad, None };

struct Event {
    EventType type = EventType::Talk;
    std::optional<WallTime> at;  ///< arrival; filled in by node, nothing in a protocol
    std::string user;            ///< empty where there is none ("-" in a record)
    Trust trust = Trust::Absent;
    std::optional<Endpoint> endpoint;       ///< of the user; of a talk: the source of the datagram
    std::string id;                         ///< sealed only
    std::optional<std::uint64_t> sequence;  ///< sealed only
    std::string sent;                       ///< classic: the sender's own time field, verbatim
    std::string status;                     ///< roster lines: "online"
    /// The last column: text of a talk; endpoint of login and roster; reason of a logout
    /// (`bye`, `lease`, `replaced`, `unreachable`); range of a gap; `lost`, `back`, `stopping`.
    std::string text;
};

/// "talk", "login", ... as printed in TYPE and in JSON.
[[nodiscard]] constexpr std::string_view toString(EventType type) {
    switch (type) {
        case EventType::Talk:
            return "talk";
        case EventType::Login:
            return "login";
        case EventType::Logout:
            return "logout";
        case EventType::Roster:
            return "roster";
        case EventType::Gap:
            return "gap";
        case EventType::Key:
            return "key";
        case EventType::Server:
            return "server";
    }
    return "-";
}

[[nodiscard]] constexpr std::string_view toString(Trust trust) {
    switch (trust) {
        case Trust::Absent:
            return "-";
        case Trust::Self:
            return "self";
        case Trust::Ok:
            return "ok";
        case Trust::New:
            return "new";
        case Trust::Verified:
            return "verified";
        case Trust::Bad:
            return "BAD";
        case Trust::None:
            return "none";
    }
    return "-";
}

}  // namespace im
