// SPDX-License-Identifier: BSL-1.0
#include "libim/base/event.hpp"

#include "tests/support/catch.hpp"

using namespace im;

TEST_CASE("the words of the column TYPE are those of the manual") {
    CHECK(toString(EventType::Talk) == "talk");
    CHECK(toString(EventType::Login) == "login");
    CHECK(toString(EventType::Logout) == "logout");
    CHECK(toString(EventType::Roster) == "roster");
    CHECK(toString(EventType::Gap) == "gap");
    CHECK(toString(EventType::Key) == "key");
    CHECK(toString(EventType::Server) == "server");
}

TEST_CASE("the words of the column TRUST are those of the manual") {
    CHECK(toString(Trust::Absent) == "-");
    CHECK(toString(Trust::Self) == "self");
    CHECK(toString(Trust::Ok) == "ok");
    CHECK(toString(Trust::New) == "new");
    CHECK(toString(Trust::Verified) == "verified");
    CHECK(toString(Trust::Bad) == "BAD");
    CHECK(toString(Trust::None) == "none");
}
