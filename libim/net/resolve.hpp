// SPDX-License-Identifier: BSL-1.0
// Names of hosts to endpoints.  The one place that asks a resolver, and only for what a user
// typed or configured, never for text that came over the network.
#pragma once

#include "libim/base/address.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace im::net {

/// The index's UDP port, and as a rule its TCP port, where none is given.
inline constexpr std::uint16_t kIndexPort = 4649;

/// "HOST[:PORT]" as typed, not yet resolved.
struct HostPort {
    std::string host;  ///< a name or a literal without brackets; never empty
    std::optional<std::uint16_t> port;

    friend bool operator==(const HostPort&, const HostPort&) = default;
};

/// Splits "localhost", "localhost:4649", "10.0.0.1:4649", "[::1]:4649", "[::1]" and "::1".
/// Nothing for an empty host, port 0, a port that is none, and a half bracket.
[[nodiscard]] std::optional<HostPort> splitHostPort(std::string_view text);

/// "HOST:PORT", an IPv6 literal in brackets; without a port just the host.
[[nodiscard]] std::string toString(const HostPort& at);

/// The endpoint of `at`, with `defaultPort` where it has none.  A literal asks nobody; a name
/// goes to getaddrinfo, IPv4 before IPv6 since classic is IPv4.  Blocks as long as the resolver
/// does.  Throws Error(NoHost) "HOST: does not resolve: WHY".
[[nodiscard]] Endpoint resolve(const HostPort& at, std::uint16_t defaultPort = kIndexPort);

}  // namespace im::net
