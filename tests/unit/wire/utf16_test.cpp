// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/utf16.hpp"

#include "libim/base/utf8.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/wire/support.hpp"

#include <random>

using namespace im;
using namespace im::wire;
using im::test::utf16le;

namespace {

constexpr std::string_view kReplaced = "\xEF\xBF\xBD";

std::string utf8(std::u16string_view text) {
    return utf8FromUtf16le(utf16le(text));
}

Bytes utf16(std::string_view text) {
    Bytes out;
    appendUtf16le(out, text);
    return out;
}

/// UTF-8 of one scalar value by division, apart from the code under test.
std::string expectedUtf8(unsigned value) {
    const auto tail = [](unsigned v, unsigned power) {
        return static_cast<char>(128 + v / power % 64);
    };
    if (value < 128) return {static_cast<char>(value)};
    if (value < 2048) return {static_cast<char>(192 + value / 64), tail(value, 1)};
    if (value < 65536)
        return {static_cast<char>(224 + value / 4096), tail(value, 64), tail(value, 1)};
    return {static_cast<char>(240 + value / 262144), tail(value, 4096), tail(value, 64),
            tail(value, 1)};
}

}  // namespace

TEST_CASE("each UTF-16 code unit alone becomes its code point or U+FFFD") {
    for (unsigned unit = 0; unit <= 0xFFFF; ++unit) {
        const char16_t text[] = {static_cast<char16_t>(unit)};
        const bool surrogate = unit >= 0xD800 && unit <= 0xDFFF;
        const std::string expected = surrogate ? std::string(kReplaced) : expectedUtf8(unit);
        if (utf8({text, 1}) != expected) FAIL("unit " << unit);
    }
}

TEST_CASE("each surrogate pair becomes its code point and comes back") {
    for (unsigned value = 0x10000; value <= 0x10FFFF; ++value) {
        const char16_t text[] = {static_cast<char16_t>(0xD800 + (value - 0x10000) / 1024),
                                 static_cast<char16_t>(0xDC00 + (value - 0x10000) % 1024)};
        const Bytes bytes = utf16le({text, 2});
        const std::string expected = expectedUtf8(value);
        if (utf8FromUtf16le(bytes) != expected) FAIL("value " << value);
        if (utf16(expected) != bytes) FAIL("value " << value);
    }
}

TEST_CASE("each code point of the basic plane comes back as its code unit") {
    for (unsigned value = 0; value <= 0xFFFF; ++value) {
        if (value >= 0xD800 && value <= 0xDFFF) continue;
        const char16_t text[] = {static_cast<char16_t>(value)};
        if (utf16(expectedUtf8(value)) != utf16le({text, 1})) FAIL("value " << value);
    }
}

TEST_CASE("surrogates in the wrong order or company become U+FFFD each") {
    const std::string r(kReplaced);
    CHECK(utf8(u"\xDE00\xD83D") == r + r);
    CHECK(utf8(u"\xD83D\xD83D\xDE00") == r + "\U0001F600");
    CHECK(utf8(u"\xD83D\xDE00\xDE00") == "\U0001F600" + r);
    CHECK(utf8(u"a\xD83D"
               u"b") == "a" + r + "b");
    CHECK(utf8(u"abcdefgh\xD83D") == "abcdefgh" + r);
}

TEST_CASE("an odd last byte becomes one U+FFFD wherever it is") {
    const std::u16string text = u"abcdefghijklmnop\u5f20\U0001F600xyz";
    const Bytes bytes = utf16le(text);
    for (std::size_t size = 1; size < bytes.size(); size += 2) {
        const std::string whole = utf8FromUtf16le(BytesView(bytes).first(size - 1));
        CHECK(utf8FromUtf16le(BytesView(bytes).first(size)) == whole + std::string(kReplaced));
    }
}

TEST_CASE("a BOM is a character like another to the converters") {
    CHECK(utf8(u"\uFEFFx") == "\xEF\xBB\xBFx");
    CHECK(utf16("\xEF\xBB\xBFx") == utf16le(u"\uFEFFx"));
}

TEST_CASE("appendUtf16le keeps what is there") {
    Bytes out = utf16le(u"ab");
    appendUtf16le(out, "c\u5f20");
    appendUtf16le(out, "");
    CHECK(out == utf16le(u"abc\u5f20"));
}

TEST_CASE("each ill-formed byte of UTF-8 becomes one U+FFFD in UTF-16") {
    CHECK(utf16("a\xFF") == utf16le(u"a\uFFFD"));
    CHECK(utf16("\xE5\xBC") == utf16le(u"\uFFFD\uFFFD"));
    CHECK(utf16("\xED\xA0\x80") == utf16le(u"\uFFFD\uFFFD\uFFFD"));
    CHECK(utf16("\xC0\xAFx") == utf16le(u"\uFFFD\uFFFDx"));
    CHECK(utf16("12345678\x80") == utf16le(u"12345678\uFFFD"));
}

TEST_CASE("random bytes always become valid UTF-8, with one character for each lone surrogate") {
    std::mt19937 random(3);
    for (int round = 0; round < 20'000; ++round) {
        Bytes bytes(random() % 48);
        for (auto& byte : bytes)
            byte = static_cast<std::byte>(random() % 2 == 0 ? 0xD8 + random() % 8 : random());
        REQUIRE(isValidUtf8(utf8FromUtf16le(bytes)));
    }
}

TEST_CASE("valid text of any mixture survives the way there and back") {
    std::mt19937 random(4);
    for (int round = 0; round < 5'000; ++round) {
        std::string text;
        for (auto left = random() % 60; left > 0; --left) {
            constexpr std::array<unsigned, 4> kLimits{0x80, 0x800, 0xD800, 0x110000};
            unsigned value = static_cast<unsigned>(random()) % kLimits[random() % kLimits.size()];
            if (value >= 0xD800 && value <= 0xDFFF) value = 'x';
            text += expectedUtf8(value);
        }
        const Bytes there = utf16(text);
        REQUIRE(utf8FromUtf16le(there) == text);
        REQUIRE(utf16Units(text) == there.size() / 2);
    }
}

TEST_CASE("utf16Units counts a character outside the basic plane twice") {
    CHECK(utf16Units("") == 0);
    CHECK(utf16Units("abc") == 3);
    CHECK(utf16Units("\u00e9\u5f20") == 2);
    CHECK(utf16Units("\U0001F600x") == 3);
    CHECK(utf16Units("\U0010FFFF") == 2);
}
