// SPDX-License-Identifier: BSL-1.0
#include "libim/base/name.hpp"

#include "libim/base/utf8.hpp"
#include "tests/support/catch.hpp"

#include <set>
#include <string>

using namespace im;

namespace {

bool isName(std::string_view text) {
    return Name::parse(text).has_value();
}

std::string_view whyNot(std::string_view text) {
    const auto name = Name::parse(text);
    REQUIRE_FALSE(name);
    return name.error();
}

std::string with(char32_t value) {
    std::string text = "a";
    appendUtf8(text, value);
    return text + "b";
}

std::string complaint(std::string_view text) {
    try {
        (void)Name::orThrow(text, ErrorKind::Usage);
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::Usage);
        return error.what();
    }
    return "no complaint";
}

}  // namespace

TEST_CASE("a name is any text of letters, digits and marks") {
    for (const auto* text : {"a", "alice", "天涯", "q\U0001F600", "O'Brien", "a.b_c-d", "a b c",
                             "0", "#caps", "ünï", "a+b=c"})
        CHECK(isName(text));
    CHECK(Name::parse("天涯")->str() == "天涯");
    CHECK(Name::parse("天涯")->view() == "天涯");
}

TEST_CASE("a name has 1 to 32 bytes, not characters") {
    CHECK(whyNot("") == "empty");
    CHECK(isName(std::string(32, 'x')));
    CHECK(whyNot(std::string(33, 'x')) == "longer than 32 bytes");
    std::string cjk;
    for (int i = 0; i < 10; ++i) cjk += "天";
    CHECK(isName(cjk + "xy"));
    CHECK(whyNot(cjk + "天") == "longer than 32 bytes");
}

TEST_CASE("a name is valid UTF-8 to its last byte") {
    for (const auto* text : {"a\xFF", "\x80", "a\xE5\xA4", "\xC0\xAF", "\xED\xA0\x80", "a\xF5\x80"})
        CHECK(whyNot(text) == "not valid UTF-8");
}

TEST_CASE("a name has no control character") {
    for (char32_t value = 0; value < 0x20; ++value)
        CHECK(whyNot(with(value)) == "has a control character");
    for (char32_t value = 0x7F; value <= 0x9F; ++value)
        CHECK(whyNot(with(value)) == "has a control character");
}

TEST_CASE("a name has no white space but single blanks inside") {
    CHECK(isName("a b"));
    CHECK(isName("a b c"));
    CHECK(whyNot("a  b") == "has two blanks in a row");
    CHECK(whyNot(" a") == "starts or ends with a blank");
    CHECK(whyNot("a ") == "starts or ends with a blank");
    CHECK(whyNot(" ") == "starts or ends with a blank");
    for (const char32_t value :
         {0xA0U, 0x1680U, 0x2000U, 0x2005U, 0x200AU, 0x2028U, 0x2029U, 0x202FU, 0x205FU, 0x3000U})
        CHECK(whyNot(with(value)) == "has white space other than a blank");
}

TEST_CASE("a name has none of the characters that separate") {
    for (const char c : std::string_view(",;:/@\\"))
        for (const std::string& text :
             {std::string(1, c), "a" + std::string(1, c), with(static_cast<unsigned char>(c))})
            CHECK(whyNot(text) == "has one of , ; : / @ \\");
    CHECK(isName("a，b；c"));  // full-width ones separate nothing
}

TEST_CASE("a name has no Bidi_Control character") {
    for (const char32_t value : {0x061CU, 0x200EU, 0x200FU, 0x202AU, 0x202BU, 0x202CU, 0x202DU,
                                 0x202EU, 0x2066U, 0x2067U, 0x2068U, 0x2069U})
        CHECK(whyNot(with(value)) == "has a Bidi_Control character");
}

TEST_CASE("a name does not start with a hyphen") {
    CHECK(whyNot("-") == "starts with -");
    CHECK(whyNot("-q") == "starts with -");
    CHECK(isName("a-"));
}

TEST_CASE("end in any case is no name") {
    for (const auto* text : {"end", "END", "End", "eNd", "enD"})
        CHECK(whyNot(text) == "'end' is not allowed");
    for (const auto* text : {"en", "ends", "endx", "bend", "end1", "ｅｎｄ"}) CHECK(isName(text));
}

TEST_CASE("of one-character names the rule refuses just these") {
    std::set<char32_t> refused;
    for (char32_t value = 0; value <= 0x10FFFF; ++value) {
        if (value >= 0xD800 && value <= 0xDFFF) continue;
        std::string text;
        appendUtf8(text, value);
        if (!isName(text)) refused.insert(value);
    }
    std::set<char32_t> expected{0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000,
                                0xA0,   0x061C, 0x200E, 0x200F, ',',    ';',
                                ':',    '/',    '@',    '\\',   '-'};
    for (char32_t value = 0; value <= 0x20; ++value) expected.insert(value);
    for (char32_t value = 0x7F; value <= 0x9F; ++value) expected.insert(value);
    for (char32_t value = 0x2000; value <= 0x200A; ++value) expected.insert(value);
    for (char32_t value = 0x202A; value <= 0x202E; ++value) expected.insert(value);
    for (char32_t value = 0x2066; value <= 0x2069; ++value) expected.insert(value);
    CHECK(refused == expected);
}

TEST_CASE("names are compared byte by byte") {
    const auto name = [](const char* text) { return *Name::parse(text); };
    CHECK(name("alice") == name("alice"));
    CHECK_FALSE(name("alice") == name("Alice"));
    CHECK_FALSE(name("\u00e9") == name("e\u0301"));
    CHECK(name("Z") < name("a"));
    CHECK(name("z") < name("天"));
}

TEST_CASE("Name::orThrow gives the name or says what is wrong with it") {
    CHECK(Name::orThrow("alice", ErrorKind::Usage).str() == "alice");
    CHECK(complaint("a:b") == "'a:b': not a user name: has one of , ; : / @ \\");
    CHECK(complaint("") == "'': not a user name: empty");
}

TEST_CASE("Name::orThrow shows readable text as it is and escapes what could drive a terminal") {
    CHECK(complaint("天涯;") == "'天涯;': not a user name: has one of , ; : / @ \\");
    CHECK(complaint("a\033[2Jb") == "'a\\0033[2Jb': not a user name: has a control character");
    CHECK(complaint("\u202E") ==
          "'\\0342\\0200\\0256': not a user name: has a Bidi_Control character");
    CHECK(complaint("\u2028") ==
          "'\\0342\\0200\\0250': not a user name: has white space other than a blank");
    CHECK(complaint("\u009B") == "'\\0302\\0233': not a user name: has a control character");
    CHECK(complaint("a\xFF") == "'a\\0377': not a user name: not valid UTF-8");
}

TEST_CASE("Name::orThrow shows no more than the beginning of a long text") {
    CHECK(complaint(std::string(100'000, 'x')) ==
          "'" + std::string(64, 'x') + "...': not a user name: longer than 32 bytes");
    std::string cjk(63, 'x');
    CHECK(complaint(cjk + "天涯") ==
          "'" + std::string(63, 'x') + "...': not a user name: longer than 32 bytes");
}
