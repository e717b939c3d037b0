// SPDX-License-Identifier: BSL-1.0
#include "libim/base/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>

namespace im {

namespace {

constexpr std::array<std::uint8_t, 12> kV4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr std::size_t kV4Offset = kV4Prefix.size();
constexpr unsigned kV4PrefixBits = 96;

void appendNumber(std::string& out, unsigned number) {
    std::array<char, 10> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

// Bytes of the longest, with the '.' or ':' behind; of the longest port.
constexpr std::size_t kV4Text = 16;
constexpr std::size_t kPortText = 5;

/// 0 to 255 in decimal; returns the end.
char* writeByte(char* at, std::uint8_t byte) {
    const auto digit = [](unsigned value) { return static_cast<char>('0' + value); };
    if (byte >= 100) *at++ = digit(byte / 100U);
    if (byte >= 10) *at++ = digit(byte / 10U % 10U);
    *at++ = digit(byte % 10U);
    return at;
}

char* writeV4(char* at, const std::array<std::uint8_t, 4>& bytes) {
    for (const std::uint8_t byte : bytes) {
        at = writeByte(at, byte);
        *at++ = '.';
    }
    return at - 1;
}

}  // namespace

Address Address::v4(std::array<std::uint8_t, 4> bytes) {
    Address address;
    std::copy(kV4Prefix.begin(), kV4Prefix.end(), address.bytes_.begin());
    std::copy(bytes.begin(), bytes.end(), address.bytes_.begin() + kV4Offset);
    return address;
}

Address Address::v6(const std::array<std::uint8_t, 16>& bytes) {
    Address address;
    address.bytes_ = bytes;
    return address;
}

std::optional<Address> Address::parse(std::string_view literal) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (literal.size() >= text.size() || literal.find('\0') != std::string_view::npos) return {};
    std::copy(literal.begin(), literal.end(), text.begin());

    // inet_pton takes no leading zeros, no short forms and no names: exactly what is wanted.
    std::array<std::uint8_t, 4> four{};
    if (inet_pton(AF_INET, text.data(), four.data()) == 1) return v4(four);
    std::array<std::uint8_t, 16> sixteen{};
    if (inet_pton(AF_INET6, text.data(), sixteen.data()) == 1) return v6(sixteen);
    return {};
}

bool Address::isV4() const {
    return std::equal(kV4Prefix.begin(), kV4Prefix.end(), bytes_.begin());
}

std::array<std::uint8_t, 4> Address::v4Bytes() const {
    assert(isV4());
    std::array<std::uint8_t, 4> four{};
    std::copy(bytes_.begin() + kV4Offset, bytes_.end(), four.begin());
    return four;
}

bool Address::isUnspecified() const {
    if (isV4()) return bytes_[kV4Offset] == 0;
    return *this == Address{};
}

bool Address::isLoopback() const {
    if (isV4()) return bytes_[kV4Offset] == 127;
    std::array<std::uint8_t, 16> one{};
    one.back() = 1;
    return bytes_ == one;
}

bool Address::isPrivate() const {
    if (!isV4()) return (bytes_[0] & 0xFEU) == 0xFC;
    const auto four = v4Bytes();
    return four[0] == 10 || (four[0] == 172 && (four[1] & 0xF0U) == 16) ||
           (four[0] == 192 && four[1] == 168);
}

bool Address::isLinkLocal() const {
    if (!isV4()) return bytes_[0] == 0xFE && (bytes_[1] & 0xC0U) == 0x80;
    const auto four = v4Bytes();
    return four[0] == 169 && four[1] == 254;
}

bool Address::isMulticast() const {
    if (!isV4()) return bytes_[0] == 0xFF;
    return (bytes_[kV4Offset] & 0xF0U) == 0xE0;
}

bool Address::isReserved() const {
    return isV4() && (bytes_[kV4Offset] & 0xF0U) == 0xF0;
}

bool Address::sameHost(const Address& other) const {
    if (*this == other) return true;
    return isV4() && other.isV4() && isLoopback() && other.isLoopback();
}

std::string Address::toString() const {
    std::string text;
    appendTo(text);
    return text;
}

/// Four numbers by hand: inet_ntop takes ten times as long, and a roster has a million.
void Address::appendTo(std::string& out) const {
    if (isV4()) {
        std::array<char, kV4Text> text;
        out.append(text.data(), writeV4(text.data(), v4Bytes()));
        return;
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    out += inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
}

std::optional<std::uint16_t> parsePort(std::string_view text) {
    // At most five digits, so "000080" and a number that overflows are both refused.
    if (text.empty() || text.size() > 5) return {};
    unsigned port = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (problem != std::errc{} || end != text.data() + text.size() || port > 65535) return {};
    return static_cast<std::uint16_t>(port);
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return {};
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    // An IPv6 address without brackets is ambiguous; an IPv4 one in brackets is nobody's form.
    if (bracketed != (host.find(':') != std::string_view::npos)) return {};
    const auto address = Address::parse(host);
    const auto port = parsePort(text.substr(colon + 1));
    if (!address || !port) return {};
    return Endpoint{*address, *port};
}

std::string Endpoint::toString() const {
    std::string text;
    appendTo(text);
    return text;
}

void Endpoint::appendTo(std::string& out) const {
    if (!address.isV4()) {
        out += '[';
        address.appendTo(out);
        out += "]:";
        return appendNumber(out, port);
    }
    std::array<char, kV4Text + kPortText> text;
    char* const colon = writeV4(text.data(), address.v4Bytes());
    *colon = ':';
    out.append(text.data(), std::to_chars(colon + 1, text.data() + text.size(), port).ptr);
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto base = Address::parse(text.substr(0, slash));
    if (!base) return {};
    Cidr range;
    range.base_ = *base;
    const unsigned extra = base->isV4() ? kV4PrefixBits : 0;
    if (slash != std::string_view::npos) {
        const auto bits = parsePort(text.substr(slash + 1));
        if (!bits || *bits > 128 - extra) return {};
        range.bits_ = *bits + extra;
    }
    return range;
}

bool Cidr::contains(const Address& address) const {
    // In the mapped form "::/0" would hold all of IPv4, which nobody means who writes it.
    if (base_.isV4() != address.isV4()) return false;
    const unsigned whole = bits_ / 8;
    if (std::memcmp(base_.bytes().data(), address.bytes().data(), whole) != 0) return false;
    const unsigned rest = bits_ % 8;
    if (rest == 0) return true;
    const unsigned mask = 0xFFU << (8 - rest) & 0xFFU;
    return (base_.bytes()[whole] & mask) == (address.bytes()[whole] & mask);
}

std::string Cidr::toString() const {
    const unsigned extra = base_.isV4() ? kV4PrefixBits : 0;
    return base_.toString() + "/" + std::to_string(bits_ - extra);
}

std::optional<std::vector<Cidr>> parseCidrList(std::string_view text) {
    std::vector<Cidr> list;
    for (;;) {
        const std::size_t comma = text.find(',');
        const auto range = Cidr::parse(text.substr(0, comma));
        if (!range) return {};
        list.push_back(*range);
        if (comma == std::string_view::npos) return list;
        text.remove_prefix(comma + 1);
    }
}

bool isLocalNetwork(const Address& address) {
    return address.isLoopback() || address.isPrivate() || address.isLinkLocal();
}

Address sourceKey(const Address& address) {
    if (address.isV4()) return address;
    auto bytes = address.bytes();
    std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
    return Address::v6(bytes);
}

}  // namespace im
