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

/// The endpoint of `host`, a name or a literal without brackets.  A literal asks nobody, and
/// neither does "localhost", which is 127.0.0.1 (RFC 6761, 6.3); any other name goes to
/// getaddrinfo, IPv4 before IPv6 since classic is IPv4.  Blocks as long as the resolver does.
/// Throws Error(NoHost) "HOST: does not resolve: WHY".
[[nodiscard]] Endpoint resolve(const std::string& host, std::uint16_t port);

/// The same, but another process asks the resolver (base/name_service.hpp): for a program that
/// is linked statically.
[[nodiscard]] Endpoint resolveApart(const std::string& host, std::uint16_t port);

/// How a class that must do either takes its pick.
using Resolver = Endpoint (*)(const std::string& host, std::uint16_t port);

/// A literal, or localhost; nothing for a name that must be asked for.
[[nodiscard]] std::optional<Address> resolveAlone(std::string_view host);

}  // namespace im::net
