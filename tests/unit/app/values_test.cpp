// SPDX-License-Identifier: BSL-1.0
#include "libim/app/values.hpp"

#include "tests/support/catch.hpp"

using namespace im::app;

namespace {

std::string host(std::string_view text, std::uint16_t port = 4649) {
    const auto value = parseHostPort(text, port);
    return value ? value->host + " " + std::to_string(value->port) : "nothing";
}

std::string bind(std::string_view text) {
    const auto value = parseBindAddress(text);
    if (!value) return "nothing";
    return value->address.toString() + " " + (value->port ? std::to_string(*value->port) : "-");
}

}  // namespace

TEST_CASE("HOST has the default port, HOST:PORT its own") {
    CHECK(host("localhost") == "localhost 4649");
    CHECK(host("localhost:7") == "localhost 7");
    CHECK(host("127.0.0.1:65535") == "127.0.0.1 65535");
    CHECK(host("天涯.example:1") == "天涯.example 1");
}

TEST_CASE("IPv6 stands in brackets where a port follows") {
    CHECK(host("[::1]:7") == "::1 7");
    CHECK(host("[::1]") == "::1 4649");
    CHECK(host("::1") == "::1 4649");
    CHECK(host("2001:db8::2:7") == "2001:db8::2:7 4649");
    for (const char* bad : {"[::1", "[::1]7", "[::1]:", "[localhost]", "[127.0.0.1]:7", "[]:7",
                            "[]", "::1]:7", "a:b:7", ":::7"})
        CHECK(host(bad) == "nothing");
}

TEST_CASE("a server's port is 1 to 65535") {
    for (const char* bad : {"h:0", "h:65536", "h:", "h:-1", "h:+1", "h: 1", "h:1x", "h:7:8"})
        CHECK(host(bad) == "nothing");
    CHECK(host("h", 0) == "nothing");
    CHECK(host("h:7", 0) == "h 7");
}

TEST_CASE("a host has no blanks, control characters and separators") {
    for (const char* bad : {"", ":7", "a b", "a\tb", "a\nb", "a/b", "a@b", "a,b", "a;b", "a\\b",
                            "a\x7F", "a\xFF", "a\xE2\x80\xAE", "-h"})
        CHECK(host(bad) == "nothing");
    CHECK(host(std::string(253, 'a')) == std::string(253, 'a') + " 4649");
    CHECK(host(std::string(254, 'a')) == "nothing");
}

TEST_CASE("HOST:PORT prints as it is read") {
    for (const char* text : {"localhost:7", "[::1]:4649", "127.0.0.1:1"})
        CHECK(parseHostPort(text, 1)->toString() == text);
}

TEST_CASE("an address to bind is a literal with a port or without") {
    CHECK(bind("127.0.0.1") == "127.0.0.1 -");
    CHECK(bind("127.0.0.1:0") == "127.0.0.1 0");
    CHECK(bind("0.0.0.0:4649") == "0.0.0.0 4649");
    CHECK(bind("::1") == "::1 -");
    CHECK(bind("[::1]") == "::1 -");
    CHECK(bind("[::]:7") == ":: 7");
    for (const char* bad :
         {"", "localhost", "127.0.0.1:", "127.0.0.1:65536", ":7", "[::1]x", "7", "127.0.0.1:7:8"})
        CHECK(bind(bad) == "nothing");
}

TEST_CASE("a number is digits that fit in 64 bits") {
    CHECK(parseNumber("0") == 0U);
    CHECK(parseNumber("007") == 7U);
    CHECK(parseNumber("18446744073709551615") == 18446744073709551615U);
    for (const char* bad : {"", "-1", "+1", " 1", "1 ", "1.", "0x1", "18446744073709551616"})
        CHECK_FALSE(parseNumber(bad).has_value());
}
