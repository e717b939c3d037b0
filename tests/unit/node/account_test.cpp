// SPDX-License-Identifier: BSL-1.0
#include "libim/node/account.hpp"

#include "libim/net/roster_fetch.hpp"
#include "tests/support/catch.hpp"

#include <string>

using im::ErrorKind;
using im::net::RosterFetch;
using im::node::rosterError;

TEST_CASE("An index that closes without a byte refuses us, and no hint leads astray", "[node]") {
    const auto error = rosterError("h:1", 2, std::string(RosterFetch::kNothingGiven), "log in");
    CHECK(error.kind() == ErrorKind::NoPermission);
    CHECK(std::string(error.what()) == "h:1: the index does not give its roster to this address");
    CHECK(error.hint().empty());
}

TEST_CASE("Silence is no foreign protocol, and the other way round", "[node]") {
    CHECK(rosterError("h:1", 2, "no answer", "log in").kind() == ErrorKind::Unavailable);
    CHECK(rosterError("h:1", 2, "no answer", "log in").hint() == "log in");
    CHECK(rosterError("h:1", 2, "roster: no end", {}).kind() == ErrorKind::Protocol);
}
