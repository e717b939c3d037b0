// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/classic_endpoint.hpp"

#include "tests/support/catch.hpp"

#include <array>
#include <string>

using namespace im;
using namespace im::wire;
using namespace std::string_literals;

namespace {

/// The canonical form of a tolerated one, or "-".
std::string normal(std::string_view field) {
    const auto endpoint = parseClassicEndpoint(field);
    return endpoint ? endpoint->toString() : "-";
}

int port(std::string_view field) {
    return parseClassicPort(field).value_or(0) + (parseClassicPort(field) ? 0 : -1);
}

}  // namespace

TEST_CASE("the short way of reading an endpoint and the long one agree") {
    const std::array<std::string, 11> parts{"0",   "00",  "7",    "07",  "99", "100",
                                            "255", "256", "1000", "0x1", ""};
    const std::array<std::string, 7> ports{"0", "1", "0004", "65535", "65536", "000001", ""};
    for (const std::string& part : parts) {
        for (const std::string& port : ports) {
            for (const std::string& text :
                 {part + ".2.3.4:" + port, "1.2." + part + ".4:" + port,
                  "1.2.3." + part + ":" + port, "1.2.3.4." + part + ":" + port,
                  "1.2.3.4:" + port + part}) {
                CAPTURE(text);
                CHECK(normal(text) == normal(" " + text));  // blanks are for the long way only
            }
        }
    }
}

TEST_CASE("an IPv4 part is decimal, octal or hexadecimal as in C") {
    CHECK(normal("127.0.0.1:4002") == "127.0.0.1:4002");
    CHECK(normal("0177.0.0.1:4002") == "127.0.0.1:4002");
    CHECK(normal("0x7f.0.0.0X1:4002") == "127.0.0.1:4002");
    CHECK(normal("010.00.000.07:1") == "8.0.0.7:1");
    CHECK(normal("08.0.0.1:1") == "-");
    CHECK(normal("0x.0.0.1:1") == "-");
    CHECK(normal("0xg.0.0.1:1") == "-");
    CHECK(normal("1a.0.0.1:1") == "-");
}

TEST_CASE("the last part of a short IPv4 address fills the bytes that are left") {
    CHECK(normal("127.1:4002") == "127.0.0.1:4002");
    CHECK(normal("10.258:1") == "10.0.1.2:1");
    CHECK(normal("10.1.258:1") == "10.1.1.2:1");
    CHECK(normal("2130706433:1") == "127.0.0.1:1");
    CHECK(normal("0xffffffff:1") == "255.255.255.255:1");
    CHECK(normal("10.16777215:1") == "10.255.255.255:1");
    CHECK(normal("0:1") == "0.0.0.0:1");
}

TEST_CASE("an IPv4 part that is too large for its place is refused") {
    CHECK(normal("256.0.0.1:1") == "-");
    CHECK(normal("1.2.3.256:1") == "-");
    CHECK(normal("1.2.65536:1") == "-");
    CHECK(normal("1.16777216:1") == "-");
    CHECK(normal("4294967296:1") == "-");
    CHECK(normal("99999999999999999999:1") == "-");
}

TEST_CASE("an IPv4 address has one to four parts and none of them is empty") {
    CHECK(normal("1.2.3.4.5:1") == "-");
    CHECK(normal("1.2.3.4.:1") == "-");
    CHECK(normal(".1.2.3:1") == "-");
    CHECK(normal("1..2:1") == "-");
    CHECK(normal(":1") == "-");
    CHECK(normal("-1.0.0.1:1") == "-");
    CHECK(normal("+1.0.0.1:1") == "-");
    CHECK(normal("1. 2.3.4:1") == "-");
}

TEST_CASE("no host name is ever looked up") {
    CHECK(normal("localhost:4002") == "-");
    CHECK(normal("a:4002") == "-");
}

TEST_CASE("IPv6 is taken in brackets only") {
    CHECK(normal("[::1]:4649") == "[::1]:4649");
    CHECK(normal(" [2001:DB8::7] : 4649 ") == "[2001:db8::7]:4649");
    CHECK(normal("[::1]:4649:x") == "[::1]:4649");
    CHECK(normal("[::ffff:10.0.0.1]:1") == "10.0.0.1:1");
    CHECK(normal("::1:4649") == "-");
    CHECK(normal("[127.0.0.1]:1") == "-");
    CHECK(normal("[::1:4649") == "-");
    CHECK(normal("[::1]4649") == "-");
    CHECK(normal("[::1]x:4649") == "-");
    CHECK(normal("[]:1") == "-");
    CHECK(normal("[:1") == "-");
    CHECK(normal("[fe80::1%1]:1") == "-");
}

TEST_CASE("NUL, blanks and line breaks around IP and PORT do not matter") {
    CHECK(normal("127.0.0.1:4002\0"s) == "127.0.0.1:4002");
    CHECK(normal("127.0.0.1:4002\r\n") == "127.0.0.1:4002");
    CHECK(normal(" \t127.0.0.1 : 4002 \0\0"s) == "127.0.0.1:4002");
    CHECK(normal("127.0.0.1:40\0002"s) == "-");
    CHECK(normal("127.0.0.1:40 02") == "-");
    CHECK(normal("127.0.0.1:4002\xC2\xA0") == "-");
}

TEST_CASE("what follows a second colon is dropped") {
    CHECK(normal("127.0.0.1:4002:ext") == "127.0.0.1:4002");
    CHECK(normal("127.0.0.1:4002:") == "127.0.0.1:4002");
    CHECK(normal("127.0.0.1::4002") == "-");
}

TEST_CASE("a classic port is 0 to 65535 with leading zeros and one plus") {
    CHECK(port("0") == 0);
    CHECK(port("65535") == 65535);
    CHECK(port("+4002") == 4002);
    CHECK(port("004002") == 4002);
    CHECK(port(std::string(1000, '0') + "7") == 7);
    CHECK(port(" +004002\0"s) == 4002);
    CHECK(port("65536") == -1);
    CHECK(port("4294967297") == -1);
    CHECK(port("-1") == -1);
    CHECK(port("++1") == -1);
    CHECK(port("+ 1") == -1);
    CHECK(port("+") == -1);
    CHECK(port("") == -1);
    CHECK(port("0x10") == -1);
    CHECK(port("1e3") == -1);
    CHECK(port("\xEF\xBC\x91") == -1);  // U+FF11, a digit but none of ASCII
}

TEST_CASE("withoutBlanks takes blanks and tabs off both ends and nothing else") {
    CHECK(withoutBlanks(" \t al ice \t") == "al ice");
    CHECK(withoutBlanks("alice\r\n") == "alice\r\n");
    CHECK(withoutBlanks(" \t ").empty());
    CHECK(withoutBlanks("").empty());
}
