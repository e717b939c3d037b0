// SPDX-License-Identifier: BSL-1.0
#include "libim/base/utf8.hpp"

#include <cassert>
#include <cstdint>
#include <cstring>

namespace im {

namespace {

std::uint8_t byteAt(std::string_view text, std::size_t i) {
    return static_cast<std::uint8_t>(text[i]);
}

bool isContinuation(std::string_view text, std::size_t i) {
    return i < text.size() && (byteAt(text, i) & 0xC0U) == 0x80U;
}

}  // namespace

CodePoint decodeUtf8(std::string_view text) {
    assert(!text.empty());
    constexpr CodePoint kBroken{0, 1, false};
    const std::uint8_t first = byteAt(text, 0);
    if (first < 0x80) return {first, 1, true};
    if (first < 0xC2 || first > 0xF4) return kBroken;
    if (!isContinuation(text, 1)) return kBroken;

    const std::uint8_t second = byteAt(text, 1);
    if (first < 0xE0) return {(first & 0x1FU) << 6U | (second & 0x3FU), 2, true};
    if (!isContinuation(text, 2)) return kBroken;

    const std::uint8_t third = byteAt(text, 2);
    if (first < 0xF0) {
        const char32_t value = (first & 0x0FU) << 12U | (second & 0x3FU) << 6U | (third & 0x3FU);
        const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
        if (value < 0x800 || surrogate) return kBroken;
        return {value, 3, true};
    }
    if (!isContinuation(text, 3)) return kBroken;
    const char32_t value = (first & 0x07U) << 18U | (second & 0x3FU) << 12U |
                           (third & 0x3FU) << 6U | (byteAt(text, 3) & 0x3FU);
    if (value < 0x10000 || value > 0x10FFFF) return kBroken;
    return {value, 4, true};
}

void appendUtf8(std::string& out, char32_t value) {
    assert(value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF));
    const auto push = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (value < 0x80) {
        push(value);
    } else if (value < 0x800) {
        push(0xC0U | value >> 6U);
        push(0x80U | (value & 0x3FU));
    } else if (value < 0x10000) {
        push(0xE0U | value >> 12U);
        push(0x80U | (value >> 6U & 0x3FU));
        push(0x80U | (value & 0x3FU));
    } else {
        push(0xF0U | value >> 18U);
        push(0x80U | (value >> 12U & 0x3FU));
        push(0x80U | (value >> 6U & 0x3FU));
        push(0x80U | (value & 0x3FU));
    }
}

bool isValidUtf8(std::string_view text) {
    while (!text.empty()) {
        // Eight ASCII bytes at a time: most text is mostly that.
        std::uint64_t eight = 0;
        while (text.size() >= sizeof eight) {
            std::memcpy(&eight, text.data(), sizeof eight);
            if ((eight & 0x8080808080808080U) != 0) break;
            text.remove_prefix(sizeof eight);
        }
        while (!text.empty() && byteAt(text, 0) < 0x80) text.remove_prefix(1);
        if (text.empty()) break;
        const CodePoint point = decodeUtf8(text);
        if (!point.valid) return false;
        text.remove_prefix(point.length);
    }
    return true;
}

bool isControl(char32_t value) {
    return value < 0x20 || (value >= 0x7F && value <= 0x9F);
}

bool isBidiControl(char32_t value) {
    return value == 0x061C || value == 0x200E || value == 0x200F ||
           (value >= 0x202A && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069);
}

bool isWhiteSpace(char32_t value) {
    return (value >= 0x09 && value <= 0x0D) || value == 0x20 || value == 0x85 || value == 0xA0 ||
           value == 0x1680 || (value >= 0x2000 && value <= 0x200A) || value == 0x2028 ||
           value == 0x2029 || value == 0x202F || value == 0x205F || value == 0x3000;
}

}  // namespace im
