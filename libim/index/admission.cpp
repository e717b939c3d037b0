// SPDX-License-Identifier: BSL-1.0
#include "libim/index/admission.hpp"

#include <algorithm>

namespace im::index {

namespace {

bool isLocalAddress(const HostFacts& host, const Address& address) {
    return address.isLoopback() || address.isUnspecified() ||
           std::ranges::find(host.localAddresses, address) != host.localAddresses.end();
}

}  // namespace

bool mayUseClassic(const Policy& policy, const Address& source) {
    if (policy.classicFrom.empty()) return isLocalNetwork(source);
    return std::ranges::any_of(policy.classicFrom,
                               [&](const Cidr& range) { return range.contains(source); });
}

bool isFromClaimed(SourceCheck check, const Endpoint& claimed, const Endpoint& source) {
    switch (check) {
        case SourceCheck::Any:
            return true;
        case SourceCheck::Ip:
            return claimed.address.sameHost(source.address);
        case SourceCheck::Strict:
            return claimed.address.sameHost(source.address) && claimed.port == source.port;
    }
    return false;
}

bool isSendable(const HostFacts& host, const Endpoint& endpoint) {
    const Address& address = endpoint.address;
    if (endpoint.port == 0 || address.isUnspecified()) return false;
    if (address.isMulticast() || address.isReserved()) return false;
    return std::ranges::find(host.broadcastAddresses, address) == host.broadcastAddresses.end();
}

bool isOurOwn(const HostFacts& host, const Endpoint& endpoint) {
    return std::ranges::any_of(host.servedEndpoints, [&](const Endpoint& served) {
        if (served.port != endpoint.port) return false;
        if (served.address.isUnspecified()) return isLocalAddress(host, endpoint.address);
        return served.address == endpoint.address;
    });
}

bool mustConfirm(Confirm confirm, const Address& address) {
    switch (confirm) {
        case Confirm::Tcp:
            return true;
        case Confirm::Auto:
            return !isLocalNetwork(address);
        case Confirm::Off:
            return false;
    }
    return true;
}

}  // namespace im::index
