// SPDX-License-Identifier: BSL-1.0
// Apart from resolve.cpp, so that the archive's members stay apart: a static link that takes
// getaddrinfo along is warned of, and rightly.
#include "libim/base/error.hpp"
#include "libim/base/name_service.hpp"
#include "libim/net/resolve.hpp"

#include <algorithm>

namespace im::net {

namespace {

/// The first IPv4 address in lines that begin with one, else the first IPv6 one.
std::optional<Address> best(std::string_view lines) {
    std::optional<Address> found;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
        const auto address = Address::parse(line.substr(0, line.find_first_of(" \t")));
        if (address && address->isV4()) return address;
        if (!found) found = address;
    }
    return found;
}

}  // namespace

std::optional<Address> resolveAlone(std::string_view host) {
    if (host == "localhost") return Address::v4({127, 0, 0, 1});
    return Address::parse(host);
}

Endpoint resolveApart(const std::string& host, std::uint16_t port) {
    if (const auto known = resolveAlone(host)) return {*known, port};
    const auto found = best(askNameService("ahosts", host));
    if (!found)
        throw Error(ErrorKind::NoHost, host + ": does not resolve: name or service not known");
    return {*found, port};
}

}  // namespace im::net
