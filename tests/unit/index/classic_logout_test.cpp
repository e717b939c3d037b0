// SPDX-License-Identifier: BSL-1.0
// ClassicIndex: going offline, by word, by lease, or because nobody is there any more.
#include "tests/support/catch.hpp"
#include "tests/unit/index/world.hpp"

using namespace im::index;
using namespace im::index::test;

namespace {

void enter(World& world) {
    world.login("alice", "10.0.0.1:4000");
    world.login("bob", "10.0.0.2:4000");
    world.tick();
    world.heard("10.0.0.1:4000");
    world.heard("10.0.0.2:4000");
}

/// As often and as long as it takes; the tick that draws the conclusion is still to come.
void makeUnreachable(World& world) {
    for (int i = 0; i < 3; ++i) {
        world.advance(5s);
        world.unreachable("10.0.0.1:4000");
    }
}

std::uint64_t logoutsBy(World& world, LogoutReason reason) {
    return world.index().counters().logouts[static_cast<std::size_t>(reason)];
}

Policy withLease(im::Duration lease) {
    Policy policy;
    policy.classicLease = lease;
    return policy;
}

}  // namespace

TEST_CASE("A logout is told to everybody left, and the leaver gets nothing") {
    World world;
    enter(world);
    world.logoutFrom("alice", "10.0.0.1:4000", "10.0.0.1:50123");
    world.tick();
    CHECK(world.heard("10.0.0.2:4000") == Lines{"logout,alice,10.0.0.1:4000"});
    CHECK(world.heard("10.0.0.1:4000").empty());
    CHECK(world.index().userCount() == 1);
    CHECK(world.observer().lines().back() == "logout alice bye");
    CHECK(logoutsBy(world, LogoutReason::Bye) == 1);
}

TEST_CASE("A logout may be spelled as the least modified client spells it") {
    World world;
    enter(world);
    world.say("lohout,alice,10.0.0.1:4000", "10.0.0.1:50123");
    world.tick();
    CHECK(world.heard("10.0.0.2:4000") == Lines{"logout,alice,10.0.0.1:4000"});
}

TEST_CASE("A logout of nobody is not relayed") {
    World world;
    enter(world);
    world.logout("carol", "10.0.0.3:4000");
    world.logout("alice", "10.0.0.1:4001");
    world.tick();
    CHECK(world.heard("10.0.0.2:4000").empty());
    CHECK(world.refused(Refusal::UnknownUser) == 2);
    CHECK(world.index().userCount() == 2);
}

TEST_CASE("A logout from another host has no effect") {
    World world;
    enter(world);
    world.logoutFrom("alice", "10.0.0.1:4000", "10.0.0.2:4000");
    world.tick();
    CHECK(world.refused(Refusal::SourceMismatch) == 1);
    CHECK(world.index().userCount() == 2);
}

TEST_CASE("A logout of what is no name has no effect") {
    World world;
    enter(world);
    world.logout("end", "10.0.0.1:4000");
    CHECK(world.refused(Refusal::BadName) == 1);
}

TEST_CASE("Without a lease a login lasts until logout") {
    World world;
    enter(world);
    CHECK_FALSE(world.index().nextDeadline());
    world.advance(24h * 3650);
    CHECK(world.index().userCount() == 2);
}

TEST_CASE("A lease that is not renewed ends the login, and the others hear of it") {
    World world(withLease(90s));
    enter(world);
    CHECK(world.index().nextDeadline() == world.now() + 90s);
    world.advance(60s);
    world.login("bob", "10.0.0.2:4000");
    world.advance(29s);
    CHECK(world.index().userCount() == 2);
    world.heard("10.0.0.2:4000");
    world.advance(1s);
    CHECK(world.heard("10.0.0.2:4000") == Lines{"logout,alice,10.0.0.1:4000"});
    CHECK(world.heard("10.0.0.1:4000").empty());
    CHECK(world.observer().lines().back() == "logout alice lease");
    world.advance(60s);
    CHECK(world.index().userCount() == 0);
    CHECK_FALSE(world.index().nextDeadline());
}

TEST_CASE("A lease given by a reload begins then, for everybody") {
    World world;
    enter(world);
    world.advance(24h);
    world.index().setPolicy(withLease(90s));
    world.advance(89s);
    CHECK(world.index().userCount() == 2);
    world.advance(1s);
    CHECK(world.index().userCount() == 0);
}

TEST_CASE("A lease taken back by a reload ends nobody's login") {
    World world(withLease(90s));
    enter(world);
    world.index().setPolicy({});
    world.advance(1h);
    CHECK(world.index().userCount() == 2);
    CHECK_FALSE(world.index().nextDeadline());
}

TEST_CASE("A reload with the same lease leaves leases as they are") {
    World world(withLease(90s));
    enter(world);
    world.advance(60s);
    Policy policy = withLease(90s);
    policy.maxUsers = 5;
    world.index().setPolicy(policy);
    world.advance(30s);
    CHECK(world.index().userCount() == 0);
}

TEST_CASE("When everybody leaves at once, each tick ends a bounded number") {
    Policy policy = withLease(90s);
    policy.rate = 0;
    policy.maxPerIp = 0;
    World world(policy);
    constexpr std::size_t kUsers = 3000;
    for (std::size_t i = 0; i < kUsers; ++i)
        world.login("user" + std::to_string(i), "10.0.0.1:" + std::to_string(1000 + i));
    world.tick();
    world.advance(90s);
    CHECK(world.index().userCount() == kUsers - kMaxEndsPerTick);
    CHECK(world.isDue());
    world.tick();
    world.tick();
    CHECK(world.index().userCount() == 0);
    CHECK(logoutsBy(world, LogoutReason::Lease) == kUsers);
}

TEST_CASE("Three times unreachable over ten seconds is a logout") {
    World world;
    enter(world);
    world.unreachable("10.0.0.1:4000");
    world.advance(5s);
    world.unreachable("10.0.0.1:4000");
    world.advance(5s);
    CHECK(world.index().userCount() == 2);
    world.unreachable("10.0.0.1:4000");
    CHECK(world.isDue());
    world.tick();
    CHECK(world.index().userCount() == 1);
    CHECK(world.heard("10.0.0.2:4000") == Lines{"logout,alice,10.0.0.1:4000"});
    CHECK(world.observer().lines().back() == "logout alice unreachable");
    CHECK_FALSE(world.index().nextDeadline());
}

TEST_CASE("A hundred times unreachable within ten seconds is not yet a logout") {
    World world;
    enter(world);
    world.advance(50ms);  // between two ticks of the index's count
    for (int i = 0; i < 100; ++i) world.unreachable("10.0.0.1:4000");
    world.tick();
    CHECK(world.index().userCount() == 2);
    world.advance(9900ms);
    world.unreachable("10.0.0.1:4000");
    world.tick();
    CHECK(world.index().userCount() == 2);
    world.advance(200ms);
    world.unreachable("10.0.0.1:4000");
    world.tick();
    CHECK(world.index().userCount() == 1);
}

TEST_CASE("Twice unreachable is no logout, however long after") {
    World world;
    enter(world);
    world.unreachable("10.0.0.1:4000");
    world.advance(1h);
    world.unreachable("10.0.0.1:4000");
    world.advance(1h);
    CHECK(world.index().userCount() == 2);
}

TEST_CASE("Who logs in again is reachable again") {
    World world;
    enter(world);
    for (int i = 0; i < 3; ++i) {
        world.unreachable("10.0.0.1:4000");
        world.advance(4s);
    }
    world.login("alice", "10.0.0.1:4000");
    world.unreachable("10.0.0.1:4000");
    world.tick();
    CHECK(world.index().userCount() == 2);
}

TEST_CASE("A login between the last error and the tick saves the user") {
    World world;
    enter(world);
    makeUnreachable(world);
    world.login("alice", "10.0.0.1:4000");
    world.tick();
    CHECK(world.index().userCount() == 2);
}

TEST_CASE("Who logs out between the last error and the tick has left once") {
    World world;
    enter(world);
    makeUnreachable(world);
    world.logout("alice", "10.0.0.1:4000");
    world.tick();
    CHECK(world.heard("10.0.0.2:4000") == Lines{"logout,alice,10.0.0.1:4000"});
    CHECK(logoutsBy(world, LogoutReason::Bye) == 1);
    CHECK(world.index().isConsistent());
}

TEST_CASE("A row that changed hands before the tick keeps its new user") {
    World world;
    enter(world);
    makeUnreachable(world);
    world.logout("alice", "10.0.0.1:4000");
    world.login("carol", "10.0.0.3:4000");
    world.unreachable("10.0.0.3:4000");
    world.tick();
    CHECK(world.roster("10.0.0.1") == Lines{"bob", "carol"});
}

TEST_CASE("All users of an endpoint are unreachable together, and others not") {
    World world;
    enter(world);
    world.login("carol", "10.0.0.1:4000");
    world.login("dave", "10.0.0.1:4001");
    for (int i = 0; i < 3; ++i) {
        world.advance(5s);
        world.unreachable("10.0.0.1:4000");
        world.unreachable("10.0.0.77:1");
    }
    world.tick();
    CHECK(world.roster("10.0.0.1") == Lines{"bob", "dave"});
}
