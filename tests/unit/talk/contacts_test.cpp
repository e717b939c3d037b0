// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/contacts.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/talk/listener_story.hpp"

using namespace im;
using namespace im::talk;

TEST_CASE("Contacts says that a new name and a new endpoint are news, and nothing else") {
    Contacts contacts;
    CHECK(contacts.put("bob", endpoint("10.0.0.2:4002")));
    CHECK_FALSE(contacts.put("bob", endpoint("10.0.0.2:4002")));
    CHECK(contacts.put("bob", endpoint("10.0.0.2:4003")));
    CHECK(contacts.find("bob") == endpoint("10.0.0.2:4003"));
    CHECK(contacts.all().size() == 1);
}

TEST_CASE("Contacts drops a known name once") {
    Contacts contacts;
    contacts.put("bob", endpoint("10.0.0.2:4002"));
    CHECK(contacts.drop("bob"));
    CHECK_FALSE(contacts.drop("bob"));
    CHECK_FALSE(contacts.find("bob"));
}

TEST_CASE("Contacts counts every change and only changes") {
    Contacts contacts;
    const auto fresh = contacts.version();
    contacts.clear();
    contacts.drop("bob");
    CHECK(contacts.version() == fresh);
    contacts.put("bob", endpoint("10.0.0.2:4002"));
    const auto withBob = contacts.version();
    CHECK(withBob != fresh);
    contacts.put("bob", endpoint("10.0.0.2:4002"));
    CHECK(contacts.version() == withBob);
    contacts.put("bob", endpoint("10.0.0.2:4003"));
    CHECK(contacts.version() != withBob);
    const auto moved = contacts.version();
    contacts.clear();
    CHECK(contacts.version() != moved);
    CHECK(contacts.all().empty());
}

TEST_CASE("Contacts takes no more names than it says, but lets the known ones move (T12)") {
    Contacts contacts(2);
    CHECK(contacts.put("alice", endpoint("10.0.0.1:4001")));
    CHECK(contacts.put("bob", endpoint("10.0.0.2:4002")));
    CHECK_FALSE(contacts.put("carol", endpoint("10.0.0.3:4003")));
    CHECK_FALSE(contacts.find("carol"));
    CHECK(contacts.put("bob", endpoint("10.0.0.2:4003")));
    contacts.drop("alice");
    CHECK(contacts.put("carol", endpoint("10.0.0.3:4003")));
}

TEST_CASE("Contacts lists names byte by byte in order") {
    Contacts contacts;
    for (const char* user : {"bob", "Zoe", "天涯", "alice"})
        contacts.put(user, endpoint("10.0.0.2:4002"));
    Lines names;
    for (const auto& [user, where] : contacts.all()) names.push_back(user);
    CHECK(names == Lines{"Zoe", "alice", "bob", "天涯"});
}

TEST_CASE("A talk from the host of the user it names is not BAD, whatever the port") {
    Contacts contacts;
    contacts.put("bob", endpoint("10.0.0.2:4002"));
    CHECK(contacts.trustOfTalk("bob", endpoint("10.0.0.2:1").address) == Trust::None);
}

TEST_CASE("A talk from another host than that of the user it names is BAD") {
    Contacts contacts;
    contacts.put("bob", endpoint("10.0.0.2:4002"));
    CHECK(contacts.trustOfTalk("bob", endpoint("10.0.0.9:4002").address) == Trust::Bad);
}

TEST_CASE("A talk that names nobody in the roster has trust none") {
    CHECK(Contacts().trustOfTalk("bob", endpoint("10.0.0.9:4002").address) == Trust::None);
}

TEST_CASE("All of 127.0.0.0/8 is one host in the trust of a talk") {
    Contacts contacts;
    contacts.put("bob", endpoint("127.7.7.2:4002"));
    CHECK(contacts.trustOfTalk("bob", endpoint("127.0.0.1:1").address) == Trust::None);
    CHECK(contacts.trustOfTalk("bob", endpoint("10.0.0.1:1").address) == Trust::Bad);
}
