// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/classic_endpoint.hpp"

#include <array>
#include <charconv>
#include <cstddef>

namespace im::wire {

namespace {

constexpr std::string_view kBlanks{" \t"};
/// What .NET's number parser skips: white space before and behind, NUL behind.
constexpr std::string_view kPadding{"\0\t\n\v\f\r ", 7};

/// Not a blank, not a control character: nothing that is trimmed.
bool isPrintable(char c) {
    return static_cast<unsigned char>(c) > 0x20;
}

std::string_view trimmed(std::string_view text, std::string_view what) {
    if (!text.empty() && isPrintable(text.front()) && isPrintable(text.back())) return text;
    const std::size_t first = text.find_first_not_of(what);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(what) - first + 1);
}

/// The usual case, in a quarter of the time: a roster has a million of them.
std::optional<std::uint32_t> shortNumber(std::string_view digits) {
    std::uint32_t value = 0;
    for (const char digit : digits) {
        if (digit < '0' || digit > '9') return {};
        value = value * 10 + static_cast<std::uint32_t>(digit - '0');
    }
    return digits.empty() ? std::nullopt : std::optional(value);
}

/// All of `digits` as a number of base `base`, without sign.
std::optional<std::uint32_t> number(std::string_view digits, int base) {
    if (base == 10 && digits.size() <= 3) return shortNumber(digits);
    std::uint32_t value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, problem] = std::from_chars(digits.data(), end, value, base);
    if (digits.empty() || problem != std::errc{} || stop != end) return {};
    return value;
}

/// One part of an IPv4 address as in C: `0x` is hexadecimal, `0` in front is octal.
std::optional<std::uint32_t> part(std::string_view text) {
    if (text.size() < 2 || text.front() != '0') return number(text, 10);
    if (text[1] == 'x' || text[1] == 'X') return number(text.substr(2), 16);
    return number(text.substr(1), 8);
}

std::optional<Address> parseV4(std::string_view text) {
    std::uint32_t high = 0;  // the parts before the last, one byte each
    for (unsigned bytesLeft = 4; bytesLeft > 0; --bytesLeft) {
        const std::size_t dot = text.find('.');
        const auto value = part(text.substr(0, dot));
        if (!value) return {};
        if (dot == std::string_view::npos) {
            const std::uint64_t room = std::uint64_t{1} << (8 * bytesLeft);
            if (*value >= room) return {};
            const auto all = static_cast<std::uint32_t>(high * room) | *value;
            return Address::v4(
                {static_cast<std::uint8_t>(all >> 24U), static_cast<std::uint8_t>(all >> 16U),
                 static_cast<std::uint8_t>(all >> 8U), static_cast<std::uint8_t>(all)});
        }
        if (*value > 0xFF) return {};
        high = high << 8U | *value;
        text.remove_prefix(dot + 1);
    }
    return {};  // a fifth part
}

/// 0 to 9, or more when it is no digit.
unsigned digit(char c) {
    return static_cast<unsigned>(static_cast<unsigned char>(c)) - '0';
}

/// `1.2.3.4:5` and nothing else: nearly every entry of every roster, in an eighth of the time.
/// Nothing: look closer.
std::optional<Endpoint> parseSimple(std::string_view field) {
    const char* at = field.data();
    const char* const end = at + field.size();
    std::array<std::uint8_t, 4> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (at == end || digit(*at) > 9) return {};
        unsigned value = digit(*at++);
        // No leading zeros; and a third digit behind 26 would make it too large anyhow.
        while (value > 0 && value < 26 && at != end && digit(*at) <= 9)
            value = value * 10 + digit(*at++);
        if (value > 0xFF || at == end || *at++ != (i < 3 ? '.' : ':')) return {};
        bytes[i] = static_cast<std::uint8_t>(value);
    }
    if (at == end || end - at > 5) return {};
    unsigned port = 0;
    for (; at != end; ++at) {
        if (digit(*at) > 9) return {};
        port = port * 10 + digit(*at);
    }
    if (port > 65535) return {};
    return Endpoint{Address::v4(bytes), static_cast<std::uint16_t>(port)};
}

/// What stands before the colon in front of the port, or npos when there is none.
std::size_t endOfHost(std::string_view field) {
    if (field.empty() || field.front() != '[') return field.find(':');
    const std::size_t bracket = field.find(']');
    return bracket == std::string_view::npos ? bracket : field.find(':', bracket);
}

std::optional<Address> parseHost(std::string_view host) {
    if (host.size() < 2 || host.front() != '[' || host.back() != ']') return parseV4(host);
    host = host.substr(1, host.size() - 2);
    // An IPv4 address in brackets is nobody's form.
    return host.find(':') == std::string_view::npos ? std::nullopt : Address::parse(host);
}

}  // namespace

std::string_view withoutBlanks(std::string_view text) {
    return trimmed(text, kBlanks);
}

std::optional<std::uint16_t> parseClassicPort(std::string_view field) {
    field = trimmed(field, kPadding);
    if (!field.empty() && field.front() == '+') field.remove_prefix(1);
    const auto value = number(field, 10);
    if (!value || *value > 65535) return {};
    return static_cast<std::uint16_t>(*value);
}

std::optional<Endpoint> parseClassicEndpoint(std::string_view field) {
    if (const auto simple = parseSimple(field)) return simple;
    field = trimmed(field, kPadding);
    const std::size_t colon = endOfHost(field);
    if (colon == std::string_view::npos) return {};
    const std::string_view behind = field.substr(colon + 1);
    const auto address = parseHost(trimmed(field.substr(0, colon), kPadding));
    const auto port = parseClassicPort(behind.substr(0, behind.find(':')));
    if (!address || !port) return {};
    return Endpoint{*address, *port};
}

}  // namespace im::wire
