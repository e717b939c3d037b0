// SPDX-License-Identifier: BSL-1.0
// The attacks T1 to T15 of doc/protocol.md, one test each: that it fails with the defaults, and
// that it is a real one, by letting it succeed where a knob turns the defence off.  Some attack
// clients: there the test holds what the index adds to the defence.
//
// Alice is at 10.0.0.1, Bob at 10.0.0.2, Mallory at 10.0.0.66; victims that know nothing of any
// of this are at 203.0.113.x.
#include "tests/support/catch.hpp"
#include "tests/unit/index/world.hpp"

using namespace im::index;
using namespace im::index::test;

namespace {

constexpr const char* kAlice = "10.0.0.1:4000";
constexpr const char* kBob = "10.0.0.2:4000";
constexpr const char* kMallory = "10.0.0.66:4000";
constexpr const char* kVictim = "203.0.113.5:4000";

/// Alice and Bob are online and have heard what there was.
void enter(World& world) {
    world.login("alice", kAlice);
    world.login("bob", kBob);
    world.tick();
    world.heard(kAlice);
    world.heard(kBob);
}

/// 1000 logins from one address, as fast as it may.
void storm(World& world, const std::string& name, const std::string& address) {
    for (int i = 0; i < 1000; ++i) {
        world.login(name + std::to_string(i), address + ":" + std::to_string(1000 + i));
        if (i % 200 == 199) world.advance(1s);
        world.sink().heard.clear();
    }
}

Policy withSource(SourceCheck check) {
    Policy policy;
    policy.source = check;
    return policy;
}

}  // namespace

TEST_CASE("T1: nobody is logged in at another address than the one the login came from") {
    SECTION("ip: the address must be right") {
        World world;
        world.loginFrom("alice", kAlice, kMallory);
        CHECK(world.index().userCount() == 0);
        CHECK(world.refused(Refusal::SourceMismatch) == 1);
        CHECK(world.sink().datagrams == 0);
        world.loginFrom("alice", kAlice, "10.0.0.1:50123");
        CHECK(world.index().userCount() == 1);
    }
    SECTION("strict: the port too") {
        World world(withSource(SourceCheck::Strict));
        world.loginFrom("alice", kAlice, "10.0.0.1:50123");
        CHECK(world.index().userCount() == 0);
        world.login("alice", kAlice);
        CHECK(world.index().userCount() == 1);
    }
    SECTION("any: the attack succeeds") {
        World world(withSource(SourceCheck::Any));
        world.loginFrom("alice", kAlice, kMallory);
        CHECK(world.index().userCount() == 1);
    }
}

TEST_CASE("T2: three short answers in ten seconds are all that reaches an unproven address") {
    SECTION("confirm=auto") {
        World world(openToAll());
        enter(world);
        // The source is forged, so that even the source check is passed.
        world.login("mallory", kVictim);
        for (int i = 0; i < 50; ++i) {
            world.login("carol", "10.0.0.3:4000");
            world.logout("carol", "10.0.0.3:4000");
            world.tick();
        }
        for (int i = 0; i < 20; ++i) {
            world.login("mallory", kVictim);
            world.login("mallory" + std::to_string(i), kVictim);
            world.login("-" + std::to_string(i), kVictim);
            world.logout("mallory", kVictim);
            world.advance(400ms);
        }
        CHECK(world.heard(kVictim) == Lines{"Accept,4650", "Accept,4650", "Accept,4650"});
        CHECK(world.refused(Refusal::Rate) == 38);
        CHECK(world.heard(kAlice).size() == 100);
        world.advance(kConfirmTime);
        world.login("carol", "10.0.0.3:4000");
        world.tick();
        CHECK(world.heard(kVictim).empty());
    }
    SECTION("who shows himself has as many answers as he asks for") {
        World world(openToAll());
        for (int i = 0; i < 10; ++i) {
            world.login("alice", kVictim);
            CHECK(world.roster("203.0.113.5") == Lines{"alice"});
            world.logout("alice", kVictim);
        }
        CHECK(world.heard(kVictim).size() == 10);
    }
    SECTION("many names at one loopback address are all answered") {
        Policy policy;
        policy.confirm = Confirm::Tcp;
        World world(policy);
        for (int i = 1; i <= 100; ++i) world.login("m" + std::to_string(i), "127.0.0.1:4000");
        CHECK(world.heard("127.0.0.1:4000").size() == 100);
    }
    SECTION("confirm=off: the attack succeeds") {
        Policy policy = openToAll();
        policy.confirm = Confirm::Off;
        World world(policy);
        world.login("mallory", kVictim);
        enter(world);
        CHECK(world.heard(kVictim) ==
              Lines{"Accept,4650", "login,alice,10.0.0.1:4000", "login,bob,10.0.0.2:4000"});
    }
}

TEST_CASE("T3: an endpoint that is no single program is refused") {
    World world(openToAll());
    for (const char* endpoint : {"10.0.0.255:4000", "255.255.255.255:4000", "224.0.0.1:4000",
                                 "0.0.0.0:4000", "240.1.1.1:4000", "10.0.0.66:0"}) {
        const auto before = world.refused(Refusal::BadEndpoint);
        world.login("mallory", endpoint);
        world.tick();
        CHECK(world.refused(Refusal::BadEndpoint) == before + 1);
    }
    CHECK(world.index().userCount() == 0);
    CHECK(world.index().pendingCount() == 0);
    CHECK(world.sink().datagrams == 0);
}

TEST_CASE("T4: the index cannot be made to talk to itself") {
    World world;
    enter(world);
    for (const char* endpoint : {"127.0.0.1:4649", "127.3.2.1:4649", "10.0.0.254:4649"}) {
        const auto before = world.refused(Refusal::Self);
        world.login("echo", endpoint);
        CHECK(world.refused(Refusal::Self) == before + 1);
    }
    // And should an announcement reach it all the same, it is told to nobody again.
    const auto datagrams = world.sink().datagrams;
    world.loginFrom("alice", kAlice, "10.0.0.254:4649");
    world.loginFrom("alice", kAlice, kAlice);
    world.tick();
    CHECK(world.sink().datagrams == datagrams + 1);
    CHECK(world.heard(kAlice) == Lines{"Accept,4650"});
    CHECK(world.heard(kBob).empty());
    CHECK(world.index().userCount() == 2);
}

TEST_CASE("T5: only the host of a login can end it, and only with its endpoint") {
    SECTION("ip") {
        World world;
        enter(world);
        world.logoutFrom("alice", kAlice, kMallory);
        world.logoutFrom("alice", kMallory, kMallory);
        world.tick();
        CHECK(world.index().userCount() == 2);
        CHECK(world.heard(kBob).empty());
    }
    SECTION("any: the attack succeeds") {
        World world(withSource(SourceCheck::Any));
        enter(world);
        world.logoutFrom("alice", kAlice, kMallory);
        world.tick();
        CHECK(world.index().userCount() == 1);
        CHECK(world.heard(kBob) == Lines{"logout,alice,10.0.0.1:4000"});
    }
}

TEST_CASE("T6: what the index tells its clients, nobody else can have it tell") {
    // The rest is the clients': they believe only the index's host.
    World world;
    enter(world);
    world.say("Accept,1", kMallory);
    world.say("reject,taken,go away", kMallory);
    world.loginFrom("bob", "10.0.0.66:4000", kMallory);
    world.logoutFrom("bob", kBob, kMallory);
    world.tick();
    CHECK(world.heard(kAlice).empty());
    CHECK(world.heard(kBob).empty());
    CHECK(world.index().userCount() == 2);
}

TEST_CASE("T7: the endpoint of a name in the roster is one its user sent from") {
    // So that a client can tell a forged talk by its source.
    SECTION("ip") {
        World world;
        enter(world);
        world.loginFrom("carol", "10.0.0.3:4000", kMallory);
        CHECK(world.roster("10.0.0.2") == Lines{"alice", "bob"});
    }
    SECTION("any: the attack succeeds") {
        World world(withSource(SourceCheck::Any));
        world.loginFrom("carol", "10.0.0.3:4000", kMallory);
        CHECK(world.roster("10.0.0.2") == Lines{"carol"});
    }
}

TEST_CASE("T8: talk never passes the index, so it cannot be read or changed there") {
    World world;
    enter(world);
    world.say("talk,12:00:00,alice,hello", kAlice);
    world.tick();
    CHECK(world.refused(Refusal::NotForIndex) == 1);
    CHECK(world.heard(kBob).empty());
}

TEST_CASE("T9: a login replayed from its own address is no news, as often as it comes") {
    World world;
    enter(world);
    for (int i = 0; i < 100; ++i) world.login("alice", kAlice);
    world.tick();
    CHECK(world.heard(kBob).empty());
    CHECK(world.index().userCount() == 2);
    SECTION("replayed after the logout it succeeds: classic has no cure") {
        world.logout("alice", kAlice);
        world.login("alice", kAlice);
        CHECK(world.index().userCount() == 2);
    }
}

TEST_CASE("T10: the roster is no public address book") {
    SECTION("by default the world outside has no classic at all") {
        World world;
        enter(world);
        CHECK_FALSE(world.roster("203.0.113.66"));
        world.login("mallory", "203.0.113.66:4000");
        CHECK(world.refused(Refusal::Denied) == 1);
        CHECK_FALSE(world.roster("203.0.113.66"));
    }
    SECTION("served to all, it goes outside only to addresses with a login") {
        World world(openToAll());
        enter(world);
        CHECK_FALSE(world.roster("203.0.113.66"));
        CHECK(world.refused(Refusal::RosterDenied) == 1);
        world.login("mallory", "203.0.113.66:4000");
        CHECK(world.roster("203.0.113.66") == Lines{"alice", "bob", "mallory"});
        CHECK_FALSE(world.roster("203.0.113.67"));
    }
    SECTION("within a local network it is open: the attack succeeds") {
        World world;
        enter(world);
        CHECK(world.roster("10.0.0.66") == Lines{"alice", "bob"});
    }
}

TEST_CASE("T11: no name can forge a row of the roster") {
    World world;
    enter(world);
    for (const char* name : {"x;carol", "end", "END", "x:y", "a/b", "x@y", "a\\b", "-x"})
        world.login(name, kMallory);
    CHECK(world.refused(Refusal::BadName) == 8);
    // A comma splits the field, and what follows is no endpoint.
    world.say("login,x,carol,10.0.0.3:4000", kMallory);
    CHECK(world.refused(Refusal::Undecodable) == 1);
    CHECK(world.roster("10.0.0.1") == Lines{"alice", "bob"});
}

TEST_CASE("T12: nobody can make the index keep or do more than his share") {
    SECTION("long names and long datagrams") {
        World world;
        world.login(std::string(33, 'x'), kMallory);
        CHECK(world.refused(Refusal::BadName) == 1);
        world.login("mallory," + std::string(kMallory) + "," + std::string(300, 'x'), kMallory);
        CHECK(world.refused(Refusal::Oversize) == 1);
        world.index().receive({endpointAt(kMallory), {}, 0, true}, world.now(), world.sink());
        CHECK(world.refused(Refusal::Oversize) == 2);
        CHECK(world.index().userCount() == 0);
    }
    SECTION("many logins from one address") {
        World world;
        for (int i = 0; i < 3000; ++i) {
            world.login("m" + std::to_string(i), "10.0.0.66:" + std::to_string(1 + i));
            if (i % 100 == 99) world.advance(1s);
        }
        CHECK(world.index().userCount() == 1024);
        CHECK(world.refused(Refusal::PerIp) == 3000 - 1024);
    }
    SECTION("many requests from one address") {
        World world;
        for (int i = 0; i < 3000; ++i) world.login("mallory", kMallory);
        CHECK(world.refused(Refusal::Rate) == 3000 - 400);
    }
    SECTION("many announcements caused by one address") {
        World world;
        storm(world, "a", "10.0.1.1");
        storm(world, "m", "10.0.0.66");
        REQUIRE(world.index().userCount() == 2000);
        for (int i = 0; i < 6000; ++i) {
            world.login("m" + std::to_string(i % 1000), "10.0.0.66:" + std::to_string(10'000 + i));
            if (i % 100 == 0) world.advance(1s);
            world.sink().heard.clear();
        }
        // 60 s: what was left of the burst, then 50,000 a second at 2 * 1999 each.
        const auto moves = 6000 - world.refused(Refusal::Rate);
        CHECK(moves > 60 * kAnnouncementRate / 4000);
        CHECK(moves < (60 * kAnnouncementRate + kAnnouncementBurst) / 3998 + 1);
        // A renewal tells nobody; others have allowances of their own.
        const auto refused = world.refused(Refusal::Rate);
        world.login("a0", "10.0.1.1:1000");
        world.login("bob", kBob);
        CHECK(world.refused(Refusal::Rate) == refused);
        CHECK(world.heard(kBob) == Lines{"Accept,4650"});
        const auto& events = world.observer().events;
        const auto moved = std::ranges::find(events.rbegin(), events.rend(), "m",
                                             [](const auto& e) { return e.user.substr(0, 1); });
        world.logout(moved->user, moved->endpoint->toString());
        CHECK(world.refused(Refusal::Rate) == refused + 1);
        CHECK(world.index().userCount() == 2001);
    }
    SECTION("many fetches of the roster") {
        World world;
        enter(world);
        const auto first = world.index().fetchRoster(addressAt("10.0.0.66"), world.now());
        for (int i = 0; i < 1000; ++i)
            CHECK(world.index().fetchRoster(addressAt("10.0.0.66"), world.now()) == first);
    }
    SECTION("without limits the attack succeeds") {
        Policy policy;
        policy.maxPerIp = 0;
        policy.rate = 0;
        World world(policy);
        for (int i = 0; i < 3000; ++i)
            world.login("m" + std::to_string(i), "10.0.0.66:" + std::to_string(1 + i));
        CHECK(world.index().userCount() == 3000);
    }
}

TEST_CASE("T13: no datagram ends the index") {
    World world;
    enter(world);
    // All of these make a classic server deaf.
    for (const char* text :
         {"", "x", "login", "login,x", "login,x,nowhere", "login,x,localhost:4000", "login,x,[::1]",
          "login,x,10.0.0.66", "login,x,10.0.0.66:", "login,x,:4000", "login,x,10.0.0.66:-1",
          "login,x,10.0.0.66:65536", "talk,12:00:00,alice,hi", "hello,x,y",
          "login，x，10.0.0.66:1"})
        world.say(text, kMallory);
    const std::array<std::byte, 3> odd{std::byte{'l'}, std::byte{0}, std::byte{'o'}};
    world.sayBytes(odd, kMallory);
    world.sayBytes(im::asBytes("login,x,10.0.0.66:4000"), kMallory);
    CHECK(world.index().userCount() == 2);
    world.login("carol", "10.0.0.3:4000");
    world.tick();
    CHECK(world.heard(kAlice) == Lines{"login,carol,10.0.0.3:4000"});
}

TEST_CASE("T14: no name that could drive a terminal or forge a line is told to anybody") {
    World world;
    enter(world);
    for (const char* name : {"x\x1b]0;pwned\x07", "x\ny", "x\ty", "x\x7f", "x\xc2\x9by", "x\u202Ey",
                             "x\u2028y", "x\u00a0y", "x  y"})
        world.login(name, kMallory);
    world.tick();
    CHECK(world.refused(Refusal::BadName) == 9);
    CHECK(world.heard(kAlice).empty());
    CHECK(world.roster("10.0.0.1") == Lines{"alice", "bob"});
}

TEST_CASE("T15: a name is its user's until he leaves") {
    SECTION("ip") {
        World world;
        enter(world);
        world.login("alice", kMallory);
        world.logoutFrom("alice", kAlice, kMallory);
        world.login("alice", kMallory);
        CHECK(world.refused(Refusal::Taken) == 2);
        CHECK(world.roster("10.0.0.1") == Lines{"alice", "bob"});
    }
    SECTION("asking without showing himself keeps nobody's name from him") {
        World world(openToAll());
        world.login("alice", "203.0.113.66:4000");
        world.login("alice", "203.0.113.1:4000");
        CHECK(world.roster("203.0.113.1") == Lines{"alice"});
        CHECK(world.index().userCount() == 1);
    }
    SECTION("any: the attack succeeds") {
        World world(withSource(SourceCheck::Any));
        enter(world);
        world.logoutFrom("alice", kAlice, kMallory);
        world.login("alice", kMallory);
        CHECK(world.refused(Refusal::Taken) == 0);
        CHECK(world.roster("10.0.0.1") == Lines{"bob", "alice"});
    }
}
