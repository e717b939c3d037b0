// SPDX-License-Identifier: BSL-1.0
#include "libim/index/admission.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/index/world.hpp"

using namespace im::index;
using im::parseCidrList;
using im::index::test::addressAt;
using im::index::test::endpointAt;

TEST_CASE("Classic is served to local networks when nothing is said") {
    const Policy policy;
    for (const char* from : {"127.0.0.1", "10.9.8.7", "172.16.0.1", "192.168.3.4", "169.254.1.1",
                             "::1", "fd00::1", "fe80::1"})
        CHECK(mayUseClassic(policy, addressAt(from)));
    for (const char* from : {"198.51.100.1", "172.32.0.1", "11.0.0.1", "2001:db8::1"})
        CHECK_FALSE(mayUseClassic(policy, addressAt(from)));
}

TEST_CASE("A list of ranges replaces the local networks") {
    Policy policy;
    policy.classicFrom = *parseCidrList("198.51.100.0/24,10.0.0.1");
    CHECK(mayUseClassic(policy, addressAt("198.51.100.200")));
    CHECK(mayUseClassic(policy, addressAt("10.0.0.1")));
    CHECK_FALSE(mayUseClassic(policy, addressAt("10.0.0.2")));
    CHECK_FALSE(mayUseClassic(policy, addressAt("127.0.0.1")));
}

TEST_CASE("The claimed endpoint must match the source as far as the check goes") {
    const auto claimed = endpointAt("10.0.0.1:4000");
    const auto exact = endpointAt("10.0.0.1:4000");
    const auto otherPort = endpointAt("10.0.0.1:50000");
    const auto otherHost = endpointAt("10.0.0.2:4000");
    CHECK(isFromClaimed(SourceCheck::Strict, claimed, exact));
    CHECK_FALSE(isFromClaimed(SourceCheck::Strict, claimed, otherPort));
    CHECK(isFromClaimed(SourceCheck::Ip, claimed, otherPort));
    CHECK_FALSE(isFromClaimed(SourceCheck::Ip, claimed, otherHost));
    CHECK(isFromClaimed(SourceCheck::Any, claimed, otherHost));
}

TEST_CASE("All of 127.0.0.0/8 is one source") {
    CHECK(isFromClaimed(SourceCheck::Ip, endpointAt("127.7.7.2:4002"), endpointAt("127.0.0.1:9")));
    CHECK(isFromClaimed(SourceCheck::Strict, endpointAt("127.7.7.2:9"), endpointAt("127.0.0.1:9")));
    CHECK_FALSE(isFromClaimed(SourceCheck::Ip, endpointAt("[::1]:9"), endpointAt("127.0.0.1:9")));
}

TEST_CASE("Nothing is sent to an endpoint that is not one program on one host") {
    HostFacts host;
    host.broadcastAddresses = {addressAt("192.168.1.255")};
    CHECK(isSendable(host, endpointAt("192.168.1.1:4000")));
    CHECK(isSendable(host, endpointAt("[2001:db8::1]:4000")));
    for (const char* endpoint : {"192.168.1.1:0", "0.0.0.0:4000", "0.1.2.3:4000", "[::]:4000",
                                 "224.0.0.1:4000", "239.255.255.255:4000", "[ff02::1]:4000",
                                 "255.255.255.255:4000", "240.0.0.1:4000", "192.168.1.255:4000"})
        CHECK_FALSE(isSendable(host, endpointAt(endpoint)));
}

TEST_CASE("Bound to a wildcard, the port is ours at every local address") {
    HostFacts host;
    host.localAddresses = {addressAt("10.0.0.254"), addressAt("fd00::1")};
    host.servedEndpoints = {endpointAt("0.0.0.0:4649")};
    for (const char* endpoint :
         {"10.0.0.254:4649", "127.0.0.1:4649", "127.9.9.9:4649", "[fd00::1]:4649", "[::1]:4649"})
        CHECK(isOurOwn(host, endpointAt(endpoint)));
    CHECK_FALSE(isOurOwn(host, endpointAt("10.0.0.254:4650")));
    CHECK_FALSE(isOurOwn(host, endpointAt("10.0.0.1:4649")));
}

TEST_CASE("Bound to one address, the port is ours there and nowhere else") {
    HostFacts host;
    host.localAddresses = {addressAt("10.0.0.254")};
    host.servedEndpoints = {endpointAt("127.0.0.1:4649"), endpointAt("[::1]:5000")};
    CHECK(isOurOwn(host, endpointAt("127.0.0.1:4649")));
    CHECK(isOurOwn(host, endpointAt("[::1]:5000")));
    CHECK_FALSE(isOurOwn(host, endpointAt("127.0.0.2:4649")));
    CHECK_FALSE(isOurOwn(host, endpointAt("10.0.0.254:4649")));
    CHECK_FALSE(isOurOwn(host, endpointAt("127.0.0.1:5000")));
}

TEST_CASE("A login must be confirmed outside local networks, always or never") {
    CHECK(mustConfirm(Confirm::Auto, addressAt("198.51.100.1")));
    for (const char* local : {"127.0.0.1", "10.0.0.1", "169.254.0.9", "fe80::1"})
        CHECK_FALSE(mustConfirm(Confirm::Auto, addressAt(local)));
    CHECK(mustConfirm(Confirm::Tcp, addressAt("127.0.0.1")));
    CHECK_FALSE(mustConfirm(Confirm::Off, addressAt("198.51.100.1")));
}
