// SPDX-License-Identifier: BSL-1.0
#include "libim/base/address.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace im;

namespace {

Address address(std::string_view literal) {
    return Address::parse(literal).value();
}

bool contains(std::string_view range, std::string_view literal) {
    return Cidr::parse(range).value().contains(address(literal));
}

}  // namespace

TEST_CASE("a range of IPv4 holds what shares its first bits") {
    CHECK(contains("10.0.0.0/8", "10.0.0.0"));
    CHECK(contains("10.0.0.0/8", "10.255.255.255"));
    CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
    CHECK_FALSE(contains("10.0.0.0/8", "9.255.255.255"));
    CHECK(contains("192.168.4.0/22", "192.168.7.255"));
    CHECK_FALSE(contains("192.168.4.0/22", "192.168.8.0"));
    CHECK_FALSE(contains("192.168.4.0/22", "192.168.3.255"));
    CHECK(contains("10.0.0.2/31", "10.0.0.3"));
    CHECK_FALSE(contains("10.0.0.2/31", "10.0.0.1"));
}

TEST_CASE("each length of an IPv4 range cuts at its own bit") {
    const std::uint32_t base = 0xA5A5A5A5U;
    const auto at = [](std::uint32_t v) {
        return Address::v4({static_cast<std::uint8_t>(v >> 24U),
                            static_cast<std::uint8_t>(v >> 16U), static_cast<std::uint8_t>(v >> 8U),
                            static_cast<std::uint8_t>(v)});
    };
    for (unsigned bits = 0; bits <= 32; ++bits) {
        const auto range = Cidr::parse(at(base).toString() + "/" + std::to_string(bits)).value();
        for (unsigned flipped = 0; flipped < 32; ++flipped) {
            CAPTURE(bits, flipped);
            CHECK(range.contains(at(base ^ 0x80000000U >> flipped)) == (flipped >= bits));
        }
    }
}

TEST_CASE("each length of an IPv6 range cuts at its own bit") {
    const Address base = address("a5a5:a5a5:a5a5:a5a5:a5a5:a5a5:a5a5:a5a5");
    for (unsigned bits = 0; bits <= 128; ++bits) {
        const auto range = Cidr::parse(base.toString() + "/" + std::to_string(bits)).value();
        for (unsigned flipped = 0; flipped < 128; ++flipped) {
            auto bytes = base.bytes();
            bytes[flipped / 8] ^= static_cast<std::uint8_t>(0x80U >> flipped % 8);
            if (range.contains(Address::v6(bytes)) != (flipped >= bits))
                FAIL("bits " << bits << " flipped " << flipped);
        }
    }
}

TEST_CASE("a range without a length is the one address") {
    CHECK(contains("10.0.0.1", "10.0.0.1"));
    CHECK_FALSE(contains("10.0.0.1", "10.0.0.2"));
    CHECK(contains("::1", "::1"));
    CHECK_FALSE(contains("::1", "::"));
}

TEST_CASE("the bits behind the length of a range do not matter") {
    CHECK(contains("10.1.2.3/8", "10.200.0.1"));
    CHECK(contains("fd00::1/8", "fdff::2"));
}

TEST_CASE("a range of one family holds nothing of the other") {
    CHECK(contains("0.0.0.0/0", "8.8.8.8"));
    CHECK_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
    CHECK_FALSE(contains("0.0.0.0/0", "::1"));
    CHECK(contains("::/0", "2001:db8::1"));
    CHECK_FALSE(contains("::/0", "8.8.8.8"));
    CHECK_FALSE(contains("::/64", "127.0.0.1"));
}

TEST_CASE("a range is an address with a length its family has, or none") {
    for (const auto* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8",
                             "10.0.0.0/8/8", "10.0.0.0/ 8", "10/8", "::/129", "[::1]/128", "x/8",
                             "10.0.0.0/255.0.0.0", "10.0.0.0 /8", "10.0.0.0/8 "})
        CHECK_FALSE(Cidr::parse(text));
    CHECK(Cidr::parse("10.0.0.0/32"));
    CHECK(Cidr::parse("10.0.0.0/0"));
    CHECK(Cidr::parse("::/128"));
}

TEST_CASE("a range is written with its length") {
    CHECK(Cidr::parse("10.0.0.0/8")->toString() == "10.0.0.0/8");
    CHECK(Cidr::parse("10.0.0.1")->toString() == "10.0.0.1/32");
    CHECK(Cidr::parse("::/0")->toString() == "::/0");
    CHECK(Cidr::parse("FD00::/8")->toString() == "fd00::/8");
}

TEST_CASE("a list of ranges is whole or nothing") {
    const auto list = parseCidrList("10.0.0.0/8,::1,192.168.0.0/16");
    REQUIRE(list);
    REQUIRE(list->size() == 3);
    CHECK((*list)[1].toString() == "::1/128");
    CHECK(parseCidrList("10.0.0.1")->size() == 1);
    for (const auto* text : {"", ",", "10.0.0.0/8,", ",10.0.0.0/8", "10.0.0.0/8,,::1",
                             "10.0.0.0/8, ::1", "10.0.0.0/8;::1", "10.0.0.0/8,x"})
        CHECK_FALSE(parseCidrList(text));
}
