// SPDX-License-Identifier: BSL-1.0
// ClassicListener: what is heard while online, and whom it is believed from.
#include "tests/support/catch.hpp"
#include "tests/unit/talk/listener_story.hpp"

using namespace im;
using namespace im::talk;

namespace {

ListenerStory online(std::initializer_list<std::string_view> others = {}) {
    ListenerStory story;
    story.comeOnline(others);
    return story;
}

}  // namespace

TEST_CASE("A talk is told with its source, its own time and its text to the last comma") {
    ListenerStory story = online({kBob});
    story.hearFrom("10.0.0.2:55555", "talk,下午 06:25:11,bob,one,two,,three,");
    const auto events = story.events();
    REQUIRE(events.size() == 1);
    const Event& talk = events.front();
    CHECK(talk.type == EventType::Talk);
    CHECK(talk.user == "bob");
    CHECK(talk.trust == Trust::None);
    CHECK(talk.endpoint == endpoint("10.0.0.2:55555"));
    CHECK(talk.sent == "下午 06:25:11");
    CHECK(talk.text == "one,two,,three,");
    CHECK(talk.id.empty());
    CHECK_FALSE(talk.sequence);
    CHECK_FALSE(talk.at);
}

TEST_CASE("A talk is told verbatim, whatever characters it has") {
    ListenerStory story = online({kBob});
    for (std::string_view text : {"", "  padded  ", "line1\r\nline2", "你好，世界！",
                                  "ok 😀👍🏽", "\x1B]0;pwned\x07", "%s {0} \\ \" '"}) {
        story.hearFrom("10.0.0.2:1", "talk,12:00:00,bob," + std::string(text));
        CHECK(story.told() == Lines{"talk bob none " + std::string(text)});
    }
}

TEST_CASE("Talk is heard from anybody, and twice when it comes twice") {
    ListenerStory story = online();
    story.hearFrom("192.168.7.7:9", "talk,12:00:00,mallory,hi");
    story.hearFrom("192.168.7.7:9", "talk,12:00:00,mallory,hi");
    CHECK(story.told() == Lines{"talk mallory none hi", "talk mallory none hi"});
}

TEST_CASE("A talk from elsewhere than its sender's host is BAD (T7)") {
    ListenerStory story = online({kBob});
    story.hearFrom("10.0.0.9:4002", "talk,12:00:00,bob,hi");
    CHECK(story.told() == Lines{"talk bob BAD hi"});
}

TEST_CASE("A talk in our own name is judged like any other") {
    ListenerStory story = online();
    story.hearFrom("10.0.0.1:1", "talk,12:00:00,alice,note to myself");
    story.hearFrom("10.0.0.9:1", "talk,12:00:00,alice,not from me");
    CHECK(story.told() == Lines{"talk alice none note to myself", "talk alice BAD not from me"});
}

TEST_CASE("A talk from a name that breaks our rule is told with the name as it came") {
    ListenerStory story = online();
    story.hearFrom("10.0.0.9:1", "talk,12:00:00,\x1B[31mevil;name,hi");
    CHECK(story.told() == Lines{"talk \x1B[31mevil;name none hi"});
}

TEST_CASE("A truncated datagram is ignored") {
    ListenerStory story = online();
    const Bytes bytes = utf16("talk,12:00:00,bob,half of the tru");
    RecordingSink sink;
    story.listener.receive({.from = endpoint("10.0.0.2:1"), .bytes = bytes, .truncated = true},
                           story.now, sink);
    CHECK(story.told().empty());
}

TEST_CASE("Bytes that are no message are ignored") {
    ListenerStory story = online();
    for (std::string_view text : {"", "x", "file,12:00:00,bob,a", "talk", "talk,12:00:00,bob",
                                  "logout", "login,bob", "Accept", "reject"}) {
        story.hear(text);
        story.hearFrom("10.0.0.2:1", text);
    }
    CHECK(story.told().empty());
    CHECK(story.sent().empty());
}

TEST_CASE("A login from the index is told with its endpoint") {
    ListenerStory story = online();
    story.hear("login,bob,10.0.0.2:4002");
    const auto events = story.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].type == EventType::Login);
    CHECK(events[0].user == "bob");
    CHECK(events[0].trust == Trust::None);
    CHECK(events[0].endpoint == endpoint("10.0.0.2:4002"));
    CHECK(events[0].text == "10.0.0.2:4002");
    CHECK(story.listener.contacts().find("bob") == endpoint("10.0.0.2:4002"));
}

TEST_CASE("A login of a known name at the same endpoint is no event") {
    ListenerStory story = online({kBob});
    story.hear("login,bob,10.0.0.2:4002");
    CHECK(story.told().empty());
}

TEST_CASE("A login of a known name at another endpoint is an event") {
    ListenerStory story = online({kBob});
    story.hear("login,bob,10.0.0.2:4444");
    CHECK(story.told() == Lines{"login bob none 10.0.0.2:4444"});
}

TEST_CASE("A logout from the index is told as bye, with the endpoint the user had") {
    ListenerStory story = online({kBob});
    story.hear("logout,bob,10.0.0.2:4002");
    const auto events = story.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].type == EventType::Logout);
    CHECK(events[0].trust == Trust::None);
    CHECK(events[0].endpoint == endpoint("10.0.0.2:4002"));
    CHECK(events[0].text == "bye");
    CHECK_FALSE(story.listener.contacts().find("bob"));
}

TEST_CASE("A logout of somebody unknown is no event") {
    ListenerStory story = online();
    story.hear("logout,bob,10.0.0.2:4002");
    CHECK(story.told().empty());
}

TEST_CASE("A logout is matched by name, as a .NET server does") {
    ListenerStory story = online({kBob});
    story.hear("logout,bob,10.0.0.99:9");
    const auto events = story.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].type == EventType::Logout);
    // Told is where bob was, not what the relay says.
    CHECK(events[0].endpoint == endpoint("10.0.0.2:4002"));
}

TEST_CASE("Logins and logouts of any spelling that the codec takes are heard") {
    ListenerStory story = online();
    story.hear("LOGIN, bob, 10.0.0.2:4002, v2, k=AAAA");
    story.hear("loGout,bob,10.0.0.2:4002,reason=bye");
    CHECK(story.told() == Lines{"login bob none 10.0.0.2:4002", "logout bob none bye"});
}

TEST_CASE("Login and logout from another host than the index's are ignored (T6)") {
    ListenerStory story = online({kBob});
    story.hearFrom("10.0.0.66:4649", "login,bob,10.0.0.66:4002");
    story.hearFrom("10.0.0.66:4649", "logout,bob,10.0.0.2:4002");
    story.hearFrom("10.0.0.66:4649", "login,mallory,10.0.0.66:4002");
    CHECK(story.told().empty());
    CHECK(story.listener.contacts().find("bob") == endpoint("10.0.0.2:4002"));
}

TEST_CASE("An index on loopback is heard from all of 127.0.0.0/8") {
    ClassicListener listener({.self = name("alice"),
                              .local = endpoint("127.7.7.2:4001"),
                              .index = endpoint("127.7.7.1:4649")});
    RecordingSink sink;
    const TimePoint now{1h};
    listener.login(now, sink);
    const Bytes accept = utf16("Accept,4700");
    listener.receive({.from = endpoint("127.0.0.1:50000"), .bytes = accept}, now, sink);
    CHECK(listener.state() == ClassicListener::State::Online);
    // But the roster is fetched from where the index was said to be.
    CHECK(listener.takeFetch() == endpoint("127.7.7.1:4700"));
}

TEST_CASE("Login and logout of names that break our rule are ignored (T11)") {
    ListenerStory story = online();
    for (std::string_view evil : {"e;vil", "-rf", "end", "a:b", "a@b", "two  blanks", "a\tb",
                                  "\u202Etxt", "abcdefghijklmnopqrstuvwxyz0123456789"}) {
        story.hear("login," + std::string(evil) + ",10.0.0.6:4006");
        story.hear("logout," + std::string(evil) + ",10.0.0.6:4006");
    }
    CHECK(story.told().empty());
    CHECK(story.listener.contacts().all().size() == 1);
}

TEST_CASE("Our own login and logout are no events and do not move us") {
    ListenerStory story = online();
    story.hear("login,alice,10.0.0.1:4001");
    story.hear("login,alice,10.0.0.9:9999");
    story.hear("logout,alice,10.0.0.1:4001");
    CHECK(story.told().empty());
    CHECK(story.listener.contacts().find("alice") == endpoint("10.0.0.1:4001"));
}

TEST_CASE("A logout said of our own name makes us look, and log in again when it is true") {
    ListenerStory story = online();
    story.hear("logout,alice,10.0.0.1:4001");
    CHECK_FALSE(story.asked());
    story.advance(kProbeSoon);
    story.roster({kBob});
    CHECK(story.sent() == Lines{std::string(kLogin)});
    CHECK(story.told() == Lines{"login bob none 10.0.0.2:4002"});
}

TEST_CASE("A login of our own name elsewhere makes us look; the echo of our own does not") {
    ListenerStory story = online();
    story.hear("login,alice,10.0.0.1:4001");
    story.advance(2s);
    CHECK_FALSE(story.asked());
    story.hear("login,alice,10.0.0.1:4999");
    story.advance(kProbeSoon);
    story.roster({kAlice});
    CHECK(story.sent().empty());
}

TEST_CASE("A flood of logouts of our own name makes us look no more than twice as often") {
    ListenerStory story = online();
    int looks = 0;
    for (int second = 0; second < 600; ++second) {
        story.hear("logout,alice,10.0.0.1:4001");
        story.advance(1s);
        if (!story.asked()) continue;
        ++looks;
        story.roster({kAlice});
    }
    CHECK(looks >= 40);
    CHECK(looks <= 2 * 45);
}

TEST_CASE("Contacts always have ourselves under our own endpoint") {
    ListenerStory story = online({"alice,10.0.0.9:1", kBob});
    CHECK(story.listener.contacts().find("alice") == endpoint("10.0.0.1:4001"));
    story.hear("login,alice,10.0.0.9:2");
    CHECK(story.listener.contacts().find("alice") == endpoint("10.0.0.1:4001"));
}

TEST_CASE("A talk without a sender is told, of nobody") {
    ListenerStory story;
    story.comeOnline({kBob});
    story.hearFrom("10.0.0.2:55555", "talk,18:25:11,,boo");
    CHECK(story.told() == Lines{"talk - none boo"});
}
