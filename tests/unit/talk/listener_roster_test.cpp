// SPDX-License-Identifier: BSL-1.0
// ClassicListener: the first roster, and what was heard before it.
#include "tests/support/catch.hpp"
#include "tests/unit/talk/listener_story.hpp"

#include <string>

using namespace im;
using namespace im::talk;
using State = ClassicListener::State;

namespace {

ListenerStory accepted(bool rosterFirst = false) {
    ListenerStory story({.rosterFirst = rosterFirst});
    story.login();
    story.accept();
    story.sent();
    return story;
}

}  // namespace

TEST_CASE("The first roster makes the contacts and no events") {
    ListenerStory story = accepted();
    CHECK_FALSE(story.listener.hasRoster());
    story.roster({kBob, kAlice});
    CHECK(story.listener.hasRoster());
    CHECK(story.told().empty());
    CHECK(story.sent().empty());
    CHECK(story.listener.contacts().all().size() == 2);
    CHECK(story.listener.contacts().find("bob") == endpoint("10.0.0.2:4002"));
}

TEST_CASE("With rosterFirst the roster is told, sorted by name, ourselves marked") {
    ListenerStory story = accepted(true);
    story.roster({kCarol, kBob, kAlice, "Zoe,10.0.0.26:4026"});
    const auto events = story.events();
    REQUIRE(events.size() == 4);
    Lines users;
    for (const Event& event : events) {
        CHECK(event.type == EventType::Roster);
        CHECK(event.status == "online");
        CHECK(event.trust == (event.user == "alice" ? Trust::Self : Trust::None));
        REQUIRE(event.endpoint);
        CHECK(event.text == event.endpoint->toString());
        users.push_back(event.user);
    }
    CHECK(users == Lines{"Zoe", "alice", "bob", "carol"});
    CHECK(events[1].text == "10.0.0.1:4001");
}

TEST_CASE("With rosterFirst we are in the roster even when the index has left us out") {
    ListenerStory story = accepted(true);
    story.roster({kBob});
    CHECK(story.told() ==
          Lines{"roster alice self 10.0.0.1:4001", "roster bob none 10.0.0.2:4002"});
    CHECK(story.sent() == Lines{std::string(kLogin)});
}

TEST_CASE("The roster is told as such once") {
    ListenerStory story = accepted(true);
    story.roster({kAlice, kBob});
    CHECK(story.told().size() == 2);
    story.advance(20s);
    story.roster({kAlice, kBob, kCarol});
    CHECK(story.told() == Lines{"login carol none 10.0.0.3:4003"});
}

TEST_CASE("Talk before the first roster waits for it and is judged by it") {
    ListenerStory story = accepted();
    story.hearFrom("10.0.0.2:1", "talk,12:00:00,bob,from home");
    story.hearFrom("10.0.0.9:1", "talk,12:00:00,bob,from elsewhere");
    CHECK(story.told().empty());
    story.roster({kAlice, kBob});
    CHECK(story.told() == Lines{"talk bob none from home", "talk bob BAD from elsewhere"});
}

TEST_CASE("Talk before our login is accepted waits as well") {
    ListenerStory story;
    story.login();
    story.hearFrom("10.0.0.9:1", "talk,12:00:00,bob,hi");
    story.accept();
    CHECK(story.told().empty());
    story.roster({kAlice, kBob});
    CHECK(story.told() == Lines{"talk bob BAD hi"});
}

TEST_CASE("Talk that overtook its sender's login is judged by that login") {
    ListenerStory story = accepted();
    story.hearFrom("10.0.0.9:1", "talk,12:00:00,bob,hi");
    story.hear("login,bob,10.0.0.2:4002");
    story.roster({kAlice});
    CHECK(story.told() == Lines{"talk bob BAD hi", "login bob none 10.0.0.2:4002"});
}

TEST_CASE("Talk of somebody who left before the first roster is judged by where he was") {
    ListenerStory story = accepted();
    story.hear("login,bob,10.0.0.2:4002");
    story.hearFrom("10.0.0.9:1", "talk,12:00:00,bob,hi");
    story.hear("logout,bob,10.0.0.2:4002");
    story.roster({kAlice});
    CHECK(story.told() ==
          Lines{"login bob none 10.0.0.2:4002", "talk bob BAD hi", "logout bob none bye"});
}

TEST_CASE("A login before the first roster is told once, whether the roster has it or not") {
    ListenerStory has = accepted();
    has.hear("login,bob,10.0.0.2:4002");
    CHECK(has.told().empty());
    has.roster({kAlice, kBob});
    CHECK(has.told() == Lines{"login bob none 10.0.0.2:4002"});

    ListenerStory hasNot = accepted();
    hasNot.hear("login,bob,10.0.0.2:4002");
    hasNot.roster({kAlice});
    CHECK(hasNot.told() == Lines{"login bob none 10.0.0.2:4002"});
    CHECK(hasNot.listener.contacts().find("bob"));
}

TEST_CASE("With rosterFirst a login that the roster has is told by the roster alone") {
    ListenerStory story = accepted(true);
    story.hear("login,bob,10.0.0.2:4002");
    story.hearFrom("10.0.0.2:1", "talk,12:00:00,bob,hi");
    story.roster({kAlice, kBob});
    CHECK(story.told() == Lines{"roster alice self 10.0.0.1:4001", "roster bob none 10.0.0.2:4002",
                                "talk bob none hi"});
}

TEST_CASE("With rosterFirst a login that the roster is too old for follows it") {
    ListenerStory story = accepted(true);
    story.hear("login,bob,10.0.0.2:4002");
    story.roster({kAlice});
    CHECK(story.told() == Lines{"roster alice self 10.0.0.1:4001", "login bob none 10.0.0.2:4002"});
}

TEST_CASE("A logout that the first roster is too old for follows it") {
    for (bool rosterFirst : {false, true}) {
        ListenerStory story = accepted(rosterFirst);
        story.hear("logout,bob,10.0.0.2:4002");
        story.roster({kAlice, kBob});
        const Lines told = story.told();
        REQUIRE_FALSE(told.empty());
        CHECK(told.back() == "logout bob none bye");
        CHECK_FALSE(story.listener.contacts().find("bob"));
    }
}

TEST_CASE("A logout that the first roster knows of is no event") {
    for (bool rosterFirst : {false, true}) {
        ListenerStory story = accepted(rosterFirst);
        story.hear("logout,bob,10.0.0.2:4002");
        story.roster({kAlice});
        CHECK(story.told().size() == (rosterFirst ? 1 : 0));
    }
}

TEST_CASE("With rosterFirst a move that the roster shows is not told again") {
    ListenerStory story = accepted(true);
    story.hear("logout,bob,10.0.0.2:4002");
    story.hear("login,bob,10.0.0.2:4444");
    story.roster({kAlice, "bob,10.0.0.2:4444"});
    CHECK(story.told() ==
          Lines{"roster alice self 10.0.0.1:4001", "roster bob none 10.0.0.2:4444"});
}

TEST_CASE("With rosterFirst only what came after the roster's state is told") {
    ListenerStory story = accepted(true);
    story.hear("login,bob,10.0.0.2:4002");
    story.hear("logout,bob,10.0.0.2:4002");
    story.hear("login,bob,10.0.0.2:4444");
    story.roster({kAlice, kBob});
    CHECK(story.told() == Lines{"roster alice self 10.0.0.1:4001", "roster bob none 10.0.0.2:4002",
                                "logout bob none bye", "login bob none 10.0.0.2:4444"});
}

TEST_CASE("Without rosterFirst the whole way to the roster's state is told") {
    ListenerStory story = accepted();
    story.hear("login,bob,10.0.0.2:4002");
    story.hear("logout,bob,10.0.0.2:4002");
    story.hear("login,bob,10.0.0.2:4444");
    story.roster({kAlice, "bob,10.0.0.2:4444"});
    CHECK(story.told() == Lines{"login bob none 10.0.0.2:4002", "logout bob none bye",
                                "login bob none 10.0.0.2:4444"});
    CHECK(story.listener.contacts().find("bob") == endpoint("10.0.0.2:4444"));
}

TEST_CASE("An event waits for the first roster no longer than 5 s") {
    ListenerStory story = accepted();
    story.advance(3s);
    story.hear("login,bob,10.0.0.2:4002");
    story.hearFrom("10.0.0.9:1", "talk,12:00:00,bob,hi");
    story.advance(4999ms);
    CHECK(story.told().empty());
    story.advance(1ms);
    CHECK(story.told() == Lines{"login bob none 10.0.0.2:4002", "talk bob BAD hi"});
    story.hear("logout,bob,10.0.0.2:4002");
    CHECK(story.told() == Lines{"logout bob none bye"});
}

TEST_CASE("More events do not make the first one wait longer") {
    ListenerStory story = accepted();
    for (int second = 0; second < 5; ++second) {
        story.hearFrom("10.0.0.2:1", "talk,12:00:00,bob,hi");
        CHECK(story.told().empty());
        story.advance(1s);
    }
    CHECK(story.told().size() == 5);
}

TEST_CASE("A first roster after events went on is taken in silently but for what they said") {
    ListenerStory story = accepted();
    story.hear("login,bob,10.0.0.2:4002");
    story.hear("login,carol,10.0.0.3:4003");
    story.advance(5s);
    CHECK(story.told().size() == 2);
    // Names heard of since the roster was asked for are newer than the roster.
    story.roster({kAlice, "dave,10.0.0.4:4004"});
    CHECK(story.told().empty());
    CHECK(story.listener.contacts().all().size() == 4);
    story.advance(20s);
    story.roster({kAlice, "carol,10.0.0.3:4444"});
    CHECK(story.told() ==
          Lines{"logout bob none bye", "logout dave none bye", "login carol none 10.0.0.3:4444"});
}

TEST_CASE("With rosterFirst a first roster after events went on is told but for what they said") {
    ListenerStory story = accepted(true);
    story.hear("login,bob,10.0.0.2:4002");
    story.advance(5s);
    CHECK(story.told() == Lines{"login bob none 10.0.0.2:4002"});
    story.roster({"dave,10.0.0.4:4004", kBob, kAlice, "Zoe,10.0.0.26:4026"});
    CHECK(story.told() == Lines{"roster Zoe none 10.0.0.26:4026", "roster alice self 10.0.0.1:4001",
                                "roster dave none 10.0.0.4:4004"});
}

TEST_CASE("With rosterFirst a quiet listener waits for its roster as long as it takes") {
    ListenerStory story = accepted(true);
    story.advance(9s);
    story.roster({kAlice, kBob});
    CHECK(story.told().size() == 2);
    CHECK(story.listener.hasRoster());
}

TEST_CASE("When the roster cannot be fetched events go on without it") {
    ListenerStory story = accepted(true);
    story.hearFrom("10.0.0.2:1", "talk,12:00:00,bob,hi");
    story.rosterFails();
    CHECK(story.told().empty());
    story.accept();
    story.rosterFails();
    CHECK(story.told() == Lines{"talk bob none hi"});
    story.hearFrom("10.0.0.2:1", "talk,12:00:00,bob,again");
    CHECK(story.told() == Lines{"talk bob none again"});
    CHECK_FALSE(story.listener.hasRoster());
}

TEST_CASE("With rosterFirst an adopted session waits for the true roster") {
    ListenerStory story({.rosterFirst = true});
    story.adopt({kAlice, kBob});
    story.hear("login,dave,10.0.0.4:4004");
    CHECK(story.told().empty());
    story.roster({kAlice, kCarol});
    CHECK(story.told() == Lines{"roster alice self 10.0.0.1:4001",
                                "roster carol none 10.0.0.3:4003",
                                "login dave none 10.0.0.4:4004"});
}

TEST_CASE("With rosterFirst an adopted session without an index tells the roster it has") {
    ListenerStory story({.rosterFirst = true});
    story.adopt({kAlice, kBob});
    story.rosterFails();
    story.advance(kLostAfter);
    CHECK(story.told() == Lines{"roster alice self 10.0.0.1:4001", "roster bob none 10.0.0.2:4002",
                                "server - - lost"});
}

TEST_CASE("Of several entries of a user the last one holds") {
    ListenerStory story = accepted(true);
    story.roster({"bob,10.0.0.2:1", kAlice, "bob,10.0.0.2:2", kCarol, "bob,10.0.0.2:3"});
    CHECK(story.told() == Lines{"roster alice self 10.0.0.1:4001", "roster bob none 10.0.0.2:3",
                                "roster carol none 10.0.0.3:4003"});
}

TEST_CASE("Names in a roster that break our rule are left out (T11)") {
    ListenerStory story = accepted(true);
    story.roster(
        {kAlice, "#e;vil,10.0.0.6:6", "-x,10.0.0.6:6", "end,10.0.0.6:6", "a@b,10.0.0.6:6"});
    CHECK(story.told() == Lines{"roster alice self 10.0.0.1:4001"});
    CHECK(story.listener.contacts().all().size() == 1);
}

TEST_CASE("Our name listed several times costs no login when one entry has our endpoint") {
    ListenerStory story = accepted();
    story.roster({"alice,10.0.0.9:9", kAlice, "alice,10.0.0.1:4999"});
    CHECK(story.sent().empty());
}

TEST_CASE("Our name listed several times, never with our endpoint, costs one login") {
    ListenerStory story = accepted();
    story.roster({"alice,10.0.0.9:9", "alice,10.0.0.1:4999"});
    CHECK(story.sent() == Lines{std::string(kLogin)});
    story.accept();
    story.roster({kAlice});
    story.advance(10s);
    CHECK(story.sent().empty());
}

TEST_CASE("More events than fit before the first roster are told without it, none is lost") {
    ListenerStory story = accepted();
    const std::size_t many = kHeldEventsMost + 10;
    for (std::size_t i = 0; i < many; ++i)
        story.hearFrom("10.0.0.2:1", "talk,12:00:00,bob," + std::to_string(i));
    const auto events = story.events();
    REQUIRE(events.size() == many);
    for (std::size_t i = 0; i < many; ++i) REQUIRE(events[i].text == std::to_string(i));
}

TEST_CASE("More bytes than fit before the first roster are told without it, none is lost") {
    ListenerStory story = accepted();
    const std::string text(30'000, 'x');
    const std::size_t many = kHeldBytesMost / text.size() + 10;
    std::size_t told = 0;
    for (std::size_t i = 0; i < many; ++i) {
        story.hearFrom("10.0.0.2:1", "talk,12:00:00,bob," + text);
        told += story.told().size();
    }
    CHECK(told == many);
}

TEST_CASE("What is heard while a roster is under way is newer than that roster") {
    ListenerStory story;
    story.comeOnline({kBob, kCarol});
    story.advance(20s);
    REQUIRE(story.asked());
    story.hear("logout,bob,10.0.0.2:4002");
    story.hear("login,dave,10.0.0.4:4004");
    story.told();
    story.roster({kAlice, kBob});
    CHECK(story.told() == Lines{"logout carol none bye"});
    CHECK(story.listener.contacts().find("dave"));
    CHECK_FALSE(story.listener.contacts().find("bob"));
    // And is not for the next one.
    story.advance(20s);
    story.roster({kAlice, kBob});
    CHECK(story.told() == Lines{"logout dave none bye", "login bob none 10.0.0.2:4002"});
}
