// SPDX-License-Identifier: BSL-1.0
// Address, Endpoint, Cidr: where somebody is.  Literals only: nothing here asks a resolver, so
// all of it may be fed with text from strangers.  Own types rather than POCO's SocketAddress,
// because imsend must start without loading POCO and the index keeps a million of them
// (doc/decisions/0002); net converts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im {

/// An IPv4 or IPv6 address; IPv4 is kept as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).  Default: "::".
class Address {
public:
    Address() = default;

    /// Dotted quad without leading zeros, or IPv6 as in RFC 4291 without brackets and without a
    /// zone.  An IPv4-mapped IPv6 literal is the IPv4 address.
    static std::optional<Address> parse(std::string_view literal);

    /// Four bytes as they stand in text: {127, 0, 0, 1}.
    static Address v4(std::array<std::uint8_t, 4> bytes);
    /// Sixteen bytes in network order.
    static Address v6(const std::array<std::uint8_t, 16>& bytes);

    bool isV4() const;
    bool isUnspecified() const;  ///< 0.0.0.0/8 (RFC 1122: "this network") or ::
    bool isLoopback() const;     ///< 127.0.0.0/8 or ::1
    bool isPrivate() const;      ///< RFC 1918, or fc00::/7 (RFC 4193)
    bool isLinkLocal() const;    ///< 169.254.0.0/16 or fe80::/10
    bool isMulticast() const;    ///< 224.0.0.0/4 or ff00::/8
    bool isReserved() const;     ///< 240.0.0.0/4, with 255.255.255.255

    /// Whether two addresses are one host as far as ownership of a name goes: equal, or both of
    /// 127.0.0.0/8 (a .NET client bound to 127.7.7.2 sends from 127.0.0.1).
    bool sameHost(const Address& other) const;

    /// The bytes in network order; IPv4 as mapped.
    const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
    /// The last four bytes.  REQUIRES: isV4().
    std::array<std::uint8_t, 4> v4Bytes() const;

    std::string toString() const;
    void appendTo(std::string& out) const;

    friend bool operator==(const Address&, const Address&) = default;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a null pointer in it.
    friend auto operator<=>(const Address&, const Address&) = default;

private:
    std::array<std::uint8_t, 16> bytes_{};
};

/// An address and a UDP or TCP port.  Default: "[::]:0".
struct Endpoint {
    Address address;
    std::uint16_t port = 0;

    /// "127.0.0.1:4649" or "[::1]:4649"; a decimal port 0 to 65535 without sign or blanks.
    static std::optional<Endpoint> parse(std::string_view text);
    std::string toString() const;
    void appendTo(std::string& out) const;

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a null pointer in it.
    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// A decimal port, 0 to 65535, digits only.
[[nodiscard]] std::optional<std::uint16_t> parsePort(std::string_view text);

/// A range of addresses, "10.0.0.0/8"; without /N the one address.  A range of IPv6 holds no
/// IPv4 address, and the other way round.
class Cidr {
public:
    static std::optional<Cidr> parse(std::string_view text);
    bool contains(const Address& address) const;
    std::string toString() const;

private:
    Address base_;
    unsigned bits_ = 128;  // counted in the 128 bits of the mapped form
};

/// "CIDR,CIDR,..."; nothing when one of them is wrong or the list is empty.
[[nodiscard]] std::optional<std::vector<Cidr>> parseCidrList(std::string_view text);

/// Loopback, private and link-local: where classic is served without being asked.
[[nodiscard]] bool isLocalNetwork(const Address& address);

/// Which of the sources one is for limits: IPv4 the address, IPv6 its /64.
[[nodiscard]] Address sourceKey(const Address& address);

}  // namespace im
