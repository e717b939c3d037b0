// SPDX-License-Identifier: BSL-1.0
// Messages of the classic profile as data (doc/protocol.md; the bytes are classic_codec.hpp's).
// A new message is a struct here, a case in the codec, a vector and a paragraph of the protocol.
#pragma once

#include "libim/base/address.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace im::wire {

/// Names are as they came, valid UTF-8 but not checked against the rule of im::Name: a .NET
/// server lets more pass, and it is for the index and the listener to decide what they refuse.

/// `login,NAME,IP:PORT`: request to the index, and its announcement to everybody else.
struct Login {
    std::string name;
    Endpoint endpoint;
    friend bool operator==(const Login&, const Login&) = default;
};

/// `Accept,TCPPORT`: the login is accepted, the roster waits at that TCP port.
struct Accept {
    std::uint16_t tcpPort = 0;
    friend bool operator==(const Accept&, const Accept&) = default;
};

/// `logout,NAME,IP:PORT`: request to the index, and its announcement to everybody left.
struct Logout {
    std::string name;
    Endpoint endpoint;
    friend bool operator==(const Logout&, const Logout&) = default;
};

/// `talk,TIME,SENDER,TEXT`, peer to peer.  `time` is free text of the sender's culture; it has no
/// comma.  `text` is everything behind the third comma, commas included.
struct Talk {
    std::string time;
    std::string sender;
    std::string text;
    friend bool operator==(const Talk&, const Talk&) = default;
};

/// `reject,CODE,TEXT`: our index refuses a login; .NET clients ignore it.  `code` is one of
/// `taken`, `name`, `denied`, `full`, `busy`, `rate`, `version`, `later` (sealed.md 2.2).
struct Reject {
    std::string code;
    std::string text;
    friend bool operator==(const Reject&, const Reject&) = default;
};

using Message = std::variant<Login, Accept, Logout, Talk, Reject>;

}  // namespace im::wire
