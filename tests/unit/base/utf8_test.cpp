// SPDX-License-Identifier: BSL-1.0
#include "libim/base/utf8.hpp"

#include "tests/support/catch.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

using namespace im;

namespace {

struct Range {
    unsigned from;
    unsigned to;
};

/// Table 3-7 of the Unicode standard, "Well-Formed UTF-8 Byte Sequences", row by row.
const std::vector<std::vector<Range>> kTable37{
    {{0x00, 0x7F}},
    {{0xC2, 0xDF}, {0x80, 0xBF}},
    {{0xE0, 0xE0}, {0xA0, 0xBF}, {0x80, 0xBF}},
    {{0xE1, 0xEC}, {0x80, 0xBF}, {0x80, 0xBF}},
    {{0xED, 0xED}, {0x80, 0x9F}, {0x80, 0xBF}},
    {{0xEE, 0xEF}, {0x80, 0xBF}, {0x80, 0xBF}},
    {{0xF0, 0xF0}, {0x90, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}},
    {{0xF1, 0xF3}, {0x80, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}},
    {{0xF4, 0xF4}, {0x80, 0x8F}, {0x80, 0xBF}, {0x80, 0xBF}},
};

/// Length of the well-formed sequence at the start of `text` by the table, 0 when there is none.
std::size_t lengthByTable(std::string_view text) {
    for (const auto& row : kTable37) {
        bool fits = text.size() >= row.size();
        for (std::size_t i = 0; fits && i < row.size(); ++i) {
            const auto byte = static_cast<unsigned char>(text[i]);
            fits = byte >= row[i].from && byte <= row[i].to;
        }
        if (fits) return row.size();
    }
    return 0;
}

bool validByTable(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = lengthByTable(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

/// Whether decodeUtf8 and isValidUtf8 agree with the table about `text`.
bool agrees(std::string_view text) {
    const CodePoint point = decodeUtf8(text);
    const std::size_t length = lengthByTable(text);
    const bool step =
        length == 0 ? !point.valid && point.length == 1 : point.valid && point.length == length;
    return step && isValidUtf8(text) == validByTable(text);
}

std::string encoded(char32_t value) {
    std::string text;
    appendUtf8(text, value);
    return text;
}

}  // namespace

TEST_CASE("decodeUtf8 and isValidUtf8 follow table 3-7 for all texts of up to three bytes") {
    std::array<char, 3> bytes{};
    for (unsigned all = 0; all < 1U << 24U; ++all) {
        bytes[0] = static_cast<char>(static_cast<std::uint8_t>(all >> 16U));
        bytes[1] = static_cast<char>(static_cast<std::uint8_t>(all >> 8U));
        bytes[2] = static_cast<char>(static_cast<std::uint8_t>(all));
        const std::string_view text(bytes.data(), 3);
        if (!agrees(text)) FAIL("bytes " << std::hex << all);
        if (bytes[2] == 0 && !agrees(text.substr(0, 2))) FAIL("two bytes " << std::hex << all);
        if (bytes[2] == 0 && bytes[1] == 0 && !agrees(text.substr(0, 1)))
            FAIL("one byte " << std::hex << all);
    }
}

TEST_CASE("decodeUtf8 and isValidUtf8 follow table 3-7 at the edges of four bytes") {
    constexpr std::array<unsigned, 14> kEdges{0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F,
                                              0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xF4, 0xFF};
    std::array<char, 4> bytes{};
    for (unsigned first = 0xE0; first <= 0xFF; ++first)
        for (const unsigned second : kEdges)
            for (const unsigned third : kEdges)
                for (const unsigned fourth : kEdges) {
                    bytes = {static_cast<char>(first), static_cast<char>(second),
                             static_cast<char>(third), static_cast<char>(fourth)};
                    if (!agrees({bytes.data(), 4}))
                        FAIL(std::hex << first << ' ' << second << ' ' << third << ' ' << fourth);
                }
}

TEST_CASE("every scalar value is written so that it is read as itself") {
    for (char32_t value = 0; value <= 0x10FFFF; ++value) {
        if (value >= 0xD800 && value <= 0xDFFF) continue;
        const std::string text = encoded(value);
        const CodePoint point = decodeUtf8(text);
        if (!point.valid || point.value != value || point.length != text.size() ||
            lengthByTable(text) != text.size())
            FAIL("value " << static_cast<unsigned>(value));
    }
}

TEST_CASE("the length of UTF-8 grows at 80, 800 and 10000") {
    CHECK(encoded(0x7F).size() == 1);
    CHECK(encoded(0x80).size() == 2);
    CHECK(encoded(0x7FF).size() == 2);
    CHECK(encoded(0x800).size() == 3);
    CHECK(encoded(0xFFFF).size() == 3);
    CHECK(encoded(0x10000).size() == 4);
    CHECK(encoded(0x10FFFF) == "\xF4\x8F\xBF\xBF");
    CHECK(encoded(kReplacement) == "\xEF\xBF\xBD");
}

TEST_CASE("appendUtf8 keeps what is there") {
    std::string text = "天";
    appendUtf8(text, U'涯');
    CHECK(text == "天涯");
}

TEST_CASE("isValidUtf8 finds one bad byte at every place of a long text") {
    for (const std::string& good : {std::string(40, 'x'), std::string("天涯天涯天涯天涯天涯abc")}) {
        CHECK(isValidUtf8(good));
        for (std::size_t i = 0; i < good.size(); ++i) {
            std::string bad = good;
            bad[i] = '\xFF';
            CHECK_FALSE(isValidUtf8(bad));
            CHECK(isValidUtf8(good.substr(0, i)) == validByTable(good.substr(0, i)));
        }
    }
}

TEST_CASE("no text is valid UTF-8") {
    CHECK(isValidUtf8(""));
}

TEST_CASE("isControl, isBidiControl and isWhiteSpace know Unicode's lists and no more") {
    std::vector<char32_t> controls;
    std::vector<char32_t> bidi;
    std::vector<char32_t> white;
    for (char32_t value = 0; value <= 0x10FFFF; ++value) {
        if (isControl(value)) controls.push_back(value);
        if (isBidiControl(value)) bidi.push_back(value);
        if (isWhiteSpace(value)) white.push_back(value);
    }
    CHECK(controls.size() == 65);
    CHECK(controls.front() == 0);
    CHECK(controls[31] == 0x1F);
    CHECK(controls[32] == 0x7F);
    CHECK(controls.back() == 0x9F);
    CHECK(bidi == std::vector<char32_t>{0x061C, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D,
                                        0x202E, 0x2066, 0x2067, 0x2068, 0x2069});
    CHECK(white == std::vector<char32_t>{0x09,   0x0A,   0x0B,   0x0C,   0x0D,   0x20,   0x85,
                                         0xA0,   0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004,
                                         0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200A, 0x2028,
                                         0x2029, 0x202F, 0x205F, 0x3000});
}
