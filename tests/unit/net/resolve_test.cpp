// SPDX-License-Identifier: BSL-1.0
#include "libim/net/resolve.hpp"

#include "libim/base/error.hpp"
#include "tests/support/catch.hpp"

#include <string>

using im::Endpoint;
using im::Error;
using im::ErrorKind;
using im::net::resolve;

TEST_CASE("Literals resolve to themselves", "[net]") {
    CHECK(resolve("10.0.0.1", 5000) == Endpoint::parse("10.0.0.1:5000"));
    CHECK(resolve("::1", 5000) == Endpoint::parse("[::1]:5000"));
}

TEST_CASE("localhost is 127.0.0.1", "[net]") {
    CHECK(resolve("localhost", 4649) == Endpoint::parse("127.0.0.1:4649"));
}

TEST_CASE("A name of no host is 68", "[net]") {
    // .invalid never resolves (RFC 6761), and a label over 63 bytes is not even asked for.
    for (const std::string& host : {std::string(64, 'x') + ".invalid", std::string()}) {
        try {
            static_cast<void>(resolve(host, 1));
            FAIL("it resolved");
        } catch (const Error& problem) {
            CHECK(problem.kind() == ErrorKind::NoHost);
            CHECK(std::string(problem.what()).starts_with(host + ": does not resolve: "));
        }
    }
}
