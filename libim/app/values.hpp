// SPDX-License-Identifier: BSL-1.0
// Values as they stand on a command line: HOST:PORT, ADDR:PORT.  Nothing here asks a resolver.
#pragma once

#include "libim/base/address.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace im::app {

inline constexpr std::uint16_t kDefaultPort = 4649;

/// A host by name or literal, not resolved yet; `port` 1 to 65535.
struct HostPort {
    std::string host;  ///< IPv6 without brackets
    std::uint16_t port = kDefaultPort;

    std::string toString() const;  ///< "localhost:4649", "[::1]:4649"

    friend bool operator==(const HostPort&, const HostPort&) = default;
};

/// HOST[:PORT]; IPv6 as [::1]:4649, [::1] or ::1.  Without a port `defaultPort`, and when that is
/// 0 nothing.  A host has 1 to 253 bytes, without blanks, control characters and any of
/// `/ @ , ; \`.
[[nodiscard]] std::optional<HostPort> parseHostPort(std::string_view text,
                                                    std::uint16_t defaultPort);

/// A local address, with the port where one was given (0: any free one).
struct BindAddress {
    Address address;
    std::optional<std::uint16_t> port;
};

/// ADDR[:PORT]: 127.0.0.1, 127.0.0.1:0, ::1, [::1], [::1]:4649.
[[nodiscard]] std::optional<BindAddress> parseBindAddress(std::string_view text);

/// A decimal number, digits only; nothing when it does not fit.
[[nodiscard]] std::optional<std::uint64_t> parseNumber(std::string_view text);

}  // namespace im::app
