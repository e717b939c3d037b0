// SPDX-License-Identifier: BSL-1.0
// IP:PORT and PORT of the classic profile, read as tolerantly as .NET's IPAddress.Parse and
// Int32.Parse do, and a little more.  Literals only; what comes out is written canonically by
// Endpoint::toString().  Text of our own users is read by the strict Endpoint::parse() instead.
#pragma once

#include "libim/base/address.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace im::wire {

/// `text` without U+0020 and TAB at either end: how the fixed fields of a message are read,
/// because the original article prints `login, username, localIPEndPoint`.
[[nodiscard]] std::string_view withoutBlanks(std::string_view text);

/// 0 to 65535 in decimal, leading zeros as many as there are, one `+` before them; NUL, blanks
/// and line breaks at both ends.
[[nodiscard]] std::optional<std::uint16_t> parseClassicPort(std::string_view field);

/// `IP:PORT`, and dropped from a second colon on (`IP:PORT:anything`).  IP is IPv4 of one to
/// four parts, each decimal, octal (`0177`) or hexadecimal (`0x7f`), the last one filling the
/// bytes that are left (`127.1`); or IPv6 in brackets, which no .NET program understands but
/// ours do.  NUL, blanks and line breaks may stand around IP and around PORT.  PORT may be 0.
[[nodiscard]] std::optional<Endpoint> parseClassicEndpoint(std::string_view field);

}  // namespace im::wire
