// SPDX-License-Identifier: BSL-1.0
// ClassicListener: looking after the index, losing it, finding it again.
#include "libim/wire/roster.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/talk/listener_story.hpp"

#include <string>

using namespace im;
using namespace im::talk;
using State = ClassicListener::State;

namespace {

ListenerStory online(std::initializer_list<std::string_view> others = {kBob}) {
    ListenerStory story;
    story.comeOnline(others);
    return story;
}

ListenerStory lost(std::initializer_list<std::string_view> others = {kBob}) {
    ListenerStory story = online(others);
    story.loseIndex();
    story.told();
    story.sent();
    return story;
}

std::vector<wire::RosterEntry> crowdOf(std::size_t size) {
    std::vector<wire::RosterEntry> crowd(size, {"", endpoint("10.0.0.2:4002")});
    for (std::size_t i = 0; i < size; ++i) crowd[i].name = "user" + std::to_string(i);
    return crowd;
}

/// How long until the next datagram to the index.
Duration untilNextLogin(ListenerStory& story) {
    const TimePoint before = story.now;
    while (story.sent().empty()) story.advance(10ms);
    return story.now - before;
}

}  // namespace

TEST_CASE("The roster is looked at every 15 s, give or take a tenth") {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        ListenerStory story({.seed = seed});
        story.comeOnline();
        for (int i = 0; i < 5; ++i) {
            const TimePoint before = story.now;
            while (!story.asked()) story.advance(10ms);
            CHECK(story.now - before >= 13500ms);
            CHECK(story.now - before <= 16500ms + 10ms);
            CHECK(story.asked() == endpoint("10.0.0.100:4700"));
            story.roster({kAlice});
        }
        CHECK(story.sent().empty());
    }
}

TEST_CASE("Listeners with different seeds do not look at the same moment") {
    ListenerStory one({.seed = 1});
    ListenerStory other({.seed = 2});
    one.comeOnline();
    other.comeOnline();
    CHECK(one.listener.nextDeadline() != other.listener.nextDeadline());
}

TEST_CASE("No second look is asked for while one is under way") {
    ListenerStory story = online();
    story.advance(20s);
    REQUIRE(story.asked());
    story.advance(1h);
    CHECK_FALSE(story.listener.takeFetch());
}

TEST_CASE("A long roster is looked at no more often than 2000 bytes a second") {
    ListenerStory story;
    story.login();
    story.accept();
    const auto crowd = crowdOf(10'000);
    RecordingSink sink;
    story.listener.fetched(crowd, story.now, sink);
    wire::RosterWriter writer;
    for (const auto& user : crowd) writer.add(user.name, user.endpoint);
    const double seconds = static_cast<double>(writer.finish().size()) / kProbeBytesPerSecond;
    REQUIRE(story.listener.nextDeadline());
    const auto gap = std::chrono::duration<double>(*story.listener.nextDeadline() - story.now);
    // The length is estimated with the longest usual endpoint, which errs to the rarer side.
    CHECK(gap.count() > 0.9 * seconds);
    CHECK(gap.count() < 1.5 * seconds);
}

TEST_CASE("A roster of any length is looked at every hour") {
    ListenerStory story;
    story.login();
    story.accept();
    const auto crowd = crowdOf(400'000);
    RecordingSink sink;
    story.listener.fetched(crowd, story.now, sink);
    REQUIRE(story.listener.nextDeadline());
    CHECK(*story.listener.nextDeadline() - story.now <= 66min);
    CHECK(*story.listener.nextDeadline() - story.now >= 54min);
}

TEST_CASE("Logins and logouts that were missed are told at the next look") {
    ListenerStory story = online({kBob, "dave,10.0.0.4:4004"});
    story.advance(20s);
    story.roster({kAlice, kCarol, "dave,10.0.0.4:4444"});
    CHECK(story.told() == Lines{"logout bob none bye", "login carol none 10.0.0.3:4003",
                                "login dave none 10.0.0.4:4444"});
    CHECK(story.sent().empty());
    story.advance(20s);
    story.roster({kAlice, kCarol, "dave,10.0.0.4:4444"});
    CHECK(story.told().empty());
}

TEST_CASE("Being gone from the roster, or there under another endpoint, costs one login a look") {
    ListenerStory story = online();
    for (std::string_view entry : {kBob, std::string_view("alice,10.0.0.1:4999")}) {
        story.advance(20s);
        story.roster({entry});
        CHECK(story.sent() == Lines{std::string(kLogin)});
        story.accept();
        story.roster({entry});
        story.advance(10s);
        CHECK(story.sent().empty());
        CHECK(story.listener.state() == State::Online);
        story.told();
    }
}

TEST_CASE("A renewed login fetches the roster, without which an index may not count it (T2)") {
    ListenerStory story = online();
    story.advance(20s);
    story.roster({kBob});
    story.sent();
    CHECK_FALSE(story.asked());
    story.accept(4999);
    CHECK(story.asked() == endpoint("10.0.0.100:4999"));
    story.roster({kAlice, kCarol});
    CHECK(story.told() == Lines{"logout bob none bye", "login carol none 10.0.0.3:4003"});
    CHECK(story.sent().empty());
    CHECK_FALSE(story.asked());
}

TEST_CASE("An unanswered login after being forgotten is no loss: the roster was there") {
    ListenerStory story = online();
    story.advance(20s);
    story.roster({kBob});
    story.advance(10s);
    CHECK(story.listener.state() == State::Online);
    CHECK(story.told().empty());
}

TEST_CASE("A name that somebody else took while we were forgotten refuses us") {
    ListenerStory story = online();
    story.advance(20s);
    story.roster({"alice,10.0.0.9:9"});
    story.hear("reject,taken,online from another address");
    CHECK(story.listener.state() == State::Refused);
    CHECK(story.listener.refusal().code == "taken");
}

TEST_CASE("A failed look sends one login, and an Accept ends the doubt with another look") {
    ListenerStory story = online();
    story.advance(20s);
    story.rosterFails();
    CHECK(story.sent() == Lines{std::string(kLogin)});
    CHECK_FALSE(story.asked());
    story.advance(1s);
    story.accept(4999);
    CHECK(story.asked() == endpoint("10.0.0.100:4999"));
    story.advance(10s);
    story.roster({kAlice, kCarol});
    CHECK(story.listener.state() == State::Online);
    CHECK(story.told() == Lines{"logout bob none bye", "login carol none 10.0.0.3:4003"});
    CHECK(story.sent().empty());
}

TEST_CASE("A failed look and no Accept within 2 s: the index is lost, said once") {
    ListenerStory story = online();
    story.advance(20s);
    story.rosterFails();
    story.advance(1999ms);
    CHECK(story.listener.state() == State::Online);
    CHECK(story.told().empty());
    story.advance(1ms);
    CHECK(story.listener.state() == State::Lost);
    const auto events = story.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].type == EventType::Server);
    CHECK(events[0].user.empty());
    CHECK(events[0].trust == Trust::Absent);
    CHECK_FALSE(events[0].endpoint);
    CHECK(events[0].text == "lost");
    story.advance(1h);
    CHECK(story.told().empty());
}

TEST_CASE("While lost, login is sent from 1 s to 60 s apart, give or take a fifth") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        ListenerStory story({.seed = seed});
        story.comeOnline();
        story.loseIndex();
        story.sent();
        Duration expected = 1s;
        for (int i = 0; i < 10; ++i) {
            const Duration gap = untilNextLogin(story);
            CHECK(gap >= expected * 8 / 10);
            CHECK(gap <= expected * 12 / 10 + 10ms);
            expected = std::min<Duration>(2 * expected, 60s);
        }
    }
}

TEST_CASE(
    "An Accept while lost asks for the roster; then back comes first and the changes follow") {
    ListenerStory story = lost({kBob, kCarol});
    untilNextLogin(story);
    story.accept(4888);
    CHECK(story.told().empty());
    CHECK(story.asked() == endpoint("10.0.0.100:4888"));
    story.advance(5s);
    CHECK(story.sent().empty());
    story.roster({kAlice, "dave,10.0.0.4:4004", kBob});
    CHECK(story.listener.state() == State::Online);
    CHECK(story.told() ==
          Lines{"server - - back", "logout carol none bye", "login dave none 10.0.0.4:4004"});
    CHECK(story.sent().empty());
}

TEST_CASE("A late Accept of the login that decided the loss brings the index back") {
    ListenerStory story = lost();
    story.accept();
    story.roster({kAlice, kBob});
    CHECK(story.told() == Lines{"server - - back"});
}

TEST_CASE("Back-off begins anew with each loss") {
    ListenerStory story = lost();
    for (int i = 0; i < 8; ++i) untilNextLogin(story);
    story.accept();
    story.roster({kAlice, kBob});
    story.sent();
    story.loseIndex();
    story.sent();
    CHECK(untilNextLogin(story) <= 1200ms + 10ms);
}

TEST_CASE("Talk goes on while the index is lost, and is judged by what is known") {
    ListenerStory story = lost();
    story.hearFrom("10.0.0.2:1", "talk,12:00:00,bob,still here");
    story.hearFrom("10.0.0.9:1", "talk,12:00:00,bob,me too");
    CHECK(story.told() == Lines{"talk bob none still here", "talk bob BAD me too"});
}

TEST_CASE("Login and logout from the index are told while lost, but prove nothing") {
    ListenerStory story = lost();
    story.hear("login,carol,10.0.0.3:4003");
    story.hear("logout,bob,10.0.0.2:4002");
    CHECK(story.told() == Lines{"login carol none 10.0.0.3:4003", "logout bob none bye"});
    CHECK(story.listener.state() == State::Lost);
    CHECK_FALSE(story.asked());
    untilNextLogin(story);
    story.accept();
    story.roster({kAlice, kCarol});
    CHECK(story.told() == Lines{"server - - back"});
}

TEST_CASE("An index that answers but gives no roster is back all the same") {
    ListenerStory story = lost();
    untilNextLogin(story);
    story.accept();
    story.rosterFails();
    CHECK(story.listener.state() == State::Online);
    CHECK(story.told() == Lines{"server - - back"});
    CHECK(story.sent().empty());
}

TEST_CASE("An index that answers but gives no roster is asked ever more rarely, never given up") {
    ListenerStory story = online();
    std::size_t logins = 0;
    const TimePoint begin = story.now;
    while (story.now - begin < 2h) {
        story.advance(100ms);
        if (story.asked()) story.rosterFails();
        const std::size_t sent = story.sent().size();
        logins += sent;
        if (sent > 0) story.accept();
    }
    CHECK(story.told().empty());
    CHECK(logins >= 20);
    CHECK(logins <= 35);
    // One good look, and all is as before: looks every 15 s, and one failure is none of many.
    while (!story.asked()) story.advance(1s);
    story.roster({kAlice, kBob});
    story.advance(16500ms);
    story.rosterFails();
    story.accept();
    story.rosterFails();
    story.advance(2 * 16500ms);
    CHECK(story.asked());
}

TEST_CASE("A passing refusal while lost is tried again; a lasting one ends it") {
    for (std::string_view code : {"busy", "rate", "full", "later"}) {
        ListenerStory story = lost();
        untilNextLogin(story);
        story.hear("reject," + std::string(code) + ",not now");
        CHECK(story.listener.state() == State::Lost);
        CHECK(untilNextLogin(story) < 5s);
    }
    for (std::string_view code : {"taken", "name", "denied", "version", "whatever"}) {
        ListenerStory story = lost();
        untilNextLogin(story);
        story.hear("reject," + std::string(code) + ",never");
        CHECK(story.listener.state() == State::Refused);
    }
}

TEST_CASE("A passing refusal after a failed look shows that the index lives") {
    ListenerStory story = online();
    story.advance(20s);
    story.rosterFails();
    story.hear("reject,busy,not now");
    story.advance(10s);
    CHECK(story.listener.state() == State::Online);
    CHECK(story.told().empty());
    story.advance(1min);
    CHECK(story.asked());
}

TEST_CASE("An index that never gave its roster and is lost tells it when it is back") {
    ListenerStory story({.rosterFirst = true});
    story.login();
    story.accept();
    story.rosterFails();
    story.advance(kLostAfter);
    CHECK(story.told() == Lines{"server - - lost"});
    story.accept();
    CHECK_FALSE(story.listener.hasRoster());
    story.roster({kAlice, kBob});
    CHECK(story.told() == Lines{"server - - back", "roster alice self 10.0.0.1:4001",
                                "roster bob none 10.0.0.2:4002"});
    CHECK(story.listener.hasRoster());
}

TEST_CASE("An outcome that nobody asked for is ignored") {
    ListenerStory story = online();
    RecordingSink sink;
    story.listener.fetched({}, story.now, sink);
    story.listener.fetchFailed(story.now, sink);
    CHECK(sink.sent.empty());
    CHECK(story.listener.contacts().find("bob"));
    CHECK(story.listener.state() == State::Online);
}
