// SPDX-License-Identifier: BSL-1.0
#include "libim/app/escape.hpp"

#include "libim/base/utf8.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/app/unescape.hpp"

using namespace im;
using namespace im::app;
using im::app::test::unescaped;

namespace {

std::string utf8(char32_t value) {
    std::string text;
    appendUtf8(text, value);
    return text;
}

std::string octal(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += "\\0";
        out += static_cast<char>('0' + byte / 64);
        out += static_cast<char>('0' + byte / 8 % 8);
        out += static_cast<char>('0' + byte % 8);
    }
    return out;
}

std::string json(std::string_view text) {
    std::string out;
    appendJsonString(out, text);
    return out;
}

/// Every scalar value of Unicode that has an escape of its own by imevents(5), spelt out apart
/// from the code under test.
bool isToBeEscaped(char32_t c) {
    return c < 0x20 || c == '\\' || (c >= 0x7F && c <= 0x9F) || c == 0x61C || c == 0x200E ||
           c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
           c == 0x2028 || c == 0x2029;
}

template <typename Check>
void forEachCodePoint(Check check) {
    for (char32_t c = 0; c <= 0x10FFFF; ++c)
        if (c < 0xD800 || c > 0xDFFF) check(c);
}

}  // namespace

TEST_CASE("clean text stays as it is") {
    for (const char* text :
         {"", "a", "lunch? at noon", "天涯 \U0001F600", "\"quoted\" 'too' $(x)", "0033", "a  b "})
        CHECK(escaped(text) == text);
}

TEST_CASE("backslash, LF, TAB and CR have short escapes") {
    CHECK(escaped("a\\b") == "a\\\\b");
    CHECK(escaped("a\nb") == "a\\nb");
    CHECK(escaped("a\tb") == "a\\tb");
    CHECK(escaped("a\rb") == "a\\rb");
    CHECK(escaped("\\n") == "\\\\n");
    CHECK(escaped("lunch?\nat noon") == "lunch?\\nat noon");
}

TEST_CASE("other control characters are octal, byte by byte") {
    CHECK(escaped("\x1B]0;pwned\x07hi") == "\\0033]0;pwned\\0007hi");
    CHECK(escaped(std::string(1, '\0')) == "\\0000");
    CHECK(escaped("\x7F") == "\\0177");
    CHECK(escaped("\xC2\x85") == "\\0302\\0205");
    CHECK(escaped("\xC2\x9B") == "\\0302\\0233");
}

TEST_CASE("Bidi_Control characters and line separators are octal") {
    CHECK(escaped("\xE2\x80\xAE") == "\\0342\\0200\\0256");
    CHECK(escaped("\xE2\x80\xA8") == "\\0342\\0200\\0250");
    CHECK(escaped("\xE2\x80\xA9") == "\\0342\\0200\\0251");
    CHECK(escaped("\xD8\x9C") == "\\0330\\0234");
}

TEST_CASE("a byte that is not valid UTF-8 is octal and its neighbours are not") {
    CHECK(escaped("a\xFF"
                  "b") == "a\\0377b");
    CHECK(escaped("\xC3") == "\\0303");
    CHECK(escaped("\xED\xA0\x80") == "\\0355\\0240\\0200");  // a surrogate
    CHECK(escaped("\xC0\x80") == "\\0300\\0200");            // overlong
    CHECK(escaped("\xF4\x90\x80\x80") == "\\0364\\0220\\0200\\0200");
    CHECK(escaped("\xE5\xA4\xA9\xE5\xA4") == "天\\0345\\0244");
}

TEST_CASE("every character is escaped that must be, and no other") {
    forEachCodePoint([](char32_t c) {
        const std::string text = utf8(c);
        std::string expected = isToBeEscaped(c) ? octal(text) : text;
        if (c == '\\') expected = "\\\\";
        if (c == '\n') expected = "\\n";
        if (c == '\t') expected = "\\t";
        if (c == '\r') expected = "\\r";
        if (escaped(text) != expected) FAIL("U+" << static_cast<unsigned>(c));
    });
}

TEST_CASE("printf %b gives every text back") {
    for (int a = 0; a < 256; ++a)
        for (int b = 0; b < 256; ++b) {
            const std::string text{static_cast<char>(a), static_cast<char>(b), '7'};
            if (unescaped(escaped(text)) != text) FAIL(a << " " << b);
        }
    forEachCodePoint([](char32_t c) {
        const std::string text = "0" + utf8(c) + "0";
        if (unescaped(escaped(text)) != text) FAIL("U+" << static_cast<unsigned>(c));
    });
}

TEST_CASE("escaping appends") {
    std::string out = "a";
    appendEscaped(out, "b\nc");
    CHECK(out == "ab\\nc");
}

TEST_CASE("a message for people keeps its backslash single") {
    CHECK(printable("has one of , ; : / @ \\") == "has one of , ; : / @ \\");
    CHECK(printable("a\x1B[31mb\nc\xFF") == "a\\0033[31mb\\nc\\0377");
}

TEST_CASE("JSON strings escape quote, backslash and what no terminal should see") {
    CHECK(json("") == "\"\"");
    CHECK(json("a\"b\\c/d") == "\"a\\\"b\\\\c/d\"");
    CHECK(json("a\nb\tc\rd") == "\"a\\nb\\tc\\rd\"");
    CHECK(json(std::string_view("\0\x1B\x7F", 3)) == "\"\\u0000\\u001b\\u007f\"");
    CHECK(json("\xC2\x85\xE2\x80\xAE\xE2\x80\xA8") == "\"\\u0085\\u202e\\u2028\"");
    CHECK(json("天涯\U0001F600") == "\"天涯\U0001F600\"");
    CHECK(json("a\xFF"
               "b") ==
          "\"a\xEF\xBF\xBD"
          "b\"");
}

TEST_CASE("a JSON string is one line of valid UTF-8, whatever the text") {
    forEachCodePoint([](char32_t c) {
        const std::string text = json(utf8(c));
        bool clean = isValidUtf8(text);
        for (const char byte : text) clean = clean && (byte >= 0x20 || byte < 0) && byte != 0x7F;
        if (!clean) FAIL("U+" << static_cast<unsigned>(c));
    });
}
