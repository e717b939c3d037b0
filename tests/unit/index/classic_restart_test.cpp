// SPDX-License-Identifier: BSL-1.0
// ClassicIndex: what survives its end.
#include "tests/support/catch.hpp"
#include "tests/unit/index/world.hpp"

using namespace im::index;
using namespace im::index::test;

TEST_CASE("After a restart everybody is online, silently and in the same order") {
    World world;
    world.login("carol", "10.0.0.3:4000");
    world.login("alice", "10.0.0.1:4000");
    world.login("bob", "10.0.0.2:4000");
    world.logout("bob", "10.0.0.2:4000");
    world.tick();
    const auto datagrams = world.sink().datagrams;
    const auto events = world.observer().events.size();
    world.restart();
    world.tick();
    CHECK(world.roster("10.0.0.1") == Lines{"carol", "alice"});
    CHECK(world.sink().datagrams == datagrams);
    CHECK(world.observer().events.size() == events);
    CHECK(world.index().counters().logins == 0);
}

TEST_CASE("A restored user hears of others by any path") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    world.tick();
    world.restart();
    world.heard("10.0.0.1:4000");
    world.login("bob", "10.0.0.2:4000");
    world.tick();
    CHECK(world.heard("10.0.0.1:4000") == Lines{"login,bob,10.0.0.2:4000"});
    CHECK(world.sink().paths[endpointAt("10.0.0.1:4000")] == im::kAnyPath);
}

TEST_CASE("Restored users are told together") {
    World world;
    for (int i = 1; i <= 100; ++i)
        world.login("user" + std::to_string(i), "10.0.0." + std::to_string(i) + ":1");
    world.tick();
    world.restart();
    world.sink().fanOuts = 0;
    world.login("late", "10.0.0.200:1");
    world.tick();
    CHECK(world.sink().fanOuts == 1);
}

TEST_CASE("A restored user owns his name and his login is a renewal") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    world.tick();
    world.restart();
    world.login("alice", "10.0.0.2:4000");
    CHECK(world.refused(Refusal::Taken) == 1);
    world.login("alice", "10.0.0.1:4000");
    CHECK(world.index().counters().renewals == 1);
}

TEST_CASE("What was not committed did not happen, and every tick commits") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    CHECK(world.disk().commits == 0);
    world.tick();
    CHECK(world.disk().commits == 1);
    world.login("bob", "10.0.0.2:4000");
    world.restart();
    CHECK(world.roster("10.0.0.1") == Lines{"alice"});
    world.tick();
    CHECK(world.disk().commits == 1);
}

TEST_CASE("A pending user is not stored until he counts, and then before he gets the roster") {
    World world(openToAll());
    world.login("alice", "198.51.100.1:4000");
    world.tick();
    CHECK(world.disk().stored().empty());
    REQUIRE(world.roster("198.51.100.1"));
    REQUIRE(world.disk().stored().size() == 1);
    CHECK(world.disk().stored().front().name.str() == "alice");
    CHECK(world.disk().stored().front().endpoint == endpointAt("198.51.100.1:4000"));
    world.restart();
    CHECK(world.roster("198.51.100.1") == Lines{"alice"});
}

TEST_CASE("A replaced user is stored with his new endpoint, at the end") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    world.login("bob", "10.0.0.2:4000");
    world.login("alice", "10.0.0.1:4001");
    world.tick();
    REQUIRE(world.disk().stored().size() == 2);
    CHECK(world.disk().stored().back().endpoint == endpointAt("10.0.0.1:4001"));
    world.restart();
    CHECK(world.roster("10.0.0.1") == Lines{"bob", "alice"});
}

TEST_CASE("Every way of leaving leaves the store too") {
    Policy policy;
    policy.classicLease = 60s;
    World world(policy);
    world.login("alice", "10.0.0.1:4000");
    world.login("bob", "10.0.0.2:4000");
    world.login("carol", "10.0.0.3:4000");
    for (int i = 0; i < 3; ++i) {
        world.advance(5s);
        world.unreachable("10.0.0.1:4000");
    }
    world.tick();
    CHECK(world.disk().stored().size() == 2);
    world.logout("bob", "10.0.0.2:4000");
    world.tick();
    CHECK(world.disk().stored().size() == 1);
    world.advance(60s);
    CHECK(world.disk().stored().empty());
}

TEST_CASE("A restored user has a whole lease") {
    Policy policy;
    policy.classicLease = 60s;
    World world(policy);
    world.login("alice", "10.0.0.1:4000");
    world.advance(50s);
    world.restart();
    world.advance(59s);
    CHECK(world.index().userCount() == 1);
    world.advance(1s);
    CHECK(world.index().userCount() == 0);
}

TEST_CASE("The time of a login is of the calendar and never runs backwards") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    world.advance(1500ms);
    world.login("bob", "10.0.0.2:4000");
    world.tick();
    const auto first = world.disk().stored();
    REQUIRE(first.size() == 2);
    CHECK(first[0].since == 1'700'000'000'000);
    CHECK(first[1].since == 1'700'000'001'500);
    world.restart();  // with a calendar that was set back by 1.5 s
    world.login("carol", "10.0.0.3:4000");
    world.tick();
    CHECK(world.disk().stored().back().since == 1'700'000'001'500);
}

TEST_CASE("A stored user at what is now the index's own endpoint is dropped") {
    World world;
    world.disk().users = {{1, {nameOf("mallory"), endpointAt("10.0.0.254:4649"), 1}},
                          {2, {nameOf("bcast"), endpointAt("10.0.0.255:4000"), 2}},
                          {3, {nameOf("alice"), endpointAt("10.0.0.1:4000"), 3}}};
    world.restart();
    CHECK(world.roster("10.0.0.1") == Lines{"alice"});
    world.tick();
    CHECK(world.disk().stored().size() == 1);
}

TEST_CASE("Of a name that a file has twice, one user comes back and the other is dropped") {
    World world;
    world.disk().users = {{1, {nameOf("alice"), endpointAt("10.0.0.1:4000"), 1}},
                          {2, {nameOf("alice"), endpointAt("10.0.0.2:4000"), 2}}};
    world.restart();
    CHECK(world.roster("10.0.0.1") == Lines{"alice"});
    world.tick();
    REQUIRE(world.disk().stored().size() == 1);
    CHECK(world.disk().stored().front().endpoint == endpointAt("10.0.0.1:4000"));
}

TEST_CASE("Nobody is told of a login before it is stored") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    world.tick();
    world.heard("10.0.0.1:4000");
    world.store().slowDown();
    world.login("bob", "10.0.0.2:4000");
    world.tick();
    CHECK_FALSE(world.store().settled());
    CHECK(world.heard("10.0.0.1:4000").empty());
    world.store().write();
    REQUIRE(world.store().settled());
    world.tick();
    CHECK(world.heard("10.0.0.1:4000") == Lines{"login,bob,10.0.0.2:4000"});
}

TEST_CASE("What a roster tells is stored, also before the tick") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    world.login("bob", "10.0.0.2:4000");
    world.tick();
    world.store().slowDown();
    world.logout("bob", "10.0.0.2:4000");
    CHECK(world.roster("10.0.0.1") == Lines{"alice"});
    world.restart();
    CHECK(world.roster("10.0.0.1") == Lines{"alice"});
}

TEST_CASE("A pending user who fetches the roster is stored before he gets it, however slowly") {
    World world(openToAll());
    world.login("alice", "198.51.100.1:4000");
    world.tick();
    world.store().slowDown();
    REQUIRE(world.roster("198.51.100.1"));
    CHECK(world.disk().stored().size() == 1);
}

TEST_CASE("What the store is given while a commit is under way is committed after it") {
    World world;
    world.store().slowDown();
    world.login("alice", "10.0.0.1:4000");
    world.tick();
    const StoreKey other = world.store().put({nameOf("other"), endpointAt("10.0.0.9:1"), 1});
    world.store().write();
    CHECK_FALSE(world.store().settled());
    world.tick();
    world.store().write();
    REQUIRE(world.store().settled());
    CHECK(world.disk().users.contains(other));
    world.login("bob", "10.0.0.2:4000");
    world.tick();
    world.store().write();
    world.tick();
    CHECK(world.disk().stored().size() == 3);
}
