// SPDX-License-Identifier: BSL-1.0
// What the tests of wire share: datagrams written as C++'s own UTF-16 literals, so that the
// bytes do not come from the code under test, and messages as one line of text to compare.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/wire/classic_codec.hpp"
#include "libim/wire/roster.hpp"

#include <string>
#include <string_view>

namespace im::test {

/// `text` as UTF-16LE; lone surrogates stay as they are.
inline Bytes utf16le(std::u16string_view text) {
    Bytes bytes;
    for (const char16_t unit : text) {
        bytes.push_back(static_cast<std::byte>(unit & 0xFFU));
        bytes.push_back(static_cast<std::byte>(unit >> 8U));
    }
    return bytes;
}

inline std::string describe(const wire::Login& m) {
    return "login <" + m.name + "> " + m.endpoint.toString();
}
inline std::string describe(const wire::Logout& m) {
    return "logout <" + m.name + "> " + m.endpoint.toString();
}
inline std::string describe(const wire::Accept& m) {
    return "accept " + std::to_string(m.tcpPort);
}
inline std::string describe(const wire::Talk& m) {
    return "talk <" + m.time + "> <" + m.sender + "> <" + m.text + ">";
}
inline std::string describe(const wire::Reject& m) {
    return "reject <" + m.code + "> <" + m.text + ">";
}

/// The message in one line, or why there is none.
inline std::string decoded(BytesView datagram) {
    const auto message = wire::decodeClassic(datagram);
    if (!message) return std::string(toString(message.error()));
    return std::visit([](const auto& m) { return describe(m); }, *message);
}

inline std::string decoded(std::u16string_view text) {
    return decoded(utf16le(text));
}

/// What a reader makes of the bytes of a whole connection: `NAME IP:PORT|NAME IP:PORT`, or why
/// there is no roster.
inline std::string read(std::string_view connection) {
    wire::RosterReader reader;
    const auto fed = reader.feed(asBytes(connection));
    const auto users = reader.finish();
    if (!users) return std::string(toString(users.error()));
    std::string line;
    for (const auto& user : *users)
        line += (line.empty() ? "" : "|") + user.name + " " + user.endpoint.toString();
    return fed ? line : "finish() succeeds although feed() failed";
}

/// `body` behind its length, written apart from RosterWriter.
inline std::string netString(std::string_view body) {
    std::string bytes;
    std::size_t length = body.size();
    do {
        const std::size_t group = length % 128;
        length /= 128;
        bytes.push_back(static_cast<char>(length > 0 ? group + 128 : group));
    } while (length > 0);
    return bytes.append(body);
}

}  // namespace im::test
