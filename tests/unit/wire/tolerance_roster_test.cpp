// SPDX-License-Identifier: BSL-1.0
// Rosters a client is sent, row by row: the rows R1 to R17 of doc/protocol.md.
#include "tests/support/catch.hpp"
#include "tests/unit/wire/support.hpp"

using namespace im;
using im::test::netString;
using im::test::read;
using namespace std::string_literals;

namespace {

/// A roster of `items`, which end in a semicolon each, as one string.
std::string roster(const std::string& items) {
    return read(netString(items + "end"));
}

constexpr const char* kBoth = "alice 127.7.7.2:4002|bob 127.7.7.3:4003";
const std::string kItems = "alice,127.7.7.2:4002;bob,127.7.7.3:4003;";

}  // namespace

TEST_CASE("R1 an item may have extra fields") {
    CHECK(roster("alice,127.7.7.2:4002,extra,k=v;bob,127.7.7.3:4003;") == kBoth);
}

TEST_CASE("R2 an item without a comma and an empty item are skipped and the rest is read") {
    CHECK(roster("alice,127.7.7.2:4002;nobody;;;bob,127.7.7.3:4003;") == kBoth);
    CHECK(roster(";" + kItems) == kBoth);
}

TEST_CASE("R3 an item with an unreadable endpoint or no name is skipped") {
    CHECK(
        roster("alice,127.7.7.2:4002;carol,somewhere;,1.2.3.4:5; ,1.2.3.4:5;bob,127.7.7.3:4003;") ==
        kBoth);
}

TEST_CASE("R4 a pseudo item is no user") {
    CHECK(roster("#caps,v2;" + kItems) == kBoth);
}

TEST_CASE("R5 a string that does not end in end is skipped") {
    CHECK(read(netString("welcome") + netString(kItems + "end")) == kBoth);
    CHECK(read(netString("carol,1.2.3.4:5;") + netString(kItems + "end")) == kBoth);
}

TEST_CASE("R6 further strings are not read") {
    CHECK(read(netString(kItems + "end") + netString("carol,1.2.3.4:5;end")) == kBoth);
    CHECK(read(netString(kItems + "end") + "\xFF\xFF\xFF\xFF\xFF"s) == kBoth);
}

TEST_CASE("R7 text between the last semicolon and end is no user") {
    CHECK(roster(kItems + "x,y ") == kBoth);
    CHECK(roster(kItems + "carol,1.2.3.4:5") == kBoth);
}

TEST_CASE("R8 a string without end, with END, a blank or a line break behind is no roster") {
    CHECK(read(netString(kItems)) == "no end");
    CHECK(read(netString(kItems + "END")) == "no end");
    CHECK(read(netString(kItems + "end ")) == "no end");
    CHECK(read(netString(kItems + "end\r\n")) == "no end");
    CHECK(read(netString("en")) == "no end");
}

TEST_CASE("R9 NUL and U+FEFF behind end are ignored") {
    CHECK(read(netString(kItems + "end\0"s)) == kBoth);
    CHECK(read(netString(kItems + "end\uFEFF")) == kBoth);
    CHECK(read(netString(kItems + "end\0\uFEFF\0"s)) == kBoth);
}

TEST_CASE("R10 superfluous zero groups of the prefix are ignored up to five bytes") {
    CHECK(read("\x83\x00"s + "end") == "");
    CHECK(read("\x83\x80\x80\x80\x00"s + "end") == "");
    CHECK(read("\x83\x80\x80\x80\x80\x00"s + "end") == "bad length prefix");
}

TEST_CASE("R11 an empty string in front is skipped") {
    CHECK(read("\0\0"s + netString(kItems + "end")) == kBoth);
}

TEST_CASE("R12 a truncated roster is none") {
    const std::string whole = netString(kItems + "end");
    CHECK(read("") == "no end");
    for (std::size_t size = 1; size < whole.size(); ++size)
        CHECK(read(whole.substr(0, size)) == "truncated");
}

TEST_CASE("R13 ill-formed UTF-8 in a name becomes U+FFFD byte by byte") {
    CHECK(roster("al\xFFice,127.7.7.2:4002;\xE5\xBC,127.7.7.3:4003;") ==
          "al\uFFFDice 127.7.7.2:4002|\uFFFD\uFFFD 127.7.7.3:4003");
}

TEST_CASE("R14 a BOM at the start is part of the first name") {
    CHECK(roster("\uFEFF" + kItems) == "\uFEFF" + std::string(kBoth));
}

TEST_CASE("R15 1500 users byte by byte are read while the connection stays open") {
    wire::RosterWriter writer;
    for (std::uint16_t i = 0; i < 1500; ++i)
        writer.add("user" + std::to_string(i), {Address::v4({127, 7, 7, 200}), i});
    const std::string bytes = writer.finish();
    wire::RosterReader reader;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        REQUIRE(*reader.feed(asBytes(std::string_view(bytes).substr(i, 1))) ==
                (i + 1 == bytes.size()));
    CHECK(reader.finish()->size() == 1500);
}

TEST_CASE("R16 a roster of nobody and a user listed twice are read as sent") {
    CHECK(roster("") == "");
    CHECK(roster("bob,127.7.7.3:4003;bob,127.7.7.3:4003;") ==
          "bob 127.7.7.3:4003|bob 127.7.7.3:4003");
}

TEST_CASE("R17 blanks around a listed name are dropped as in a login") {
    CHECK(roster(" alice ,127.7.7.2:4002; bob, 127.7.7.3:4003 ;") == kBoth);
}
