// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/hex.hpp"

#include <algorithm>

namespace im::wire {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::string toHex(BytesView bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::byte byte : bytes) {
        text.push_back(kDigits[std::to_integer<std::size_t>(byte >> 4)]);
        text.push_back(kDigits[std::to_integer<std::size_t>(byte & std::byte{15})]);
    }
    return text;
}

std::optional<Bytes> parseHex(std::string_view text) {
    if (text.size() % 2 != 0) return {};
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const std::size_t high = kDigits.find(text[i]);
        const std::size_t low = kDigits.find(text[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return {};
        bytes.push_back(static_cast<std::byte>(high << 4U | low));
    }
    return bytes;
}

std::string toHex32(std::uint32_t value) {
    std::array<std::byte, 4> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(value >> (8 * (bytes.size() - 1 - i)));
    return toHex(bytes);
}

std::optional<std::uint32_t> parseHex32(std::string_view text) {
    const auto bytes = parseHex(text);
    if (!bytes || bytes->size() != 4) return {};
    std::uint32_t value = 0;
    for (const std::byte byte : *bytes) value = value << 8U | std::to_integer<std::uint32_t>(byte);
    return value;
}

std::optional<std::array<std::byte, 32>> parseHexKey(std::string_view text) {
    const auto bytes = parseHex(text);
    std::array<std::byte, 32> key{};
    if (!bytes || bytes->size() != key.size()) return {};
    std::ranges::copy(*bytes, key.begin());
    return key;
}

}  // namespace im::wire
