// SPDX-License-Identifier: BSL-1.0
// ClassicIndex: logins that count only when their address has been shown, and who gets a roster.
#include "tests/support/catch.hpp"
#include "tests/unit/index/world.hpp"

using namespace im::index;
using namespace im::index::test;

namespace {

Policy confirming(Confirm confirm) {
    Policy policy = openToAll();
    policy.confirm = confirm;
    return policy;
}

}  // namespace

TEST_CASE("A pending user gets the Accept, no events, and stands in no roster") {
    World world(openToAll());
    world.login("alice", "198.51.100.1:4000");
    world.login("bob", "10.0.0.2:4000");
    world.tick();
    CHECK(world.heard("198.51.100.1:4000") == Lines{"Accept,4650"});
    CHECK(world.heard("10.0.0.2:4000") == Lines{"Accept,4650"});
    CHECK(world.roster("10.0.0.2") == Lines{"bob"});
    CHECK(world.index().userCount() == 1);
    CHECK(world.index().pendingCount() == 1);
    CHECK(world.observer().lines() == Lines{"login bob 10.0.0.2:4000"});
}

TEST_CASE("A roster fetch from the claimed address makes a pending user count") {
    World world(openToAll());
    world.login("bob", "10.0.0.2:4000");
    world.login("alice", "198.51.100.1:4000");
    world.tick();
    world.heard("10.0.0.2:4000");
    CHECK(world.roster("198.51.100.1") == Lines{"bob", "alice"});
    CHECK(world.index().userCount() == 2);
    CHECK(world.index().pendingCount() == 0);
    CHECK(world.isDue());
    world.tick();
    CHECK(world.heard("10.0.0.2:4000") == Lines{"login,alice,198.51.100.1:4000"});
    world.login("carol", "10.0.0.3:4000");
    world.tick();
    CHECK(world.heard("198.51.100.1:4000") == Lines{"Accept,4650", "login,carol,10.0.0.3:4000"});
}

TEST_CASE("One fetch confirms all pending logins of its address and no others") {
    World world(openToAll());
    world.login("a", "198.51.100.1:1");
    world.login("b", "198.51.100.1:2");
    world.login("c", "198.51.100.2:1");
    CHECK(world.roster("198.51.100.1")->size() == 2);
    CHECK(world.index().userCount() == 2);
    CHECK(world.index().pendingCount() == 1);
}

TEST_CASE("A login that is not confirmed within ten seconds never was") {
    World world(openToAll());
    world.login("alice", "198.51.100.1:4000");
    CHECK(world.index().nextDeadline() == world.now() + kConfirmTime);
    world.advance(9999ms);
    CHECK(world.index().pendingCount() == 1);
    world.advance(1ms);
    CHECK(world.index().pendingCount() == 0);
    CHECK_FALSE(world.roster("198.51.100.1"));
    CHECK(world.index().userCount() == 0);
    CHECK(world.observer().events.empty());
    CHECK_FALSE(world.index().nextDeadline());
}

TEST_CASE("A repeated pending login is answered but has no more time") {
    World world(openToAll());
    world.login("alice", "198.51.100.1:4000");
    world.advance(6s);
    world.login("alice", "198.51.100.1:4000");
    CHECK(world.heard("198.51.100.1:4000") == Lines{"Accept,4650", "Accept,4650"});
    CHECK(world.index().pendingCount() == 1);
    world.advance(4s);
    CHECK(world.index().pendingCount() == 0);
}

TEST_CASE("A pending login from another port replaces the one before, unannounced") {
    World world(openToAll());
    world.login("alice", "198.51.100.1:4000");
    world.login("alice", "198.51.100.1:4001");
    CHECK(world.index().pendingCount() == 1);
    CHECK(world.roster("198.51.100.1") == Lines{"alice"});
    CHECK(world.observer().lines() == Lines{"login alice 198.51.100.1:4001"});
}

TEST_CASE("A pending user may log out, and nobody hears of it") {
    World world(openToAll());
    world.login("bob", "10.0.0.2:4000");
    world.login("alice", "198.51.100.1:4000");
    world.tick();
    world.heard("10.0.0.2:4000");
    world.logout("alice", "198.51.100.1:4001");
    CHECK(world.index().pendingCount() == 1);
    world.logout("alice", "198.51.100.1:4000");
    world.tick();
    CHECK(world.index().pendingCount() == 0);
    CHECK(world.heard("10.0.0.2:4000").empty());
}

TEST_CASE("A name that is pending from two hosts goes to the first who shows himself") {
    World world(openToAll());
    world.login("alice", "198.51.100.66:4000");
    world.login("alice", "198.51.100.1:4000");
    CHECK(world.index().pendingCount() == 2);
    CHECK(world.roster("198.51.100.1") == Lines{"alice"});
    CHECK(world.roster("198.51.100.66") == Lines{"alice"});
    CHECK(world.refused(Refusal::Taken) == 1);
    CHECK(world.observer().lines() == Lines{"login alice 198.51.100.1:4000"});
    CHECK(world.index().pendingCount() == 0);
}

TEST_CASE("Who is online may take another port without showing himself again") {
    World world(openToAll());
    world.login("alice", "198.51.100.1:4000");
    CHECK(world.roster("198.51.100.1"));
    world.tick();
    world.login("alice", "198.51.100.1:4001");
    world.tick();
    CHECK(world.index().userCount() == 1);
    CHECK(world.index().pendingCount() == 0);
    CHECK(world.observer().lines().back() == "login alice 198.51.100.1:4001");
}

TEST_CASE("A user of another name at a shown address must show himself too") {
    World world(openToAll());
    world.login("alice", "198.51.100.1:4000");
    CHECK(world.roster("198.51.100.1"));
    world.login("bob", "198.51.100.1:4001");
    CHECK(world.index().pendingCount() == 1);
}

TEST_CASE("With confirm=tcp local users must show themselves, all of 127.0.0.0/8 as one") {
    World world(confirming(Confirm::Tcp));
    world.loginFrom("alice", "127.7.7.2:4002", "127.0.0.1:9");
    world.login("bob", "10.0.0.2:4000");
    CHECK(world.index().pendingCount() == 2);
    CHECK(world.roster("127.0.0.1") == Lines{"alice"});
    CHECK(world.roster("10.0.0.2") == Lines{"alice", "bob"});
}

TEST_CASE("With confirm=off everybody counts at once") {
    World world(confirming(Confirm::Off));
    world.login("alice", "198.51.100.1:4000");
    CHECK(world.index().userCount() == 1);
    CHECK(world.index().pendingCount() == 0);
}

TEST_CASE("A reload to confirm=off lets a pending user count at his next login") {
    World world(openToAll());
    world.login("alice", "198.51.100.1:4000");
    world.index().setPolicy(confirming(Confirm::Off));
    world.login("alice", "198.51.100.1:4000");
    CHECK(world.index().userCount() == 1);
    CHECK(world.index().pendingCount() == 0);
}

TEST_CASE("A user confirmed when the index is full does not count") {
    Policy policy = openToAll();
    policy.maxUsers = 1;
    World world(policy);
    world.login("alice", "198.51.100.1:4000");
    world.login("bob", "198.51.100.2:4000");
    CHECK(world.roster("198.51.100.1") == Lines{"alice"});
    CHECK(world.roster("198.51.100.2") == Lines{"alice"});
    CHECK(world.refused(Refusal::Full) == 1);
    CHECK(world.index().userCount() == 1);
}

TEST_CASE("The roster lists users in order of login, the asking one too") {
    World world;
    world.login("carol", "10.0.0.3:4000");
    world.login("alice", "10.0.0.1:4000");
    world.login("bob", "10.0.0.2:4000");
    CHECK(world.roster("10.0.0.1") == Lines{"carol", "alice", "bob"});
    world.login("alice", "10.0.0.1:4000");
    CHECK(world.roster("10.0.0.1") == Lines{"carol", "alice", "bob"});
    world.login("carol", "10.0.0.3:4001");
    CHECK(world.roster("10.0.0.1") == Lines{"alice", "bob", "carol"});
    world.logout("bob", "10.0.0.2:4000");
    CHECK(world.roster("10.0.0.1") == Lines{"alice", "carol"});
    CHECK(world.index().counters().rosters == 4);
}

TEST_CASE("The roster's bytes are those of the classic server") {
    World world;
    world.loginFrom("alice", "127.7.7.2:4002", "127.0.0.1:9");
    const auto bytes = world.index().fetchRoster(addressAt("127.0.0.1"), world.now());
    REQUIRE(bytes);
    CHECK(bytes->str() ==
          "\x18"
          "alice,127.7.7.2:4002;end");
}

TEST_CASE("The roster of nobody is its end") {
    World world;
    CHECK(world.index().fetchRoster(addressAt("10.0.0.1"), world.now())->str() ==
          "\x03"
          "end");
}

TEST_CASE("All connections share one roster until somebody comes or goes") {
    World world;
    const auto fetch = [&] {
        return world.index().fetchRoster(addressAt("10.0.0.9"), world.now());
    };
    world.login("alice", "10.0.0.1:4000");
    const auto first = fetch();
    CHECK(fetch() == first);
    world.login("alice", "10.0.0.1:4000");
    CHECK(fetch() == first);
    world.login("bob", "10.0.0.2:4000");
    const auto second = fetch();
    CHECK(second != first);
    CHECK(first->str().substr(1) == "alice,10.0.0.1:4000;end");
    world.logout("bob", "10.0.0.2:4000");
    CHECK(fetch() != second);
    CHECK(fetch()->str() == first->str());
}

TEST_CASE("A roster that grew by one login is that of a fresh index") {
    World world;
    for (int i = 0; i < 50; ++i) {
        const std::string number = std::to_string(i);
        world.login("user" + number, "10.0.0.1:" + std::to_string(1000 + i));
        if (i % 7 == 3)
            world.logout("user" + std::to_string(i / 2),
                         "10.0.0.1:" + std::to_string(1000 + i / 2));
        const auto grown = world.roster("10.0.0.1");
        World fresh;
        for (const std::string& name : *grown) {
            const auto port = 1000 + std::stoi(name.substr(4));
            fresh.login(name, "10.0.0.1:" + std::to_string(port));
        }
        REQUIRE(world.index().fetchRoster(addressAt("10.0.0.1"), world.now())->str() ==
                fresh.index().fetchRoster(addressAt("10.0.0.1"), fresh.now())->str());
    }
}

TEST_CASE("Whoever may use classic gets the roster, outside only with a login") {
    World world(openToAll());
    CHECK(world.roster("10.0.0.77"));
    CHECK(world.roster("127.0.0.1"));
    CHECK_FALSE(world.roster("198.51.100.1"));
    CHECK(world.refused(Refusal::RosterDenied) == 1);
    CHECK(world.observer().refusals.back() ==
          std::pair(Refusal::RosterDenied, endpointAt("198.51.100.1:0")));
    world.login("alice", "198.51.100.1:4000");
    CHECK(world.roster("198.51.100.1"));
    world.logout("alice", "198.51.100.1:4000");
    CHECK_FALSE(world.roster("198.51.100.1"));
}

TEST_CASE("Who may not use classic gets no roster, in no network") {
    Policy policy;
    policy.classicFrom = *im::parseCidrList("10.0.0.0/24");
    World world(policy);
    CHECK(world.roster("10.0.0.1"));
    CHECK_FALSE(world.roster("10.0.1.1"));
    CHECK_FALSE(world.roster("127.0.0.1"));
    CHECK_FALSE(world.roster("198.51.100.1"));
}
