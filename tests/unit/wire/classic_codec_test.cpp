// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/classic_codec.hpp"

#include "libim/base/utf8.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/wire/support.hpp"

#include <random>
#include <set>

using namespace im;
using namespace im::wire;
using im::test::decoded;
using im::test::utf16le;
using namespace std::string_view_literals;

namespace {

Endpoint at(const char* text) {
    return Endpoint::parse(text).value();
}

}  // namespace

TEST_CASE("encodeClassic writes login, Accept, logout, talk and reject as .NET programs do") {
    CHECK(encodeClassic(Login{"alice", at("127.7.7.2:4002")}) ==
          utf16le(u"login,alice,127.7.7.2:4002"));
    CHECK(encodeClassic(Accept{47628}) == utf16le(u"Accept,47628"));
    CHECK(encodeClassic(Logout{"\u5f20\u4e09", at("127.7.7.3:4003")}) ==
          utf16le(u"logout,\u5f20\u4e09,127.7.7.3:4003"));
    CHECK(encodeClassic(Talk{"18:25:01", "q\U0001F600", "one,two,,three"}) ==
          utf16le(u"talk,18:25:01,q\U0001F600,one,two,,three"));
    CHECK(encodeClassic(Reject{"taken", "go, away"}) == utf16le(u"reject,taken,go, away"));
}

TEST_CASE("encodeClassic keeps the commas of a talk with empty fields") {
    CHECK(encodeClassic(Talk{"", "bob", ""}) == utf16le(u"talk,,bob,"));
}

TEST_CASE("encodeClassic writes no BOM") {
    const Bytes bytes = encodeClassic(Talk{"t", "bob", "x"});
    CHECK(bytes.front() == std::byte{'t'});
}

TEST_CASE("a talk of 32000 code units fits a datagram with the longest name and time") {
    const std::string name(32, 'n');
    const std::string time(32, 't');
    const Bytes bytes = encodeClassic(Talk{time, name, std::string(kMaxTalkUnits, 'x')});
    CHECK(bytes.size() <= kMaxDatagram);
}

TEST_CASE("decodeClassic tells why a datagram is no message") {
    CHECK(decoded(u"") == "empty");
    CHECK(decoded(u"hello") == "unknown verb");
    CHECK(decoded(u",,,") == "unknown verb");
    CHECK(decoded(u"\uFEFF") == "unknown verb");
    CHECK(decoded(u"login,alice") == "missing fields");
    CHECK(decoded(u"login,alice,nowhere") == "bad endpoint");
    CHECK(decoded(u"Accept,port") == "bad port");
    CHECK(decoded(u"Accept,0") == "bad port");
    CHECK(decoded(u"Accept,65536") == "bad port");
    CHECK(decoded(u"login, ,127.0.0.1:4002") == "empty name");
    CHECK(decoded(u"reject,taken") == "missing fields");
}

TEST_CASE("each reason of decodeClassic reads differently") {
    std::set<std::string_view> texts;
    for (const auto why : {DecodeError::Empty, DecodeError::UnknownVerb, DecodeError::MissingFields,
                           DecodeError::BadEndpoint, DecodeError::BadPort, DecodeError::EmptyName})
        texts.insert(toString(why));
    CHECK(texts.size() == 6);
}

TEST_CASE("a verb is no verb with a letter more, a letter less or a homoglyph") {
    CHECK(decoded(u"logins,alice,127.0.0.1:1") == "unknown verb");
    CHECK(decoded(u"logi,alice,127.0.0.1:1") == "unknown verb");
    CHECK(decoded(u"l\u043Egin,alice,127.0.0.1:1") == "unknown verb");
    // U+212A KELVIN SIGN and U+0130 lower to k and i in some locales.
    CHECK(decoded(u"tal\u212A,1,bob,hi") == "unknown verb");
    CHECK(decoded(u"log\u0130n,alice,127.0.0.1:1") == "unknown verb");
}

TEST_CASE("a reject keeps the commas of its text") {
    CHECK(decoded(u"reject, name , has one of , ; :") == "reject <name> < has one of , ; :>");
}

TEST_CASE("only the first BOM is dropped") {
    CHECK(decoded(u"\uFEFF\uFEFFlogin,a,127.0.0.1:1") == "unknown verb");
    CHECK(decoded(u"talk,1,bob,\uFEFFhi") == "talk <1> <bob> <\uFEFFhi>");
}

TEST_CASE("TEXT, with any code point in it, comes out as it went in") {
    std::string text;
    for (char32_t value = 0; value <= 0x10FFFF; value += value < 0x3000 ? 1 : 97)
        if (value < 0xD800 || value > 0xDFFF) appendUtf8(text, value);
    const Message talk = Talk{"18:25:01", "bob", text};
    const auto again = decodeClassic(encodeClassic(talk));
    REQUIRE(again);
    CHECK(*again == talk);
}

TEST_CASE("what decodes re-encodes to an equal message, for random bytes after each verb") {
    std::mt19937 random(1);
    std::size_t messages = 0;
    for (int round = 0; round < 20'000; ++round) {
        constexpr std::array<std::u16string_view, 6> kStarts{
            u"login,", u"lohout,a,127.1:", u"Accept, ", u"talk,", u"talk,1,b,", u"reject,"};
        Bytes bytes = utf16le(kStarts[random() % kStarts.size()]);
        for (auto left = random() % 40; left > 0; --left) {
            constexpr std::u16string_view kUseful = u",:.0123456789 ax+\0\r[]\xD83D\xDE00"sv;
            const auto unit = kUseful[random() % kUseful.size()];
            bytes.push_back(static_cast<std::byte>(unit & 0xFFU));
            bytes.push_back(static_cast<std::byte>(unit >> 8U));
        }
        if (random() % 4 == 0) bytes.pop_back();
        const auto message = decodeClassic(bytes);
        if (!message) continue;
        ++messages;
        const auto again = decodeClassic(encodeClassic(*message));
        REQUIRE(again);
        REQUIRE(*again == *message);
    }
    CHECK(messages > 2'000);
}

TEST_CASE("random bytes are no message and do no harm") {
    std::mt19937 random(2);
    for (int round = 0; round < 20'000; ++round) {
        Bytes bytes(random() % 64);
        for (auto& byte : bytes) byte = static_cast<std::byte>(random());
        REQUIRE_FALSE(decodeClassic(bytes));
    }
}
