// SPDX-License-Identifier: BSL-1.0
#include "libim/base/address.hpp"

#include "tests/support/catch.hpp"

#include <string>

using namespace im;

namespace {

Address address(std::string_view literal) {
    return Address::parse(literal).value();
}

bool isAddress(std::string_view text) {
    return Address::parse(text).has_value();
}

/// The normal form of an endpoint, or "-".
std::string endpoint(std::string_view text) {
    const auto parsed = Endpoint::parse(text);
    return parsed ? parsed->toString() : "-";
}

}  // namespace

TEST_CASE("an IPv4 literal is a dotted quad without leading zeros") {
    CHECK(address("127.0.0.1") == Address::v4({127, 0, 0, 1}));
    CHECK(address("255.255.255.255") == Address::v4({255, 255, 255, 255}));
    for (const auto* text : {"127.1", "127.0.0.01", "0177.0.0.1", "0x7f.0.0.1", "256.0.0.1",
                             "1.2.3", "1.2.3.4.5", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4.", "1..2.3",
                             "2130706433", "", ".", "localhost", "1.2.3.-4", "1.2.3.+4"})
        CHECK_FALSE(isAddress(text));
}

TEST_CASE("an IPv6 literal has neither brackets nor a zone") {
    CHECK(address("::1").toString() == "::1");
    CHECK(address("2001:DB8:0:0::7").toString() == "2001:db8::7");
    CHECK(isAddress("2001:db8:1:2:3:4:5:6"));
    for (const auto* text : {"[::1]", "fe80::1%lo", "fe80::1%1", ":::", "1::2::3", "::12345",
                             "2001:db8:1:2:3:4:5", "2001:db8:1:2:3:4:5:6:7", "::1 ", "g::"})
        CHECK_FALSE(isAddress(text));
}

TEST_CASE("a literal ends where the text ends, not at a NUL") {
    CHECK_FALSE(isAddress(std::string("127.0.0.1\0", 10)));
    CHECK_FALSE(isAddress(std::string("127.0.0.1\0x", 11)));
    CHECK_FALSE(isAddress(std::string(1000, '1')));
    CHECK(isAddress("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"));
    CHECK_FALSE(isAddress("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555"));
}

TEST_CASE("an IPv4-mapped IPv6 literal is the IPv4 address") {
    CHECK(address("::ffff:10.0.0.1") == address("10.0.0.1"));
    CHECK(address("::FFFF:a00:1") == address("10.0.0.1"));
    CHECK(address("::ffff:10.0.0.1").toString() == "10.0.0.1");
    CHECK_FALSE(address("::10.0.0.1").isV4());
}

TEST_CASE("the bytes of an address are in network order and IPv4 is mapped") {
    const auto bytes = address("1.2.3.4").bytes();
    const std::array<std::uint8_t, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4};
    CHECK(bytes == mapped);
    CHECK(Address::v6(mapped).isV4());
    CHECK(Address::v6(mapped).v4Bytes() == std::array<std::uint8_t, 4>{1, 2, 3, 4});
    CHECK(address("102:304::").bytes()[3] == 4);
}

TEST_CASE("the default address is the unspecified one of IPv6") {
    CHECK(Address().toString() == "::");
    CHECK(Address().isUnspecified());
    CHECK(Endpoint().toString() == "[::]:0");
}

TEST_CASE("unspecified is 0.0.0.0/8 and ::") {
    CHECK(address("0.0.0.0").isUnspecified());
    CHECK(address("0.255.0.1").isUnspecified());
    CHECK_FALSE(address("1.0.0.0").isUnspecified());
    CHECK(address("::").isUnspecified());
    CHECK_FALSE(address("::1").isUnspecified());
}

TEST_CASE("loopback is 127.0.0.0/8 and ::1") {
    CHECK(address("127.0.0.1").isLoopback());
    CHECK(address("127.255.255.255").isLoopback());
    CHECK_FALSE(address("126.255.255.255").isLoopback());
    CHECK_FALSE(address("128.0.0.0").isLoopback());
    CHECK(address("::1").isLoopback());
    CHECK_FALSE(address("::2").isLoopback());
    CHECK_FALSE(address("1::1").isLoopback());
}

TEST_CASE("private is RFC 1918 and fc00::/7") {
    for (const auto* text : {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255",
                             "192.168.0.0", "192.168.255.255", "fc00::", "fdff:ffff::1"})
        CHECK(address(text).isPrivate());
    for (const auto* text : {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0",
                             "192.167.255.255", "192.169.0.0", "fbff::", "fe00::", "8.8.8.8"})
        CHECK_FALSE(address(text).isPrivate());
}

TEST_CASE("link-local is 169.254.0.0/16 and fe80::/10") {
    CHECK(address("169.254.0.0").isLinkLocal());
    CHECK(address("169.254.255.255").isLinkLocal());
    CHECK_FALSE(address("169.253.255.255").isLinkLocal());
    CHECK_FALSE(address("169.255.0.0").isLinkLocal());
    CHECK(address("fe80::1").isLinkLocal());
    CHECK(address("febf::1").isLinkLocal());
    CHECK_FALSE(address("fec0::1").isLinkLocal());
    CHECK_FALSE(address("fe7f::1").isLinkLocal());
}

TEST_CASE("multicast is 224.0.0.0/4 and ff00::/8") {
    CHECK(address("224.0.0.0").isMulticast());
    CHECK(address("239.255.255.255").isMulticast());
    CHECK_FALSE(address("223.255.255.255").isMulticast());
    CHECK_FALSE(address("240.0.0.0").isMulticast());
    CHECK(address("ff02::1").isMulticast());
    CHECK_FALSE(address("feff::1").isMulticast());
}

TEST_CASE("reserved is 240.0.0.0/4 and nothing of IPv6") {
    CHECK(address("240.0.0.0").isReserved());
    CHECK(address("255.255.255.255").isReserved());
    CHECK_FALSE(address("239.255.255.255").isReserved());
    CHECK_FALSE(address("f000::").isReserved());
    CHECK_FALSE(address("ff02::1").isReserved());
}

TEST_CASE("all of 127.0.0.0/8 is one host, and nothing else is but itself") {
    CHECK(address("127.7.7.2").sameHost(address("127.0.0.1")));
    CHECK(address("10.0.0.1").sameHost(address("10.0.0.1")));
    CHECK_FALSE(address("10.0.0.1").sameHost(address("10.0.0.2")));
    CHECK_FALSE(address("127.0.0.1").sameHost(address("::1")));
    CHECK_FALSE(address("::1").sameHost(address("127.0.0.1")));
    CHECK_FALSE(address("127.0.0.1").sameHost(address("10.0.0.1")));
    CHECK(address("::1").sameHost(address("::1")));
}

TEST_CASE("loopback, private and link-local make the local network") {
    for (const auto* text : {"127.3.2.1", "10.1.1.1", "169.254.3.3", "::1", "fd00::1", "fe80::1"})
        CHECK(isLocalNetwork(address(text)));
    for (const auto* text : {"8.8.8.8", "2001:db8::1", "0.0.0.0", "::", "224.0.0.1", "100.64.0.1"})
        CHECK_FALSE(isLocalNetwork(address(text)));
}

TEST_CASE("a source is one address of IPv4 and one /64 of IPv6") {
    CHECK(sourceKey(address("10.0.0.1")) == address("10.0.0.1"));
    CHECK_FALSE(sourceKey(address("10.0.0.1")) == sourceKey(address("10.0.0.2")));
    CHECK(sourceKey(address("2001:db8:1:2:3:4:5:6")) == address("2001:db8:1:2::"));
    CHECK(sourceKey(address("2001:db8:1:2::")) == sourceKey(address("2001:db8:1:2:ffff::1")));
    CHECK_FALSE(sourceKey(address("2001:db8:1:2::")) == sourceKey(address("2001:db8:1:3::")));
    CHECK_FALSE(sourceKey(address("127.0.0.1")) == sourceKey(address("127.0.0.2")));
}

TEST_CASE("every IPv4 address is written so that it is read as itself") {
    for (std::uint32_t i = 0; i <= 0xFFFF; ++i) {
        const auto low = static_cast<std::uint8_t>(i);
        const auto high = static_cast<std::uint8_t>(i >> 8U);
        const Address each = Address::v4({high, low, low, high});
        if (Address::parse(each.toString()) != each) FAIL(each.toString());
    }
}

TEST_CASE("a port is one to five digits up to 65535") {
    CHECK(parsePort("0") == 0);
    CHECK(parsePort("65535") == 65535);
    CHECK(parsePort("00080") == 80);
    for (const auto* text :
         {"", "65536", "99999", "000080", "-1", "+1", " 1", "1 ", "1x", "0x1", "1e2", "1.0"})
        CHECK_FALSE(parsePort(text));
}

TEST_CASE("an endpoint is IPv4 or bracketed IPv6, a colon and a port") {
    CHECK(endpoint("127.0.0.1:4649") == "127.0.0.1:4649");
    CHECK(endpoint("[::1]:4649") == "[::1]:4649");
    CHECK(endpoint("[::ffff:10.0.0.1]:1") == "10.0.0.1:1");
    CHECK(endpoint("0.0.0.0:0") == "0.0.0.0:0");
    for (const auto* text : {"",
                             ":",
                             "127.0.0.1",
                             "127.0.0.1:",
                             ":4649",
                             "localhost:4649",
                             "::1:4649",
                             "[::1]",
                             "[::1]4649",
                             "[::1]:",
                             "[127.0.0.1]:1",
                             "[]:1",
                             "[::1:1",
                             "::1]:1",
                             "127.0.0.1:1:2",
                             "127.0.0.1:65536",
                             " 127.0.0.1:1",
                             "127.0.0.1 :1",
                             "127.0.0.1:1 ",
                             "[[::1]]:1"})
        CHECK(endpoint(text) == "-");
}

TEST_CASE("endpoints compare by address, then by port") {
    const Endpoint one{address("10.0.0.1"), 2};
    CHECK(one == Endpoint{address("10.0.0.1"), 2});
    CHECK(one < Endpoint{address("10.0.0.1"), 3});
    CHECK(one < Endpoint{address("10.0.0.2"), 1});
    CHECK(address("::1") < address("10.0.0.1"));
}
