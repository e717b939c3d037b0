// SPDX-License-Identifier: BSL-1.0
// ClassicListener: repeated logins as renewals, only to an index that is known to take them so.
#include "tests/support/catch.hpp"
#include "tests/unit/talk/listener_story.hpp"

#include <string>

using namespace im;
using namespace im::talk;
using State = ClassicListener::State;

namespace {

constexpr std::string_view kExact = "10.0.0.100:4649";
const Lines kOneLogin{std::string(kLogin)};

/// Online at an index that speaks from where it is asked.
ListenerStory online() {
    ListenerStory story;
    story.login();
    story.hearFrom(kExact, "Accept,4700");
    story.roster({kAlice, kBob});
    story.told();
    story.sent();
    return story;
}

/// Time goes by, and each look finds everybody.
void passLooking(ListenerStory& story, Duration time) {
    for (const TimePoint end = story.now + time; story.now < end;) {
        story.advance(10ms);
        if (story.asked()) story.roster({kAlice, kBob});
    }
}

/// How long until the next login, looks answered.
Duration untilRenewal(ListenerStory& story) {
    const TimePoint before = story.now;
    while (true) {
        passLooking(story, 10ms);
        const Lines sent = story.sent();
        if (sent.empty()) continue;
        CHECK(sent == kOneLogin);
        return story.now - before;
    }
}

}  // namespace

TEST_CASE("An index that speaks from its very endpoint gets a login every 20 s") {
    ListenerStory story = online();
    CHECK(story.listener.renews());
    for (int i = 0; i < 5; ++i) {
        const Duration gap = untilRenewal(story);
        CHECK(gap >= 18s);
        CHECK(gap <= 22s + 20ms);
        story.hearFrom(kExact, "Accept,4700");
    }
    CHECK(story.told().empty());
}

TEST_CASE("A .NET server, which speaks from any port but its own, gets no login again") {
    ListenerStory story;
    story.comeOnline({kBob});
    story.hear("login,carol,10.0.0.3:4003");
    story.hear("logout,carol,10.0.0.3:4003");
    story.hearFrom("10.0.0.9:4649", "login,carol,10.0.0.3:4003");  // the port alone is no proof
    story.hearFrom(kExact, "talk,12:00:00,bob,hi");                // and talk is nobody's word
    passLooking(story, 5min);
    CHECK(story.sent().empty());
    CHECK_FALSE(story.listener.renews());
}

TEST_CASE("Any word of the index from its very endpoint starts the renewals") {
    for (const char* word :
         {"login,carol,10.0.0.3:4003", "logout,bob,10.0.0.2:4002", "reject,busy,later"}) {
        ListenerStory story;
        story.comeOnline({kBob});
        story.hearFrom(kExact, word);
        CHECK(untilRenewal(story) <= 22s + 20ms);
    }
}

TEST_CASE("The Accept of a renewal fetches nothing and tells nothing, but its port counts") {
    ListenerStory story = online();
    untilRenewal(story);
    if (story.asked()) story.roster({kAlice, kBob});
    story.hearFrom(kExact, "Accept,4711");
    CHECK_FALSE(story.asked());
    CHECK(story.told().empty());
    CHECK(story.listener.tcpPort() == 4711);
    CHECK(story.listener.state() == State::Online);
}

TEST_CASE("An Accept of a login after being forgotten fetches the roster, renewals or not") {
    ListenerStory story = online();
    while (!story.asked()) story.advance(10ms);
    story.roster({kBob});
    CHECK(story.sent() == kOneLogin);
    story.hearFrom(kExact, "Accept,4700");
    CHECK(story.asked());
}

TEST_CASE("An Accept from another port shows that another index is there now") {
    ListenerStory story = online();
    untilRenewal(story);
    story.accept();
    CHECK_FALSE(story.listener.renews());
    passLooking(story, 5min);
    CHECK(story.sent().empty());
}

TEST_CASE("Two renewals without an answer make the listener look soon") {
    ListenerStory story = online();
    std::vector<wire::RosterEntry> crowd(20'000, {"", endpoint("10.0.0.2:4002")});
    for (std::size_t i = 0; i < crowd.size(); ++i) crowd[i].name = "user" + std::to_string(i);
    crowd.push_back({"alice", endpoint("10.0.0.1:4001")});
    while (!story.asked()) story.advance(10ms);
    story.wholeRoster(crowd);  // which is looked at again after minutes only
    story.sent();
    const TimePoint before = story.now;
    while (!story.asked()) story.advance(10ms);
    CHECK(story.now - before <= 3 * 22s + kProbeSoon + 10ms);
    CHECK(story.sent().size() >= 2);
}

TEST_CASE("An adopted session is renewed when its file says so, or once the index shows it") {
    ListenerStory known;
    known.listener.adopt(4700, {{"alice", endpoint("10.0.0.1:4001")}}, known.now, true);
    known.advance(22s);
    CHECK(known.sent() == kOneLogin);

    ListenerStory unknown;
    unknown.adopt({kAlice, kBob});
    unknown.roster({kAlice, kBob});
    passLooking(unknown, 1min);
    CHECK(unknown.sent().empty());
    unknown.hearFrom(kExact, "login,carol,10.0.0.3:4003");
    CHECK(untilRenewal(unknown) <= 22s + 20ms);
}

TEST_CASE("While the index is lost nothing is renewed, and afterwards it goes on") {
    ListenerStory story = online();
    while (!story.asked()) story.advance(10ms);
    story.rosterFails();
    story.advance(kLostAfter);
    REQUIRE(story.listener.state() == State::Lost);
    story.advance(5s);
    story.hearFrom(kExact, "Accept,4700");
    story.roster({kAlice, kBob});
    story.sent();
    CHECK(untilRenewal(story) >= 17s);
}

TEST_CASE("What the index's host says while it is lost hurries the next try, at most every 5 s") {
    ListenerStory story;
    story.comeOnline({kBob});
    story.loseIndex();
    story.advance(10min);  // tries are a minute apart now
    story.sent();
    for (int i = 0; i < 100; ++i) {
        story.hear("login,carol,10.0.0.3:4003");
        story.advance(100ms);
    }
    const std::size_t tries = story.sent().size();
    CHECK(tries >= 2);
    CHECK(tries <= 3);
    story.hearFrom("10.0.0.9:1", "login,carol,10.0.0.3:4003");
    story.advance(100ms);
    CHECK(story.sent().empty());
}
