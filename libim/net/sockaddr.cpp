// SPDX-License-Identifier: BSL-1.0
#include "libim/net/sockaddr.hpp"

#include "libim/base/error.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace im::net {

socklen_t toSocketAddress(const Endpoint& endpoint, SocketAddress& out, std::uint32_t scope) {
    out = {};
    if (endpoint.address.isV4()) {
        out.v4.sin_family = AF_INET;
        out.v4.sin_port = htons(endpoint.port);
        const auto bytes = endpoint.address.v4Bytes();
        std::memcpy(&out.v4.sin_addr, bytes.data(), bytes.size());
        return sizeof out.v4;
    }
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(endpoint.port);
    out.v6.sin6_scope_id = scope;
    const auto& bytes = endpoint.address.bytes();
    std::memcpy(&out.v6.sin6_addr, bytes.data(), bytes.size());
    return sizeof out.v6;
}

std::optional<Endpoint> toEndpoint(const SocketAddress& from) {
    if (from.any.sa_family == AF_INET) {
        std::array<std::uint8_t, 4> bytes{};
        std::memcpy(bytes.data(), &from.v4.sin_addr, bytes.size());
        return Endpoint{Address::v4(bytes), ntohs(from.v4.sin_port)};
    }
    if (from.any.sa_family == AF_INET6) {
        std::array<std::uint8_t, 16> bytes{};
        std::memcpy(bytes.data(), &from.v6.sin6_addr, bytes.size());
        return Endpoint{Address::v6(bytes), ntohs(from.v6.sin6_port)};
    }
    return {};
}

Endpoint localEndpoint(int descriptor) {
    SocketAddress address{};
    socklen_t length = sizeof address;
    if (::getsockname(descriptor, &address.any, &length) != 0)
        throw systemError(ErrorKind::OperatingSystem, "cannot ask a socket its name", errno);
    return toEndpoint(address).value_or(Endpoint{});
}

}  // namespace im::net
