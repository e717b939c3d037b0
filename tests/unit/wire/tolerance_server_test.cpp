// SPDX-License-Identifier: BSL-1.0
// What an index is sent, row by row: the rows S1 to S26 of doc/protocol.md.  Here stands what the
// codec and the rule of names make of it; what the index does with a message that decodes is
// held by the tests of index.
#include "libim/base/name.hpp"
#include "libim/base/utf8.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/wire/support.hpp"

#include <random>

using namespace im;
using im::test::decoded;
using im::test::utf16le;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

constexpr const char* kAlice = "login <alice> 127.7.7.2:4002";

/// Whether the rule of names lets the name of this login through.
bool nameAllowed(std::u16string_view login) {
    const auto message = wire::decodeClassic(utf16le(login));
    REQUIRE(message);
    return Name::parse(std::get<wire::Login>(*message).name).has_value();
}

}  // namespace

TEST_CASE("S1 extra fields of a login are dropped") {
    CHECK(decoded(u"login,alice,127.7.7.2:4002,v2,xyz") == kAlice);
}

TEST_CASE("S2 an extra field may hold semicolon, equals sign and bar") {
    CHECK(decoded(u"login,alice,127.7.7.2:4002,caps=a|b;k=AAAA") == kAlice);
}

TEST_CASE("S3 an extra field of 60000 bytes decodes like a short one") {
    CHECK(decoded(u"login,alice,127.7.7.2:4002," + std::u16string(30'000, u'x')) == kAlice);
}

TEST_CASE("S4 extra fields of a logout are dropped") {
    CHECK(decoded(u"logout,alice,127.7.7.2:4002,reason=bye") == "logout <alice> 127.7.7.2:4002");
}

TEST_CASE("S5 what follows a second colon is dropped") {
    CHECK(decoded(u"login,alice,127.7.7.2:4002:ext") == kAlice);
}

TEST_CASE("S6 a trailing comma is an empty extra field") {
    CHECK(decoded(u"login,alice,127.7.7.2:4002,") == kAlice);
}

TEST_CASE("S7 NUL, line break, blanks, plus and zeros around the port do not matter") {
    CHECK(decoded(u"login,alice,127.7.7.2:4002\0"sv) == kAlice);
    CHECK(decoded(u"login,alice,127.7.7.2:4002\r\n") == kAlice);
    CHECK(decoded(u"login,alice,127.7.7.2:4002 ") == kAlice);
    CHECK(decoded(u"login,alice,127.7.7.2: 4002") == kAlice);
    CHECK(decoded(u"login,alice,127.7.7.2:+4002") == kAlice);
    CHECK(decoded(u"login,alice,127.7.7.2:004002") == kAlice);
}

TEST_CASE("S8 short and octal IPv4 become the normal form") {
    CHECK(decoded(u"login,alice,127.1:4002") == "login <alice> 127.0.0.1:4002");
    CHECK(decoded(u"login,alice,0177.0.0.1:4002") == "login <alice> 127.0.0.1:4002");
}

TEST_CASE("S9 a login as printed in the article is understood") {
    CHECK(decoded(u"login, alice, 127.7.7.2:4002") == kAlice);
    CHECK(decoded(u"login,alice, 127.7.7.2:4002") == kAlice);
}

TEST_CASE("S10 blanks around a name are dropped and those inside stay") {
    CHECK(decoded(u"login, alice,127.7.7.2:4002") == kAlice);
    CHECK(decoded(u"login,alice ,127.7.7.2:4002") == kAlice);
    CHECK(decoded(u"login, al ice ,127.7.7.2:4002") == "login <al ice> 127.7.7.2:4002");
}

TEST_CASE("S11 a verb in any case, with blanks, misspelt or behind a BOM is understood") {
    for (const auto* verb : {u"Login", u"LOGIN", u"login ", u" login", u"\uFEFFlogin", u"lOgIn"})
        CHECK(decoded(std::u16string(verb) + u",alice,127.7.7.2:4002") == kAlice);
    for (const auto* verb : {u"loGout", u"LOGOUT", u"lohout", u"LoHout", u"\uFEFFlohout"})
        CHECK(decoded(std::u16string(verb) + u",alice,127.7.7.2:4002") ==
              "logout <alice> 127.7.7.2:4002");
}

TEST_CASE("S12 an unknown verb with a good third field is no message") {
    CHECK(decoded(u"probe,alice,127.7.7.2:4002") == "unknown verb");
    CHECK(decoded(u"probe,alice,127.7.7.2:4002,a,b,c,,,") == "unknown verb");
}

TEST_CASE("S13 an unknown verb with a bad third field is no message either") {
    CHECK(decoded(u"probe,alice,nowhere") == "unknown verb");
    CHECK(decoded(u"probe,,") == "unknown verb");
}

TEST_CASE("S14 fewer than three fields, nothing at all and one byte are no message") {
    CHECK(decoded(u"login") == "missing fields");
    CHECK(decoded(u"login,alice") == "missing fields");
    CHECK(decoded(u"logout,alice") == "missing fields");
    CHECK(decoded(u"alice") == "unknown verb");
    CHECK(decoded(BytesView()) == "empty");
    CHECK(decoded(asBytes("l")) == "empty");
}

TEST_CASE("S15 a talk sent to an index decodes as the talk it is") {
    CHECK(decoded(u"talk,12:00:00,alice,hi") == "talk <12:00:00> <alice> <hi>");
}

TEST_CASE("S16 a login in UTF-8 or UTF-16BE is no message") {
    CHECK(decoded(asBytes("login,alice,127.7.7.2:4002")) == "unknown verb");
    Bytes swapped = utf16le(u"login,alice,127.7.7.2:4002");
    for (std::size_t i = 0; i < swapped.size(); i += 2) std::swap(swapped[i], swapped[i + 1]);
    CHECK(decoded(swapped) == "unknown verb");
}

TEST_CASE("S17 an odd byte right after the port spoils the endpoint") {
    Bytes odd = utf16le(u"login,alice,127.7.7.2:4002");
    odd.push_back(std::byte{0x41});
    CHECK(decoded(odd) == "bad endpoint");
}

TEST_CASE("S18 an odd byte in an extra field does not matter") {
    Bytes odd = utf16le(u"login,alice,127.7.7.2:4002,ext");
    odd.push_back(std::byte{0x41});
    CHECK(decoded(odd) == kAlice);
}

TEST_CASE("S19 a lone surrogate becomes U+FFFD in a name and nothing in an extra field") {
    CHECK(decoded(u"login,a\xD83D"
                  u"b,127.7.7.2:4002") ==
          "login <a\uFFFD"
          "b> 127.7.7.2:4002");
    CHECK(
        nameAllowed(u"login,a\xD83D"
                    u"b,127.7.7.2:4002"));
    CHECK(decoded(u"login,alice,127.7.7.2:4002,\xDE00") == kAlice);
}

TEST_CASE("S20 a name with a comma leaves no endpoint in the third field") {
    CHECK(decoded(u"login,al,ice,127.7.7.2:4002") == "bad endpoint");
}

TEST_CASE("S21 full-width commas separate nothing") {
    CHECK(decoded(u"login，alice，127.7.7.2:4002") == "unknown verb");
    CHECK(decoded(u"login,alice，127.7.7.2:4002") == "missing fields");
}

TEST_CASE("S22 a name with a semicolon decodes and breaks the rule of names") {
    CHECK(decoded(u"login,a;b,127.7.7.2:4002") == "login <a;b> 127.7.7.2:4002");
    CHECK_FALSE(nameAllowed(u"login,a;b,127.7.7.2:4002"));
}

TEST_CASE(
    "S23 a name that is empty, has a line break or is too long is refused and an emoji is not") {
    CHECK(decoded(u"login,,127.7.7.2:4002") == "empty name");
    CHECK_FALSE(nameAllowed(u"login,al\nice,127.7.7.2:4002"));
    CHECK_FALSE(nameAllowed(u"login," + std::u16string(9'000, u'n') + u",127.7.7.2:4002"));
    CHECK(nameAllowed(u"login,q\U0001F600,127.7.7.2:4002"));
}

TEST_CASE("S24 what is no IPv4 with a port from 0 to 65535 is no endpoint") {
    for (const auto* where : {u"localhost:4002", u"::1:4002", u"127.7.7.2", u"127.7.7.2:", u":4002",
                              u"127.7.7.2:-1", u"127.7.7.2:65536", u""})
        CHECK(decoded(u"login,alice," + std::u16string(where)) == "bad endpoint");
    CHECK(decoded(u"login,alice,127.7.7.2 :4002") == kAlice);
    CHECK(decoded(u"login,alice,[::1]:4002") == "login <alice> [::1]:4002");
}

TEST_CASE("S25 port 0 and a broadcast address decode and are for the index to refuse") {
    CHECK(decoded(u"login,alice,127.7.7.2:0") == "login <alice> 127.7.7.2:0");
    CHECK(decoded(u"login,alice,255.255.255.255:1") == "login <alice> 255.255.255.255:1");
    CHECK(Address::parse("255.255.255.255")->isReserved());
}

TEST_CASE("S26 the unspecified address decodes and is for the index to refuse") {
    CHECK(decoded(u"login,alice,0.0.0.0:4002") == "login <alice> 0.0.0.0:4002");
    CHECK(Address::parse("0.0.0.0")->isUnspecified());
}
