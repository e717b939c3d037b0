// SPDX-License-Identifier: BSL-1.0
#include "libim/node/listen_filter.hpp"

#include "libim/base/error.hpp"
#include "tests/support/catch.hpp"

#include <functional>

using im::Error;
using im::ErrorKind;
using im::Event;
using im::EventType;
using im::node::ListenFilter;

namespace {

Event event(EventType type, std::string user) {
    Event made;
    made.type = type;
    made.user = std::move(user);
    return made;
}

ErrorKind kindOf(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& problem) {
        return problem.kind();
    }
    return ErrorKind::Software;
}

}  // namespace

TEST_CASE("Without options every type but roster is told", "[node]") {
    ListenFilter filter;
    for (const auto type : {EventType::Talk, EventType::Login, EventType::Logout, EventType::Gap,
                            EventType::Key, EventType::Server})
        CHECK(filter.takes(event(type, "bob")));
    CHECK_FALSE(filter.takes(event(EventType::Roster, "bob")));

    filter.takeRoster();
    CHECK(filter.takes(event(EventType::Roster, "bob")));
    CHECK(filter.takes(event(EventType::Talk, "bob")));
}

TEST_CASE("Named types are told and no others, roster or not", "[node]") {
    ListenFilter filter;
    filter.addTypes("login,roster");
    filter.addTypes("gap");
    for (const auto type : {EventType::Login, EventType::Roster, EventType::Gap})
        CHECK(filter.takes(event(type, "bob")));
    CHECK_FALSE(filter.takes(event(EventType::Talk, "bob")));

    ListenFilter onlyTalk;
    onlyTalk.addTypes("talk");
    onlyTalk.takeRoster();
    CHECK_FALSE(onlyTalk.takes(event(EventType::Roster, "bob")));
}

TEST_CASE("A type that does not exist is a usage error", "[node]") {
    for (const char* list : {"", "tlak", "talk,", ",talk", "Talk", "talk login"}) {
        ListenFilter filter;
        CAPTURE(list);
        CHECK(kindOf([&] { filter.addTypes(list); }) == ErrorKind::Usage);
    }
}

TEST_CASE("Named users are told and no others", "[node]") {
    ListenFilter filter;
    filter.addUser("bob");
    filter.addUser("天涯");
    CHECK(filter.takes(event(EventType::Talk, "bob")));
    CHECK(filter.takes(event(EventType::Logout, "天涯")));
    CHECK_FALSE(filter.takes(event(EventType::Talk, "bobby")));
    CHECK_FALSE(filter.takes(event(EventType::Talk, "Bob")));
    CHECK_FALSE(filter.takes(event(EventType::Server, "")));
}

TEST_CASE("Excluded users are left out, and records of nobody are not", "[node]") {
    ListenFilter filter;
    filter.addUser("!carol");
    CHECK(filter.takes(event(EventType::Talk, "bob")));
    CHECK(filter.takes(event(EventType::Server, "")));
    CHECK_FALSE(filter.takes(event(EventType::Talk, "carol")));

    filter.addUser("bob");
    filter.addUser("carol");
    CHECK(filter.takes(event(EventType::Talk, "bob")));
    CHECK_FALSE(filter.takes(event(EventType::Talk, "carol")));
    CHECK_FALSE(filter.takes(event(EventType::Talk, "dave")));
}

TEST_CASE("What is no name cannot be filtered by", "[node]") {
    for (const char* operand : {"", "!", "!!a,b", "a/b", "end"}) {
        ListenFilter filter;
        CAPTURE(operand);
        CHECK(kindOf([&] { filter.addUser(operand); }) == ErrorKind::Usage);
    }
}
