// SPDX-License-Identifier: BSL-1.0
#include "libim/base/name.hpp"

#include "libim/base/utf8.hpp"

#include <array>
#include <cctype>
#include <cstdio>

namespace im {

namespace {

bool isEnd(std::string_view text) {
    constexpr std::string_view kEnd = "end";
    if (text.size() != kEnd.size()) return false;
    for (std::size_t i = 0; i < kEnd.size(); ++i)
        if (std::tolower(static_cast<unsigned char>(text[i])) != kEnd[i]) return false;
    return true;
}

/// What is wrong with one code point inside a name, or nothing.
std::string_view objection(char32_t value) {
    if (isControl(value)) return "has a control character";
    if (value < 0x80 &&
        std::string_view(",;:/@\\").find(static_cast<char>(value)) != std::string_view::npos)
        return "has one of , ; : / @ \\";
    if (isBidiControl(value)) return "has a Bidi_Control character";
    if (value != U' ' && isWhiteSpace(value)) return "has white space other than a blank";
    return {};
}

void appendEscaped(std::string& out, std::string_view bytes) {
    for (const char c : bytes) {
        std::array<char, 8> escape{};
        std::snprintf(escape.data(), escape.size(), "\\0%03o",
                      static_cast<unsigned>(static_cast<unsigned char>(c)));
        out += escape.data();
    }
}

bool isHarmless(char32_t value) {
    return value == U' ' || (!isControl(value) && !isBidiControl(value) && !isWhiteSpace(value));
}

/// The beginning of `text`, with an octal escape for each byte of what is not readable.
std::string quoted(std::string_view text) {
    constexpr std::size_t kMostShown = 64;
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = decodeUtf8(text.substr(at));
        if (at + point.length > kMostShown) return out + "...";
        const std::string_view bytes = text.substr(at, point.length);
        if (point.valid && isHarmless(point.value))
            out += bytes;
        else
            appendEscaped(out, bytes);
        at += point.length;
    }
    return out;
}

}  // namespace

Expected<Name, std::string_view> Name::parse(std::string_view text) {
    using Refused = Unexpected<std::string_view>;
    if (text.empty()) return Refused("empty");
    if (text.size() > kMaxBytes) return Refused("longer than 32 bytes");
    if (text.front() == '-') return Refused("starts with -");
    if (text.front() == ' ' || text.back() == ' ') return Refused("starts or ends with a blank");
    if (text.find("  ") != std::string_view::npos) return Refused("has two blanks in a row");
    if (isEnd(text)) return Refused("'end' is not allowed");
    for (std::string_view rest = text; !rest.empty();) {
        const CodePoint point = decodeUtf8(rest);
        if (!point.valid) return Refused("not valid UTF-8");
        const std::string_view why = objection(point.value);
        if (!why.empty()) return Refused(why);
        rest.remove_prefix(point.length);
    }
    return Name(text);
}

Name Name::orThrow(std::string_view text, ErrorKind kind) {
    auto name = parse(text);
    if (!name)
        throw Error(kind, "'" + quoted(text) + "': not a user name: " + std::string(name.error()));
    return *name;
}

}  // namespace im
