// SPDX-License-Identifier: BSL-1.0
#include "libim/net/interfaces.hpp"

#include "libim/net/sockaddr.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/NetworkInterface.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace im::net {

namespace {

std::optional<Address> fromPoco(const Poco::Net::IPAddress& address) {
    if (address.family() == Poco::Net::IPAddress::IPv4) {
        std::array<std::uint8_t, 4> bytes{};
        std::memcpy(bytes.data(), address.addr(), bytes.size());
        return Address::v4(bytes);
    }
    if (address.length() != 16) return {};
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), address.addr(), bytes.size());
    return Address::v6(bytes);
}

/// Computed from the mask: what the system calls broadcast is the peer's address on a
/// point-to-point link and the own one on the loopback interface.
void addNetworkEnds(const Address& address, const Address& mask, std::vector<Address>& out) {
    if (!address.isV4() || !mask.isV4()) return;
    const auto own = address.v4Bytes();
    const auto bits = mask.v4Bytes();
    // A /31 has no broadcast (RFC 3021), a /32 no network.
    if (bits[3] >= 0xFE) return;
    std::array<std::uint8_t, 4> first{};
    std::array<std::uint8_t, 4> last{};
    for (std::size_t i = 0; i < own.size(); ++i) {
        first[i] = static_cast<std::uint8_t>(own[i] & bits[i]);
        last[i] = static_cast<std::uint8_t>(first[i] | (0xFFU & ~unsigned{bits[i]}));
    }
    out.push_back(Address::v4(first));
    out.push_back(Address::v4(last));
}

void sortUnique(std::vector<Address>& addresses) {
    std::sort(addresses.begin(), addresses.end());
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
}

}  // namespace

std::optional<Interfaces> readInterfaces() {
    Interfaces result;
    try {
        for (const auto& interface : Poco::Net::NetworkInterface::list(true, true)) {
            for (const auto& entry : interface.addressList()) {
                const auto address = fromPoco(entry.get<Poco::Net::NetworkInterface::IP_ADDRESS>());
                if (!address) continue;
                result.local.push_back(*address);
                const auto mask = fromPoco(entry.get<Poco::Net::NetworkInterface::SUBNET_MASK>());
                if (mask) addNetworkEnds(*address, *mask, result.broadcast);
            }
        }
    } catch (const Poco::Exception&) {
        return {};
    }
    sortUnique(result.local);
    sortUnique(result.broadcast);
    return result;
}

}  // namespace im::net
