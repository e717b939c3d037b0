// SPDX-License-Identifier: BSL-1.0
// Other runtimes and derived programs, row by row: the rows D1 to D11 of doc/protocol.md as far
// as the bytes go.
#include "tests/support/catch.hpp"
#include "tests/unit/wire/support.hpp"

using namespace im;
using im::test::decoded;
using im::test::read;
using im::test::utf16le;

namespace {

std::string rosterOfTwo() {
    wire::RosterWriter writer;
    writer.add("alice", Endpoint::parse("127.7.7.2:4002").value());
    writer.add("bob", Endpoint::parse("127.7.7.3:4003").value());
    return writer.finish();
}

}  // namespace

TEST_CASE("D1 accept in lower case is understood and written with its capital") {
    CHECK(decoded(u"accept,47628") == "accept 47628");
    CHECK(wire::encodeClassic(wire::Accept{47628}) == utf16le(u"Accept,47628"));
}

TEST_CASE("D3 our roster has exactly two fields in an item") {
    CHECK(rosterOfTwo().substr(1) == "alice,127.7.7.2:4002;bob,127.7.7.3:4003;end");
}

TEST_CASE("D4 our roster is exactly one string") {
    const std::string bytes = rosterOfTwo();
    CHECK(static_cast<std::size_t>(bytes[0]) == bytes.size() - 1);
}

TEST_CASE("D5 nothing stands between the last semicolon and end of our roster") {
    const std::string bytes = rosterOfTwo();
    CHECK(bytes.substr(bytes.rfind(';')) == ";end");
}

TEST_CASE("D6 a talk that is sent to the index as well is told from a request") {
    const auto message = wire::decodeClassic(utf16le(u"talk,18:25:01,alice,hi"));
    REQUIRE(message);
    CHECK(std::holds_alternative<wire::Talk>(*message));
}

TEST_CASE("D8 the verbs file and qunliao are no message") {
    CHECK(decoded(u"file,alice,127.7.7.2:4002,a.txt,100") == "unknown verb");
    CHECK(decoded(u"qunliao,alice,127.7.7.2:4002,hi all") == "unknown verb");
}

TEST_CASE("D9 datagrams in UTF-8 or JSON are no message and a roster as a text line is none") {
    CHECK(decoded(asBytes("login,alice,127.7.7.2:4002")) == "unknown verb");
    CHECK(decoded(asBytes(R"({"cmd":"login","user":"alice"})")) == "unknown verb");
    CHECK(read("alice,127.7.7.2:4002;end\r\n") == "truncated");
}

TEST_CASE("D10 a date with commas shifts the fields of a talk and loses nothing") {
    CHECK(decoded(u"talk,Saturday, June 17, 2023,alice,hi, there") ==
          "talk <Saturday> <June 17> < 2023,alice,hi, there>");
    CHECK(decoded(u"talk,2023年6月17日,alice,hi") == "talk <2023年6月17日> <alice> <hi>");
}

TEST_CASE("D11 a time with U+202F and a text with CR LF come through verbatim") {
    CHECK(decoded(u"talk,6:25:10\u202FPM,alice,a\r\nb") ==
          "talk <6:25:10\u202FPM> <alice> <a\r\nb>");
}
