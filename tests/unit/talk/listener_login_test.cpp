// SPDX-License-Identifier: BSL-1.0
// ClassicListener: logging in, being refused, logging out, adopting a session.
#include "tests/support/catch.hpp"
#include "tests/unit/talk/listener_story.hpp"

using namespace im;
using namespace im::talk;
using State = ClassicListener::State;

TEST_CASE("A listener says nothing and hears nothing before it is started") {
    ListenerStory story;
    story.hear("login,bob,10.0.0.2:4002");
    story.hearFrom("10.0.0.2:1", "talk,12:00:00,bob,hi");
    story.advance(1h);
    CHECK(story.sent().empty());
    CHECK(story.told().empty());
    CHECK(story.listener.state() == State::Idle);
    CHECK_FALSE(story.listener.nextDeadline());
}

TEST_CASE("Login is sent at 0, 1 and 3 s and then no more") {
    ListenerStory story;
    story.login();
    CHECK(story.sent() == Lines{std::string(kLogin)});
    story.advance(999ms);
    CHECK(story.sent().empty());
    story.advance(1ms);
    CHECK(story.sent().size() == 1);
    story.advance(1999ms);
    CHECK(story.sent().empty());
    story.advance(1ms);
    CHECK(story.sent().size() == 1);
    story.advance(1h);
    CHECK(story.sent().empty());
}

TEST_CASE("Without an Accept within patience the index is silent") {
    ListenerStory story;
    story.login();
    story.advance(4999ms);
    CHECK(story.listener.state() == State::LoggingIn);
    story.advance(1ms);
    CHECK(story.listener.state() == State::Silent);
    CHECK_FALSE(story.listener.nextDeadline());
}

TEST_CASE("More patience sends logins at 7, 15 and 30 s too, so that an Accept still counts") {
    ListenerStory story({.patience = 50s});
    story.login();
    story.sent();
    story.advance(6999ms);
    CHECK(story.sent().size() == 2);
    story.advance(1ms);
    CHECK(story.sent().size() == 1);
    story.advance(8s);
    CHECK(story.sent().size() == 1);
    story.advance(15s);
    CHECK(story.sent().size() == 1);
    story.advance(14s);
    story.accept();
    CHECK(story.listener.state() == State::Online);
}

TEST_CASE("Less patience than a second sends one login") {
    ListenerStory story({.patience = 500ms});
    story.login();
    story.advance(10s);
    CHECK(story.sent().size() == 1);
    CHECK(story.listener.state() == State::Silent);
}

TEST_CASE("An Accept puts the listener online and asks for the roster at its port") {
    ListenerStory story;
    story.login();
    CHECK_FALSE(story.asked());
    story.accept(4711);
    CHECK(story.listener.state() == State::Online);
    CHECK(story.listener.tcpPort() == 4711);
    CHECK(story.asked() == endpoint("10.0.0.100:4711"));
    story.sent();
    story.advance(4s);
    CHECK(story.sent().empty());
}

TEST_CASE("An Accept from another host than the index's is ignored (T6)") {
    ListenerStory story;
    story.login();
    story.hearFrom("10.0.0.66:4649", "Accept,6666");
    CHECK(story.listener.state() == State::LoggingIn);
    CHECK_FALSE(story.asked());
    CHECK(story.listener.tcpPort() == 0);
}

TEST_CASE("An Accept counts from any port of the index's host") {
    ListenerStory story;
    story.login();
    story.hearFrom("10.0.0.100:1", "Accept,4711");
    CHECK(story.listener.state() == State::Online);
}

TEST_CASE("An Accept that no login asked for is ignored (T6)") {
    ListenerStory story;
    story.comeOnline();
    story.hear("Accept,6666");
    CHECK(story.listener.tcpPort() == 4700);
    CHECK_FALSE(story.asked());
}

TEST_CASE("An Accept later than 15 s after the last login is ignored (T6)") {
    ListenerStory story({.patience = 40s});
    story.login();
    // Deaf to its own deadlines, so that the login is not repeated.
    story.now += 15s + 1ns;
    story.accept(6666);
    CHECK(story.listener.state() == State::LoggingIn);

    ListenerStory sooner({.patience = 40s});
    sooner.login();
    sooner.now += 15s;
    sooner.accept();
    CHECK(sooner.listener.state() == State::Online);
}

TEST_CASE("A second Accept asks for no second roster") {
    ListenerStory story;
    story.login();
    story.accept(4711);
    story.accept(6666);
    story.roster({kAlice});
    CHECK(story.listener.tcpPort() == 4711);
    CHECK_FALSE(story.asked());
}

TEST_CASE("A reject from the index ends the login with its reason") {
    ListenerStory story;
    story.login();
    story.hear("reject,taken,alice is online, elsewhere");
    REQUIRE(story.listener.state() == State::Refused);
    CHECK(story.listener.refusal().code == "taken");
    CHECK(story.listener.refusal().text == "alice is online, elsewhere");
    story.sent();
    story.advance(1h);
    CHECK(story.sent().empty());
}

TEST_CASE("A reject from another host, or one that no login asked for, is ignored (T6)") {
    ListenerStory story;
    story.login();
    story.hearFrom("10.0.0.66:4649", "reject,taken,go away");
    CHECK(story.listener.state() == State::LoggingIn);
    story.accept();
    story.roster({kAlice});
    story.hear("reject,taken,go away");
    CHECK(story.listener.state() == State::Online);
}

TEST_CASE("Talk that waited for the roster is told when the login fails") {
    ListenerStory refused;
    refused.login();
    refused.hearFrom("10.0.0.2:1", "talk,12:00:00,bob,hi");
    CHECK(refused.told().empty());
    refused.hear("reject,full,too many");
    CHECK(refused.told() == Lines{"talk bob none hi"});

    ListenerStory silent({.patience = 3s});
    silent.login();
    silent.hearFrom("10.0.0.2:1", "talk,12:00:00,bob,hi");
    silent.advance(3s);
    CHECK(silent.told() == Lines{"talk bob none hi"});
}

TEST_CASE("A refused or silent listener can log in again") {
    ListenerStory story;
    story.login();
    story.hear("reject,busy,later");
    story.login();
    story.accept();
    CHECK(story.listener.state() == State::Online);

    ListenerStory silent;
    silent.login();
    silent.advance(5s);
    silent.accept();
    CHECK(silent.listener.state() == State::Silent);
    silent.login();
    silent.accept();
    CHECK(silent.listener.state() == State::Online);
}

TEST_CASE("Logout is sent once") {
    ListenerStory story;
    story.comeOnline();
    story.logout();
    CHECK(story.listener.state() == State::LoggedOut);
    story.logout();
    CHECK(story.sent() == Lines{std::string(kLogout)});
    CHECK_FALSE(story.listener.nextDeadline());
}

TEST_CASE("A login that may have arrived is logged out") {
    ListenerStory loggingIn;
    loggingIn.login();
    loggingIn.sent();
    loggingIn.logout();
    CHECK(loggingIn.sent() == Lines{std::string(kLogout)});

    ListenerStory silent;
    silent.login();
    silent.advance(5s);
    silent.sent();
    silent.logout();
    CHECK(silent.sent() == Lines{std::string(kLogout)});

    ListenerStory lost;
    lost.comeOnline();
    lost.loseIndex();
    lost.sent();
    lost.logout();
    CHECK(lost.sent() == Lines{std::string(kLogout)});
}

TEST_CASE("Where no login is held none is logged out") {
    ListenerStory idle;
    idle.logout();
    CHECK(idle.sent().empty());
    CHECK(idle.listener.state() == State::Idle);

    ListenerStory refused;
    refused.login();
    refused.hear("reject,taken,go away");
    refused.sent();
    refused.logout();
    CHECK(refused.sent().empty());
    CHECK(refused.listener.state() == State::Refused);
}

TEST_CASE("Nothing is heard and nothing said after logout") {
    ListenerStory story;
    story.comeOnline();
    story.logout();
    story.sent();
    story.hear("login,bob,10.0.0.2:4002");
    story.hearFrom("10.0.0.2:1", "talk,12:00:00,bob,hi");
    story.hear("Accept,4700");
    story.advance(1h);
    CHECK(story.told().empty());
    CHECK(story.sent().empty());
}

TEST_CASE("What waited for the roster is told at logout") {
    ListenerStory story;
    story.login();
    story.hearFrom("10.0.0.2:1", "talk,12:00:00,bob,hi");
    story.logout();
    CHECK(story.told() == Lines{"talk bob none hi"});
}

TEST_CASE("A roster that comes after logout changes nothing") {
    ListenerStory story;
    story.login();
    story.accept();
    story.logout();
    story.sent();
    story.roster({kBob});
    CHECK(story.told().empty());
    CHECK(story.sent().empty());
    CHECK_FALSE(story.listener.nextDeadline());
}

TEST_CASE("A roster that was wanted at logout is wanted no more") {
    ListenerStory story;
    story.login();
    RecordingSink sink;
    const Bytes accept = utf16("Accept,4700");
    story.listener.receive({.from = endpoint("10.0.0.100:1"), .bytes = accept}, story.now, sink);
    story.logout();
    CHECK_FALSE(story.listener.takeFetch());
}

TEST_CASE("A listener that logged out can log in again") {
    ListenerStory story;
    story.comeOnline({kBob});
    story.logout();
    story.sent();
    story.login();
    CHECK(story.sent() == Lines{std::string(kLogin)});
    CHECK_FALSE(story.listener.hasRoster());
    story.accept();
    story.roster({kAlice, kCarol});
    CHECK(story.told().empty());
    CHECK(story.listener.contacts().all().size() == 2);
}

TEST_CASE("An adopted session is online at once, says nothing, and looks at the roster") {
    ListenerStory story;
    story.adopt({kAlice, kBob}, 4711);
    CHECK(story.listener.state() == State::Online);
    CHECK(story.listener.tcpPort() == 4711);
    CHECK(story.listener.contacts().find("bob") == endpoint("10.0.0.2:4002"));
    CHECK_FALSE(story.listener.hasRoster());
    CHECK(story.asked() == endpoint("10.0.0.100:4711"));
    CHECK(story.sent().empty());
    CHECK(story.told().empty());
}

TEST_CASE("What has changed since an adopted session was written is told as differences") {
    ListenerStory story;
    story.adopt({kAlice, kBob, "dave,10.0.0.4:4004"});
    story.roster({kAlice, kCarol, "dave,10.0.0.4:4444"});
    CHECK(story.told() == Lines{"logout bob none bye", "login carol none 10.0.0.3:4003",
                                "login dave none 10.0.0.4:4444"});
    CHECK(story.listener.hasRoster());
    CHECK(story.sent().empty());
}

TEST_CASE("An adopted session judges talk before its roster is there") {
    ListenerStory story;
    story.adopt({kAlice, kBob});
    story.hearFrom("10.0.0.2:1", "talk,12:00:00,bob,hi");
    story.hearFrom("10.0.0.9:1", "talk,12:00:00,bob,hi");
    CHECK(story.told() == Lines{"talk bob none hi", "talk bob BAD hi"});
}

TEST_CASE("An adopted session believes no Accept until it has sent a login itself (T6)") {
    ListenerStory story;
    story.adopt({kAlice}, 4711);
    story.accept(6666);
    CHECK(story.listener.tcpPort() == 4711);
}

TEST_CASE("An adopted login that the index has forgotten is renewed") {
    ListenerStory story;
    story.adopt({kAlice, kBob});
    story.roster({kBob});
    CHECK(story.sent() == Lines{std::string(kLogin)});
    CHECK(story.told().empty());
}

TEST_CASE("A session without a roster port logs in to learn it") {
    ListenerStory story;
    story.adopt({kAlice, kBob}, 0);
    CHECK_FALSE(story.asked());
    story.advance(0s);
    CHECK(story.sent() == Lines{std::string(kLogin)});
    story.accept(4711);
    CHECK(story.asked() == endpoint("10.0.0.100:4711"));
    story.roster({kAlice, kBob});
    CHECK(story.told().empty());
}
