// SPDX-License-Identifier: BSL-1.0
#include "libim/net/resolve.hpp"

#include "libim/base/error.hpp"
#include "libim/net/sockaddr.hpp"

#include <netdb.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

namespace im::net {

namespace {

struct FreeAddresses {
    void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Addresses askResolver(const std::string& host) {
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_DGRAM;
    addrinfo* list = nullptr;
    const int problem = getaddrinfo(host.c_str(), nullptr, &wanted, &list);
    if (problem == 0) return Addresses(list);
    const std::string why = problem == EAI_SYSTEM ? std::generic_category().message(errno)
                                                  : std::string(gai_strerror(problem));
    throw Error(ErrorKind::NoHost, host + ": does not resolve: " + why);
}

/// The first IPv4 address, else the first IPv6 one, else nullptr.
const addrinfo* best(const addrinfo* list) {
    const addrinfo* found = nullptr;
    for (; list != nullptr; list = list->ai_next) {
        if (list->ai_family == AF_INET) return list;
        if (found == nullptr && list->ai_family == AF_INET6) found = list;
    }
    return found;
}

}  // namespace

Endpoint resolve(const std::string& host, std::uint16_t port) {
    if (const auto known = resolveAlone(host)) return {*known, port};
    const Addresses list = askResolver(host);
    const addrinfo* found = best(list.get());
    if (found == nullptr) throw Error(ErrorKind::NoHost, host + ": has no IP address");
    SocketAddress address{};
    std::memcpy(&address, found->ai_addr, found->ai_addrlen);
    return {toEndpoint(address).value_or(Endpoint{}).address, port};
}

}  // namespace im::net
