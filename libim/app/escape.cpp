// SPDX-License-Identifier: BSL-1.0
#include "libim/app/escape.hpp"

#include "libim/base/utf8.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace im::app {

namespace {

/// What no text may bring to a terminal or into the middle of a line.
bool isUnsafe(char32_t value) {
    return isControl(value) || isBidiControl(value) || value == 0x2028 || value == 0x2029;
}

/// Printable ASCII but for the two characters that escapes are written with.
bool isPlain(char c) {
    static constexpr auto kPlain = [] {
        std::array<bool, 256> plain{};
        for (std::size_t byte = 0x20; byte < 0x7F; ++byte) plain[byte] = true;
        plain['\\'] = plain['"'] = false;
        return plain;
    }();
    return kPlain[static_cast<unsigned char>(c)];
}

/// Without a branch for each: nearly all that is printed is.
bool isAllPlain(std::string_view text) {
    bool isPlainSoFar = true;
    for (const char c : text) isPlainSoFar &= isPlain(c);
    return isPlainSoFar;
}

/// Copies `text`, in runs, but for the code points that `isSpecial` picks: those, and every byte
/// that is not valid UTF-8, go to `write` one by one, with their bytes.
template <typename IsSpecial, typename Write>
void copyBut(std::string& out, std::string_view text, IsSpecial isSpecial, Write write) {
    if (isAllPlain(text)) return void(out += text);
    std::size_t run = 0;
    for (std::size_t i = 0; i < text.size();) {
        if (isPlain(text[i])) {
            ++i;
            continue;
        }
        const CodePoint point = decodeUtf8(text.substr(i));
        if (!point.valid || isSpecial(point.value)) {
            out.append(text, run, i - run);
            write(point, text.substr(i, point.length));
            run = i + point.length;
        }
        i += point.length;
    }
    out.append(text, run);
}

/// The letter of a short escape, or 0.
char shortEscape(char32_t value) {
    switch (value) {
        case U'\n':
            return 'n';
        case U'\t':
            return 't';
        case U'\r':
            return 'r';
        default:
            return 0;
    }
}

void appendOctal(std::string& out, std::string_view bytes) {
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        const std::array<char, 5> octal{'\\', '0', static_cast<char>('0' + (byte >> 6U)),
                                        static_cast<char>('0' + (byte >> 3U & 7U)),
                                        static_cast<char>('0' + (byte & 7U))};
        out.append(octal.data(), octal.size());
    }
}

void appendBackslashEscape(std::string& out, const CodePoint& point, std::string_view bytes) {
    if (point.valid && point.value == U'\\') {
        out += "\\\\";
    } else if (const char letter = point.valid ? shortEscape(point.value) : '\0'; letter != 0) {
        out += '\\';
        out += letter;
    } else {
        appendOctal(out, bytes);
    }
}

void appendJsonEscape(std::string& out, const CodePoint& point) {
    if (!point.valid) return appendUtf8(out, kReplacement);
    out += '\\';
    if (point.value == U'\\' || point.value == U'"') {
        out += static_cast<char>(point.value);
    } else if (const char letter = shortEscape(point.value); letter != 0) {
        out += letter;
    } else {
        constexpr std::string_view kHex = "0123456789abcdef";
        out += 'u';
        for (int shift = 12; shift >= 0; shift -= 4) out += kHex[point.value >> shift & 0xFU];
    }
}

}  // namespace

void appendEscaped(std::string& out, std::string_view text) {
    copyBut(
        out, text, [](char32_t value) { return value == U'\\' || isUnsafe(value); },
        [&out](const CodePoint& point, std::string_view bytes) {
            appendBackslashEscape(out, point, bytes);
        });
}

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    appendEscaped(out, text);
    return out;
}

std::string printable(std::string_view text) {
    std::string out;
    copyBut(out, text, isUnsafe, [&out](const CodePoint& point, std::string_view bytes) {
        appendBackslashEscape(out, point, bytes);
    });
    return out;
}

void appendJsonString(std::string& out, std::string_view text) {
    out += '"';
    copyBut(
        out, text,
        [](char32_t value) { return value == U'\\' || value == U'"' || isUnsafe(value); },
        [&out](const CodePoint& point, std::string_view /*bytes*/) {
            appendJsonEscape(out, point);
        });
    out += '"';
}

}  // namespace im::app
