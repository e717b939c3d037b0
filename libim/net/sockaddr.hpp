// SPDX-License-Identifier: BSL-1.0
// Between im::Endpoint and the kernel's struct sockaddr.  No POCO, no resolver.
#pragma once

#include "libim/base/address.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>

namespace im::net {

/// An IPv4 or IPv6 socket address.  A value.
union SocketAddress {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
};

/// Fills in `out` and returns its length.  An IPv4 endpoint becomes AF_INET, never a mapped
/// AF_INET6: our IPv6 sockets are v6only.  `scope` is the interface of a link-local address.
socklen_t toSocketAddress(const Endpoint& endpoint, SocketAddress& out, std::uint32_t scope = 0);

/// Nothing when it is neither AF_INET nor AF_INET6.
[[nodiscard]] std::optional<Endpoint> toEndpoint(const SocketAddress& from);

/// What a descriptor is bound to (getsockname); throws Error.
[[nodiscard]] Endpoint localEndpoint(int descriptor);

}  // namespace im::net
