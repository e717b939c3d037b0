// SPDX-License-Identifier: BSL-1.0
// What a client is sent, row by row: the rows C1 to C19 of doc/protocol.md.
#include "libim/wire/utf16.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/wire/support.hpp"

#include <random>

using namespace im;
using im::test::decoded;
using im::test::utf16le;
using namespace std::string_view_literals;

namespace {

Bytes withOddByte(std::u16string_view text) {
    Bytes bytes = utf16le(text);
    bytes.push_back(std::byte{0x41});
    return bytes;
}

}  // namespace

TEST_CASE("C1 an announced login may have extra fields") {
    CHECK(decoded(u"login,bob,127.7.7.3:4003,v2,xyz") == "login <bob> 127.7.7.3:4003");
}

TEST_CASE("C2 an announced endpoint ends at a second colon") {
    CHECK(decoded(u"login,bob,127.7.7.3:4003:ext") == "login <bob> 127.7.7.3:4003");
}

TEST_CASE("C3 an announced login without a usable endpoint is no message") {
    CHECK(decoded(u"login,bob,") == "bad endpoint");
    CHECK(decoded(u"login,bob,soon") == "bad endpoint");
}

TEST_CASE("C4 a login of two fields and a logout of one are no message") {
    CHECK(decoded(u"login,bob") == "missing fields");
    CHECK(decoded(u"logout") == "missing fields");
}

TEST_CASE("C5 a logout needs its three fields and may have another endpoint or extra fields") {
    CHECK(decoded(u"logout,bob") == "missing fields");
    CHECK(decoded(u"logout,bob,127.9.9.9:1") == "logout <bob> 127.9.9.9:1");
    CHECK(decoded(u"logout,bob,127.7.7.3:4003,reason,x") == "logout <bob> 127.7.7.3:4003");
}

TEST_CASE("C6 an unknown verb, nothing, one byte and random datagrams are no message") {
    CHECK(decoded(u"file,bob,x,y,z") == "unknown verb");
    CHECK(decoded(u",") == "unknown verb");
    CHECK(decoded(BytesView()) == "empty");
    CHECK(decoded(asBytes("x")) == "empty");
    std::mt19937 random(7);
    for (int round = 0; round < 3'000; ++round) {
        Bytes bytes(2 + random() % 100);
        for (auto& byte : bytes) byte = static_cast<std::byte>(random());
        CHECK(decoded(bytes) == "unknown verb");
    }
}

TEST_CASE("C7 verbs in another case or behind a BOM are understood and UTF-8 is not") {
    CHECK(decoded(u"Login,bob,127.7.7.3:4003") == "login <bob> 127.7.7.3:4003");
    CHECK(decoded(u"loGout,bob,127.7.7.3:4003") == "logout <bob> 127.7.7.3:4003");
    CHECK(decoded(u"Talk,1,bob,hi") == "talk <1> <bob> <hi>");
    CHECK(decoded(u"accept,47628") == "accept 47628");
    CHECK(decoded(u"\uFEFFtalk,1,bob,hi") == "talk <1> <bob> <hi>");
    CHECK(decoded(asBytes("talk,1,bob,hi")) == "unknown verb");
}

TEST_CASE("C8 an odd last byte becomes U+FFFD at the end of the last field") {
    CHECK(decoded(withOddByte(u"talk,1,bob,hi")) == "talk <1> <bob> <hi\uFFFD>");
    CHECK(decoded(withOddByte(u"login,bob,127.7.7.3:4003,v2")) == "login <bob> 127.7.7.3:4003");
    CHECK(decoded(withOddByte(u"login,bob,127.7.7.3:4003")) == "bad endpoint");
    CHECK(decoded(withOddByte(u"Accept,47628")) == "bad port");
}

TEST_CASE("C9 a talk with more than four fields is one text with commas") {
    CHECK(decoded(u"talk,18:25:01,bob,hi,id=7,x") == "talk <18:25:01> <bob> <hi,id=7,x>");
}

TEST_CASE("C10 a talk of three fields or fewer is no message") {
    CHECK(decoded(u"talk,18:25:01,bob") == "missing fields");
}

TEST_CASE("C11 a talk of three fields is no message whoever it names") {
    CHECK(decoded(u"talk,18:25:01,stranger") == "missing fields");
}

TEST_CASE("C12 a talk of one or two fields is no message") {
    CHECK(decoded(u"talk") == "missing fields");
    CHECK(decoded(u"talk,x") == "missing fields");
}

TEST_CASE("C13 a talk with blanks behind its commas names its sender and keeps TIME and TEXT") {
    CHECK(decoded(u"talk, 18:25:01, bob, hi ") == "talk < 18:25:01> <bob> < hi >");
}

TEST_CASE(
    "C14 a talk may have any time, no sender, no text, line breaks, emoji and lone surrogates") {
    CHECK(decoded(u"talk,,bob,hi") == "talk <> <bob> <hi>");
    CHECK(decoded(u"talk,1,,hi") == "talk <1> <> <hi>");
    CHECK(decoded(u"talk,1, ,hi") == "talk <1> <> <hi>");
    CHECK(decoded(u"talk,2023年6月17日,bob,hi") == "talk <2023年6月17日> <bob> <hi>");
    CHECK(decoded(u"talk,1,bob,") == "talk <1> <bob> <>");
    CHECK(decoded(u"talk,1,bob,a\nb") == "talk <1> <bob> <a\nb>");
    CHECK(decoded(u"talk,1,bob,\U0001F600") == "talk <1> <bob> <\U0001F600>");
    CHECK(decoded(u"talk,1,bob,\xD83D!") == "talk <1> <bob> <\uFFFD!>");
}

TEST_CASE("C15 a text with U+0000 is not cut there") {
    CHECK(decoded(u"talk,1,bob,a\0b"sv) == "talk <1> <bob> <a\0b>"sv);
}

TEST_CASE("C16 every talk of a user is a message however many came before") {
    for (int i = 0; i < 3; ++i) CHECK(decoded(u"talk,1,bob,hi") == "talk <1> <bob> <hi>");
}

TEST_CASE("C17 an Accept may have extra fields, blanks and a trailing NUL") {
    CHECK(decoded(u"Accept,47628,v2") == "accept 47628");
    CHECK(decoded(u"Accept, 47628") == "accept 47628");
    CHECK(decoded(u"Accept,47628\0"sv) == "accept 47628");
}

TEST_CASE("C18 an Accept with an unreadable or missing port is no message") {
    CHECK(decoded(u"Accept") == "missing fields");
    CHECK(decoded(u"Accept,") == "bad port");
    CHECK(decoded(u"Accept,soon") == "bad port");
    CHECK(decoded(u"Accept,0") == "bad port");
    CHECK(decoded(u"Accept,70000") == "bad port");
}

TEST_CASE("C19 times of every culture come through verbatim") {
    for (const auto* time : {u"9:06:05", u"21:06:32", u"9:06:05 AM", u"上午 09:06:05",
                             u"오후 9:06:32", u"9:06:05\u202FPM"})
        CHECK(decoded(u"talk," + std::u16string(time) + u",bob,hi") ==
              "talk <" + wire::utf8FromUtf16le(utf16le(time)) + "> <bob> <hi>");
}
