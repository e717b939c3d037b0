// SPDX-License-Identifier: BSL-1.0
#include "libim/net/resolve.hpp"

#include "libim/base/error.hpp"
#include "tests/support/catch.hpp"

#include <unistd.h>

#include <array>
#include <optional>
#include <string>

using im::Endpoint;
using im::Error;
using im::ErrorKind;
using im::net::resolve;
using im::net::resolveApart;

TEST_CASE("Literals resolve to themselves", "[net]") {
    for (const auto resolver : {resolve, resolveApart}) {
        CHECK(resolver("10.0.0.1", 5000) == Endpoint::parse("10.0.0.1:5000"));
        CHECK(resolver("::1", 5000) == Endpoint::parse("[::1]:5000"));
    }
}

TEST_CASE("localhost is 127.0.0.1", "[net]") {
    CHECK(resolve("localhost", 4649) == Endpoint::parse("127.0.0.1:4649"));
    CHECK(resolveApart("localhost", 4649) == Endpoint::parse("127.0.0.1:4649"));
}

TEST_CASE("Another process resolves a name as this one does", "[net]") {
    // Of the host itself: the one name that resolves on a machine without a network.
    std::array<char, 256> self{};
    REQUIRE(gethostname(self.data(), self.size() - 1) == 0);
    std::optional<Endpoint> here;
    try {
        here = resolve(self.data(), 1);
    } catch (const Error&) {
        CHECK_THROWS_AS(resolveApart(self.data(), 1), Error);
        return;
    }
    CHECK(resolveApart(self.data(), 1) == here);
}

TEST_CASE("A name of no host is 68", "[net]") {
    // .invalid never resolves (RFC 6761), and a label over 63 bytes is not even asked for.
    for (const std::string& host : {std::string(64, 'x') + ".invalid", std::string(),
                                    std::string("-h"), std::string("--help")}) {
        for (const auto resolver : {resolve, resolveApart}) {
            try {
                static_cast<void>(resolver(host, 1));
                FAIL("it resolved");
            } catch (const Error& problem) {
                CHECK(problem.kind() == ErrorKind::NoHost);
                CHECK(std::string(problem.what()).starts_with(host + ": does not resolve: "));
            }
        }
    }
}
