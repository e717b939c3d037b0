// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/utf16.hpp"

#include "libim/base/utf8.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>

namespace im::wire {

namespace {

constexpr std::size_t kUnitBytes = 2;

/// In memory order, whatever the machine's: what four ASCII code units, or eight ASCII bytes,
/// have none of.  Most text is mostly ASCII, so it goes in steps of eight bytes.
using Eight = std::array<std::uint8_t, 8>;
constexpr auto kNotAsciiUnits =
    std::bit_cast<std::uint64_t>(Eight{0x80, 0xFF, 0x80, 0xFF, 0x80, 0xFF, 0x80, 0xFF});
constexpr auto kNotAsciiBytes =
    std::bit_cast<std::uint64_t>(Eight{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80});

/// How many bytes at the start of `data` are free of `mask`, counted in steps of eight.
std::size_t runWithout(std::uint64_t mask, const void* data, std::size_t size) {
    const auto* from = static_cast<const unsigned char*>(data);
    std::size_t run = 0;
    std::uint64_t eight = 0;
    for (; run + sizeof eight <= size; run += sizeof eight) {
        std::memcpy(&eight, from + run, sizeof eight);
        if ((eight & mask) != 0) break;
    }
    return run;
}

char32_t unitAt(BytesView bytes, std::size_t offset) {
    return std::to_integer<char32_t>(bytes[offset]) | std::to_integer<char32_t>(bytes[offset + 1])
                                                          << 8U;
}

bool isHighSurrogate(char32_t unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}
bool isLowSurrogate(char32_t unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/// The code point at the start of `bytes`, and the bytes it took.  REQUIRES: !bytes.empty().
CodePoint decodeUtf16le(BytesView bytes) {
    if (bytes.size() < kUnitBytes) return {kReplacement, bytes.size(), true};
    const char32_t unit = unitAt(bytes, 0);
    if (!isHighSurrogate(unit) && !isLowSurrogate(unit)) return {unit, kUnitBytes, true};
    if (isHighSurrogate(unit) && bytes.size() >= 2 * kUnitBytes) {
        const char32_t next = unitAt(bytes, kUnitBytes);
        if (isLowSurrogate(next))
            return {0x10000 + ((unit - 0xD800) << 10U) + (next - 0xDC00), 2 * kUnitBytes, true};
    }
    return {kReplacement, kUnitBytes, true};
}

/// Writes one code unit at `offset` and returns the offset behind it.
std::size_t putUnit(Bytes& out, std::size_t offset, char32_t unit) {
    out[offset] = static_cast<std::byte>(unit & 0xFFU);
    out[offset + 1] = static_cast<std::byte>(unit >> 8U);
    return offset + kUnitBytes;
}

std::size_t putUtf16le(Bytes& out, std::size_t offset, char32_t value) {
    if (value < 0x10000) return putUnit(out, offset, value);
    const char32_t above = value - 0x10000;
    offset = putUnit(out, offset, 0xD800 + (above >> 10U));
    return putUnit(out, offset, 0xDC00 + (above & 0x3FFU));
}

}  // namespace

std::string utf8FromUtf16le(BytesView bytes) {
    std::string out;
    out.reserve(bytes.size() / kUnitBytes + 1);
    while (!bytes.empty()) {
        const std::size_t run = runWithout(kNotAsciiUnits, bytes.data(), bytes.size());
        const std::size_t at = out.size();
        out.resize(at + run / kUnitBytes);
        for (std::size_t i = 0; i < run / kUnitBytes; ++i)
            out[at + i] = std::to_integer<char>(bytes[i * kUnitBytes]);
        bytes = bytes.subspan(run);
        // At least one code point, so that the loop ends; and four to look for a run again.
        for (std::size_t i = 0; i < sizeof(Eight) / kUnitBytes && !bytes.empty(); ++i) {
            const CodePoint point = decodeUtf16le(bytes);
            appendUtf8(out, point.value);
            bytes = bytes.subspan(point.length);
        }
    }
    return out;
}

void appendUtf16le(Bytes& out, std::string_view text) {
    // No byte of UTF-8 makes more than one code unit.
    std::size_t offset = out.size();
    out.resize(offset + text.size() * kUnitBytes);
    while (!text.empty()) {
        const std::size_t run = runWithout(kNotAsciiBytes, text.data(), text.size());
        for (std::size_t i = 0; i < run; ++i)
            out[offset + i * kUnitBytes] = static_cast<std::byte>(text[i]);
        for (std::size_t i = 0; i < run; ++i) out[offset + i * kUnitBytes + 1] = std::byte{0};
        offset += run * kUnitBytes;
        text.remove_prefix(run);
        for (std::size_t i = 0; i < sizeof(Eight) && !text.empty(); ++i) {
            const CodePoint point = decodeUtf8(text);
            offset = putUtf16le(out, offset, point.valid ? point.value : kReplacement);
            text.remove_prefix(point.length);
        }
    }
    out.resize(offset);
}

std::size_t utf16Units(std::string_view text) {
    assert(isValidUtf8(text));
    // Each code point has one leading byte; those of four bytes take a surrogate pair.
    return static_cast<std::size_t>(std::count_if(
               text.begin(), text.end(),
               [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; })) +
           static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) >= 0xF0U;
           }));
}

}  // namespace im::wire
