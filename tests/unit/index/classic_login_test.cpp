// SPDX-License-Identifier: BSL-1.0
// ClassicIndex: coming online, and what the others hear of it.
#include "tests/support/catch.hpp"
#include "tests/unit/index/world.hpp"

using namespace im::index;
using namespace im::index::test;
using im::EventType;
using im::Trust;

TEST_CASE("A login is answered with the roster's port and announced to all others") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    CHECK(world.heard("10.0.0.1:4000") == Lines{"Accept,4650"});
    world.login("bob", "10.0.0.2:4000");
    world.tick();
    CHECK(world.heard("10.0.0.1:4000") == Lines{"login,bob,10.0.0.2:4000"});
    CHECK(world.heard("10.0.0.2:4000") == Lines{"Accept,4650"});
    CHECK(world.index().userCount() == 2);
    CHECK(world.index().counters().logins == 2);
    CHECK(world.index().counters().announcements == 1);
}

TEST_CASE("The answer to a login leaves with receive(), the announcements with tick()") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    world.tick();
    world.heard("10.0.0.1:4000");
    world.login("bob", "10.0.0.2:4000");
    CHECK(world.heard("10.0.0.2:4000") == Lines{"Accept,4650"});
    CHECK(world.heard("10.0.0.1:4000").empty());
    CHECK(world.isDue());
    world.tick();
    CHECK(world.heard("10.0.0.1:4000").size() == 1);
    CHECK_FALSE(world.index().nextDeadline());
}

TEST_CASE("A login is told to the observer with its endpoint") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    REQUIRE(world.observer().events.size() == 1);
    const auto& event = world.observer().events.front();
    CHECK(event.type == EventType::Login);
    CHECK(event.user == "alice");
    CHECK(event.trust == Trust::None);
    CHECK(event.endpoint == endpointAt("10.0.0.1:4000"));
    CHECK(event.text == "10.0.0.1:4000");
    CHECK_FALSE(event.at);
}

TEST_CASE("Everything to a user goes by the path his login came in by") {
    World world;
    world.say("login,alice,10.0.0.1:4000", "10.0.0.1:4000", 5);
    CHECK(world.sink().paths[endpointAt("10.0.0.1:4000")] == 5);
    world.tick();
    world.login("bob", "10.0.0.2:4000");
    world.tick();
    CHECK(world.sink().paths[endpointAt("10.0.0.1:4000")] == 5);
    world.say("login,alice,10.0.0.1:4000", "10.0.0.1:4000", 6);
    world.login("carol", "10.0.0.3:4000");
    world.tick();
    CHECK(world.sink().paths[endpointAt("10.0.0.1:4000")] == 6);
}

TEST_CASE("The answer goes to the claimed endpoint, not to the port the login came from") {
    World world;
    world.loginFrom("alice", "10.0.0.1:4000", "10.0.0.1:50123");
    CHECK(world.heard("10.0.0.1:4000") == Lines{"Accept,4650"});
    CHECK(world.heard("10.0.0.1:50123").empty());
}

TEST_CASE("A login of the same name and endpoint is answered and not announced") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    world.login("bob", "10.0.0.2:4000");
    world.tick();
    world.heard("10.0.0.1:4000");
    world.heard("10.0.0.2:4000");
    world.loginFrom("alice", "10.0.0.1:4000", "10.0.0.1:50123");
    world.tick();
    CHECK(world.heard("10.0.0.1:4000") == Lines{"Accept,4650"});
    CHECK(world.heard("10.0.0.2:4000").empty());
    CHECK(world.index().userCount() == 2);
    CHECK(world.index().counters().renewals == 1);
    CHECK(world.observer().events.size() == 2);
}

TEST_CASE("A login from another port of the same host replaces the one before") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    world.login("bob", "10.0.0.2:4000");
    world.tick();
    world.heard("10.0.0.1:4000");
    world.heard("10.0.0.2:4000");
    world.login("alice", "10.0.0.1:4001");
    world.tick();
    CHECK(world.heard("10.0.0.2:4000") ==
          Lines{"logout,alice,10.0.0.1:4000", "login,alice,10.0.0.1:4001"});
    CHECK(world.heard("10.0.0.1:4000").empty());
    CHECK(world.heard("10.0.0.1:4001") == Lines{"Accept,4650"});
    CHECK(world.index().userCount() == 2);
    CHECK(world.observer().lines() == Lines{"login alice 10.0.0.1:4000", "login bob 10.0.0.2:4000",
                                            "logout alice replaced", "login alice 10.0.0.1:4001"});
}

TEST_CASE("All of 127.0.0.0/8 is the same host when a name is claimed again") {
    World world;
    world.login("alice", "127.7.7.2:4002");
    world.loginFrom("alice", "127.7.7.3:4002", "127.0.0.1:9");
    CHECK(world.heard("127.7.7.3:4002") == Lines{"Accept,4650"});
    CHECK(world.roster("127.0.0.1") == Lines{"alice"});
}

TEST_CASE("A login of a name that is online from another host is refused") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    world.login("alice", "10.0.0.2:4000");
    world.tick();
    CHECK(world.heard("10.0.0.2:4000") == Lines{"reject,taken,online elsewhere"});
    CHECK(world.heard("10.0.0.1:4000") == Lines{"Accept,4650"});
    CHECK(world.refused(Refusal::Taken) == 1);
    CHECK(world.index().userCount() == 1);
}

TEST_CASE("The name is free again after its logout") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    world.logout("alice", "10.0.0.1:4000");
    world.login("alice", "10.0.0.2:4000");
    CHECK(world.heard("10.0.0.2:4000") == Lines{"Accept,4650"});
}

TEST_CASE("A refused login is answered only when its source is the claimed endpoint") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    world.loginFrom("alice", "10.0.0.2:4000", "10.0.0.2:50123");
    CHECK(world.heard("10.0.0.2:4000").empty());
    CHECK(world.heard("10.0.0.2:50123").empty());
    CHECK(world.refused(Refusal::Taken) == 1);
}

TEST_CASE("Each refusal that is answered has its code") {
    Policy policy;
    policy.maxUsers = 2;
    policy.maxPerIp = 1;
    World world(policy);
    world.login("alice", "10.0.0.1:4000");
    world.login("end", "10.0.0.2:4000");
    CHECK(world.heard("10.0.0.2:4000") == Lines{"reject,name,not a user name"});
    world.login("bob", "198.51.100.1:4000");
    CHECK(world.heard("198.51.100.1:4000") == Lines{"reject,denied,not from your address"});
    world.login("bob", "10.0.0.1:4001");
    CHECK(world.heard("10.0.0.1:4001") == Lines{"reject,full,too many at your address"});
    world.login("carol", "10.0.0.3:4000");
    world.login("dave", "10.0.0.4:4000");
    CHECK(world.heard("10.0.0.4:4000") == Lines{"reject,full,no room for more users"});
}

TEST_CASE("The answer to the shortest login is at most three times as long, whatever its code") {
    Policy policy = openToAll();
    policy.confirm = Confirm::Off;
    policy.maxUsers = 2;
    policy.maxPerIp = 1;
    World world(policy);
    world.login("x", "10.0.0.9:4000");
    world.login("y", "9.0.0.8:4000");
    const auto isShort = [&](std::string_view text, std::string_view from) {
        world.sink().bytes = 0;
        world.say(text, from);
        const auto answers = world.heard(from);
        REQUIRE(answers.size() == 1);
        CAPTURE(answers.front());
        CHECK(world.sink().bytes <= kMaxAmplification * 2 * text.size());
        return answers.front().substr(0, answers.front().find(',', 7));
    };
    // A short form of an address is read as .NET reads it: 9.0.0.9.
    CHECK(isShort("login,x,9.9:1", "9.0.0.9:1") == "reject,taken");
    CHECK(isShort("login,/,9.9:1", "9.0.0.9:1") == "reject,name");
    CHECK(isShort("login,z,9.9:1", "9.0.0.9:1") == "reject,full");
    world.logout("x", "10.0.0.9:4000");
    CHECK(isShort("login,z,9.8:1", "9.0.0.8:1") == "reject,full");
    CHECK(isShort("login,z,9.9:1", "9.0.0.9:1") == "Accept,4650");
    world.index().setPolicy({});
    CHECK(isShort("login,z,9.9:1", "9.0.0.9:1") == "reject,denied");
}

TEST_CASE("A refused login is not answered where nothing may be sent") {
    World world;
    for (const char* endpoint : {"10.0.0.254:4649", "127.0.0.1:4649", "10.0.0.255:4000"})
        world.login("end", endpoint);
    CHECK(world.refused(Refusal::BadName) == 3);
    world.login("alice", "198.51.100.1:0");
    CHECK(world.refused(Refusal::Denied) == 1);
    CHECK(world.sink().datagrams == 0);
}

TEST_CASE("Announcements have exactly three fields in normal form, whatever was sent") {
    World world;
    world.login("bob", "10.0.0.2:4000");
    world.tick();
    world.heard("10.0.0.2:4000");
    for (const char* text :
         {"login,alice,10.0.0.1:4000,v2,xyz", "LOGIN,alice,10.0.0.1:4000",
          "login, alice, 10.0.0.1:4000", "\uFEFFlogin,alice,10.0.0.1:4000",
          "login,alice,10.0.0.1:4000:ext", "login,alice, 10.0.0.1:+004000\r\n"}) {
        world.say(text, "10.0.0.1:50123");
        world.tick();
        CHECK(world.heard("10.0.0.2:4000") == Lines{"login,alice,10.0.0.1:4000"});
        world.logout("alice", "10.0.0.1:4000");
        world.tick();
        CHECK(world.heard("10.0.0.2:4000") == Lines{"logout,alice,10.0.0.1:4000"});
    }
}

TEST_CASE("Users of several names may share an endpoint, and each hears of the other") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    world.tick();
    world.heard("10.0.0.1:4000");
    world.login("bob", "10.0.0.1:4000");
    world.tick();
    CHECK(world.heard("10.0.0.1:4000") == Lines{"Accept,4650", "login,bob,10.0.0.1:4000"});
}

TEST_CASE("An Accept tells the roster's port of now") {
    World world;
    HostFacts host = world.host();
    host.tcpPort = 7000;
    world.index().setHostFacts(host);
    world.login("alice", "10.0.0.1:4000");
    CHECK(world.heard("10.0.0.1:4000") == Lines{"Accept,7000"});
}

TEST_CASE("What is no message to an index has no effect but a count") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    world.tick();
    world.heard("10.0.0.1:4000");
    struct Case {
        const char* text;
        Refusal why;
    };
    for (const Case& each :
         {Case{"", Refusal::Undecodable}, Case{"hello", Refusal::Undecodable},
          Case{"login", Refusal::Undecodable}, Case{"login,bob", Refusal::Undecodable},
          Case{"login,bob,nowhere", Refusal::Undecodable},
          Case{"login,bob,10.0.0.2", Refusal::Undecodable},
          Case{"login,bob,10.0.0.2:65536", Refusal::Undecodable},
          Case{"login,,10.0.0.2:4000", Refusal::Undecodable},
          Case{"talk,12:00:00,bob,hi", Refusal::NotForIndex},
          Case{"Accept,4650", Refusal::NotForIndex},
          Case{"reject,taken,really", Refusal::NotForIndex},
          Case{"qunliao,bob,10.0.0.2:4000", Refusal::Undecodable}}) {
        const auto before = world.refused(each.why);
        world.say(each.text, "10.0.0.2:4000");
        world.tick();
        CHECK(world.refused(each.why) == before + 1);
        CHECK(world.observer().refusals.back() == std::pair(each.why, endpointAt("10.0.0.2:4000")));
    }
    CHECK(world.heard("10.0.0.1:4000").empty());
    CHECK(world.heard("10.0.0.2:4000").empty());
    CHECK(world.index().userCount() == 1);
}

TEST_CASE("Each refusal has a name of its own") {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < static_cast<std::size_t>(Refusal::Count); ++i)
        names.emplace_back(toString(static_cast<Refusal>(i)));
    std::ranges::sort(names);
    CHECK(std::ranges::adjacent_find(names) == names.end());
    CHECK(std::ranges::find(names, "-") == names.end());
}
