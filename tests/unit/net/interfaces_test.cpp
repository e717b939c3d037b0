// SPDX-License-Identifier: BSL-1.0
#include "libim/net/interfaces.hpp"

#include "tests/support/catch.hpp"

#include <sys/resource.h>

#include <algorithm>

using im::Address;

TEST_CASE("The loopback address is local and no broadcast, its network's end is one", "[net]") {
    const auto told = im::net::readInterfaces();
    REQUIRE(told);
    const im::net::Interfaces& interfaces = *told;
    const auto has = [](const auto& list, const char* text) {
        return std::find(list.begin(), list.end(), *Address::parse(text)) != list.end();
    };
    CHECK(has(interfaces.local, "127.0.0.1"));
    CHECK_FALSE(has(interfaces.broadcast, "127.0.0.1"));
    CHECK(has(interfaces.broadcast, "127.255.255.255"));
    for (const Address& own : interfaces.local)
        CHECK(std::find(interfaces.broadcast.begin(), interfaces.broadcast.end(), own) ==
              interfaces.broadcast.end());
}

TEST_CASE("Without a descriptor nothing is told, not that there are no addresses", "[net]") {
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto told = im::net::readInterfaces();
    ::setrlimit(RLIMIT_NOFILE, &before);
    CHECK_FALSE(told);
}
