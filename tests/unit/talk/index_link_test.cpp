// SPDX-License-Identifier: BSL-1.0
// A client's session with its index: login, presence, lookups, loss and return.
#include "tests/support/catch.hpp"
#include "tests/unit/talk/index_link_story.hpp"

using namespace im;
using namespace im::test;
using namespace std::chrono_literals;
using State = talk::SealedIndexLink::State;

namespace {

/// An index, and Alice who has begun to log in there a second ago.
struct AliceOnline : IndexWorld {
    AliceOnline() {
        alice.start();
        network.run(1s);
    }
    LinkClient alice{network, index, "alice", "192.0.2.2:5001", 1};
};

}  // namespace

TEST_CASE("a login counts at the index when it is confirmed, and knows the roster then") {
    IndexWorld world;
    world.invent("bob", "192.0.2.3:5002");
    LinkClient alice(world.network, world.index, "alice", "192.0.2.2:5001", 1);
    alice.start();
    world.network.run(1s);
    CHECK(alice.link.state() == State::Online);
    CHECK(world.index.logins == 1);
    CHECK(world.index.users.at("alice").at == alice.here);
    CHECK(alice.link.observed() == alice.here);
    CHECK(alice.link.presence().contacts().all().size() == 2);
    CHECK(alice.diary.empty());  // the first roster is taken in silently
}

TEST_CASE("a roster's INIT that the index leaves alone is said again") {
    IndexWorld world;
    world.invent("bob", "192.0.2.3:5002");
    LinkClient alice(world.network, world.index, "alice", "192.0.2.2:5001", 1);
    alice.unansweredFrames = 1;
    alice.start();
    world.network.run(2s);
    CHECK(alice.link.presence().hasRoster());
    CHECK(alice.fetches == 1);
}

TEST_CASE("a guest reads the roster, and nobody is told of him") {
    IndexWorld world;
    world.invent("bob", "192.0.2.3:5002");
    LinkClient alice(world.network, world.index, "alice", "192.0.2.2:5001", 1, false, true);
    alice.start();
    world.network.run(1s);
    CHECK(alice.diary == std::vector<std::string>{"roster bob new 192.0.2.3:5002"});
    CHECK(world.index.logins == 0);
    CHECK(world.index.users.size() == 1);
}

TEST_CASE("with the roster first its lines come first, ourselves marked") {
    IndexWorld world;
    world.invent("bob", "192.0.2.3:5002");
    world.invent("carol", "192.0.2.4:5002", true);
    LinkClient alice(world.network, world.index, "alice", "192.0.2.2:5001", 1, true, true);
    alice.pins.users["bob"] = {};
    alice.start();
    world.network.run(1s);
    CHECK(alice.diary == std::vector<std::string>{"roster alice self 192.0.2.2:5001",
                                                  "roster bob ok 192.0.2.3:5002",
                                                  "roster carol none 192.0.2.4:5002"});
}

TEST_CASE("a classic user under a pinned name is BAD in presence") {
    IndexWorld world;
    LinkClient alice(world.network, world.index, "alice", "192.0.2.2:5001", 1);
    alice.pins.users["bob"] = {};
    alice.start();
    world.network.run(1s);
    world.invent("bob", "192.0.2.3:5002", true);
    world.network.run(1s);
    CHECK(alice.diary == std::vector<std::string>{"login bob BAD 192.0.2.3:5002"});
}

TEST_CASE("a login and a logout of others are told once each") {
    AliceOnline world;
    LinkClient& alice = world.alice;
    {
        LinkClient bob(world.network, world.index, "bob", "192.0.2.3:5001", 2);
        bob.start();
        world.network.run(2s);
        bob.act([&](Sink& sink) { bob.link.logout(world.network.now(), sink); });
        world.network.run(2s);
        CHECK(bob.link.state() == State::LoggedOut);
    }
    CHECK(alice.diary ==
          std::vector<std::string>{"login bob new 192.0.2.3:5001", "logout bob new bye"});
}

TEST_CASE("a delta that was lost is made up for within a keep-alive") {
    AliceOnline world;
    LinkClient& alice = world.alice;
    world.network.cut(alice.here.address);
    world.invent("bob", "192.0.2.3:5002");
    world.network.run(1s);
    world.network.join(alice.here.address);
    world.network.run(28s);
    CHECK(alice.count("login bob new 192.0.2.3:5002") == 1);
    CHECK(alice.diary.size() == 1);
}

TEST_CASE("a gap before a delta is noticed at the delta") {
    AliceOnline world;
    LinkClient& alice = world.alice;
    world.network.cut(alice.here.address);
    world.invent("bob", "192.0.2.3:5002");
    world.network.run(1s);
    world.network.join(alice.here.address);
    world.invent("carol", "192.0.2.4:5002");
    world.network.run(1s);
    CHECK(world.index.syncs == 1);
    CHECK(alice.diary == std::vector<std::string>{"login bob new 192.0.2.3:5002",
                                                  "login carol new 192.0.2.4:5002"});
}

TEST_CASE("a name that is another's is refused, with the reason") {
    IndexWorld world;
    world.index.names["alice"] = {};
    LinkClient alice(world.network, world.index, "alice", "192.0.2.2:5001", 1);
    alice.start();
    world.network.run(1s);
    REQUIRE(alice.link.state() == State::Refused);
    CHECK(alice.link.refusal().code == "taken");
    CHECK(world.index.users.empty());
}

TEST_CASE("a silent index is given up after five seconds, and is left alone then") {
    IndexWorld world;
    LinkClient alice(world.network, world.index, "alice", "192.0.2.2:5001", 1);
    world.stop();
    alice.start();
    world.network.run(4900ms);
    CHECK(alice.link.state() == State::Connecting);
    world.network.run(200ms);
    CHECK(alice.link.state() == State::Silent);
    const auto sent = world.network.sentCount();
    world.network.run(60s);
    CHECK(world.network.sentCount() == sent);
}

TEST_CASE("a cached card whose K is gone costs one round trip") {
    IndexWorld world;
    const sealed::Card old = world.index.card();
    world.index.start(world.network.now());
    LinkClient alice(world.network, world.index, old, "alice", "192.0.2.2:5001", 1, true, false);
    alice.start();
    world.network.run(500ms);
    CHECK(alice.link.state() == State::Online);
    CHECK(alice.link.indexCard().sessionKey() == world.index.card().sessionKey());
    CHECK(alice.pins.cards == 2);  // the fresh one is kept
}

TEST_CASE("an index with another identity than the pinned one ends the login, whatever it says") {
    IndexWorld world;
    const sealed::Card pinned = world.index.card();
    world.index.changeIdentity(world.network.now());
    LinkClient alice(world.network, world.index, pinned, "alice", "192.0.2.2:5001", 1, true, false);
    alice.start();
    world.network.run(3s);
    REQUIRE(alice.link.state() == State::KeyChanged);
    CHECK(alice.link.changedKey() == world.index.identity());
    CHECK(world.index.users.empty());
}

TEST_CASE("an index that is lost and back is told so, and what was missed comes once") {
    IndexWorld world;
    world.invent("bob", "192.0.2.3:5002");
    LinkClient alice(world.network, world.index, "alice", "192.0.2.2:5001", 1);
    alice.start();
    world.network.run(1s);
    world.network.cut(kIndexAt.address);
    world.network.run(60s);
    CHECK(alice.link.state() == State::Lost);
    CHECK(alice.diary == std::vector<std::string>{"server - lost"});
    world.act([&](Sink& sink, TimePoint now) { world.index.drop("bob", now, sink); });
    world.invent("carol", "192.0.2.4:5002");
    world.network.join(kIndexAt.address);
    world.network.run(60s);
    CHECK(alice.link.state() == State::Online);
    CHECK(alice.diary == std::vector<std::string>{"server - lost", "server - back",
                                                  "logout bob new bye",
                                                  "login carol new 192.0.2.4:5002"});
}

TEST_CASE("an index that restarts has its users back, each login once") {
    IndexWorld world;
    LinkClient alice(world.network, world.index, "alice", "192.0.2.2:5001", 1);
    LinkClient bob(world.network, world.index, "bob", "192.0.2.3:5001", 2);
    alice.start();
    bob.start();
    world.network.run(1s);
    alice.diary.clear();
    world.stop();
    world.restart();
    world.network.run(120s);
    CHECK(world.index.users.size() == 2);
    CHECK(alice.link.state() == State::Online);
    CHECK(alice.count("server - back") == 1);
    CHECK(alice.link.presence().contacts().all().size() == 2);
    CHECK(alice.count("login bob new 192.0.2.3:5001") == alice.count("logout bob new bye"));
}

TEST_CASE("an index that says goodbye is stopping, not lost, and nobody storms it") {
    AliceOnline world;
    LinkClient& alice = world.alice;
    world.act([&](Sink& sink, TimePoint now) { world.index.sayGoodbye(now, sink); });
    world.network.run(10ms);
    CHECK(alice.diary == std::vector<std::string>{"server - stopping"});
    world.network.run(60s);
    CHECK(alice.diary.back() == "server - back");
}

TEST_CASE("a lost Accept and a lost PONG are asked for again") {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        IndexWorld world(seed);
        world.network.setWeather({.loss = 0.3, .repeat = 0.1, .delayMost = 100ms});
        LinkClient alice(world.network, world.index, "alice", "192.0.2.2:5001", seed);
        alice.act(
            [&](Sink& sink) { alice.link.adopt(talk::Contacts(), world.network.now(), sink); });
        world.network.run(120s);
        world.network.setWeather({});
        world.network.run(120s);
        CHECK(alice.link.state() == State::Online);
        CHECK(world.index.users.contains("alice"));
    }
}

TEST_CASE("a second process of the same identity ends the first") {
    IndexWorld world;
    LinkClient first(world.network, world.index, "alice", "192.0.2.2:5001", 1);
    first.start();
    world.network.run(1s);
    LinkClient second(world.network, world.index, "alice", "192.0.2.2:5002", 1);
    // The same identity, another K.
    second.act([&](Sink& sink) { second.transport.rotateKey(world.network.now(), sink); });
    second.start();
    world.network.run(1s);
    CHECK(first.link.state() == State::Replaced);
    CHECK(second.link.state() == State::Online);
}

TEST_CASE("a sender asks without a login, and its question is answered in one round trip") {
    IndexWorld world;
    LinkClient bob(world.network, world.index, "bob", "192.0.2.3:5001", 2);
    bob.start();
    world.network.run(1s);
    LinkClient alice(world.network, world.index, "alice", "192.0.2.2:5001", 1, false);
    const auto before = world.network.sentCount();
    alice.lookup("bob");
    world.network.run(100ms);
    CHECK(alice.diary == std::vector<std::string>{"found bob 192.0.2.3:5001 card"});
    CHECK(world.network.sentCount() - before == 2);
    CHECK(alice.lastCard->sessionKey() == bob.transport.keys().current().card.sessionKey());
}

TEST_CASE("who is offline, unknown or classic is said so") {
    IndexWorld world;
    world.index.names["bob"] = {};
    world.invent("carol", "192.0.2.4:5002", true);
    LinkClient alice(world.network, world.index, "alice", "192.0.2.2:5001", 1, false);
    alice.lookup("bob");
    alice.lookup("dave");
    alice.lookup("carol");
    world.network.run(5s);
    CHECK(alice.count("not found bob 0") == 1);
    CHECK(alice.count("not found dave 1") == 1);
    CHECK(alice.count("found carol 192.0.2.4:5002 classic") == 1);
    CHECK(alice.diary.size() == 3);
}

TEST_CASE("a lookup is repeated, and given up in the end") {
    AliceOnline world;
    LinkClient& alice = world.alice;
    world.index.isSilentToLookups = true;
    alice.lookup("bob");
    world.network.run(7100ms);
    CHECK(world.index.lookups == 4);  // at 0, 1, 3 and 7 s
    CHECK(alice.diary.empty());
    world.network.run(5s);
    CHECK(alice.diary == std::vector<std::string>{"not found bob 3"});
}

TEST_CASE("the index hears of a new K even when the first word of it is lost") {
    AliceOnline world;
    LinkClient& alice = world.alice;
    world.network.cut(kIndexAt.address);
    alice.act([&](Sink& sink) { alice.transport.rotateKey(world.network.now(), sink); });
    world.network.run(500ms);
    world.network.join(kIndexAt.address);
    world.network.run(5s);
    CHECK(world.index.users.at("alice").card->sessionKey() ==
          alice.transport.keys().current().card.sessionKey());
}

TEST_CASE("the index hears of the last K when one follows another") {
    AliceOnline world;
    LinkClient& alice = world.alice;
    for (int i = 0; i < 3; ++i) {
        alice.act([&](Sink& sink) { alice.transport.rotateKey(world.network.now(), sink); });
        world.network.run(1ms);
    }
    world.network.run(1s);
    CHECK(world.index.users.at("alice").card->sessionKey() ==
          alice.transport.keys().current().card.sessionKey());
}

TEST_CASE("the index hears of a K that is replaced before the login is confirmed") {
    IndexWorld world;
    LinkClient alice(world.network, world.index, "alice", "192.0.2.2:5001", 1);
    alice.start();
    for (int i = 0; i < 20; ++i) {
        world.network.run(1ms);
        alice.act([&](Sink& sink) { alice.transport.rotateKey(world.network.now(), sink); });
    }
    world.network.run(2s);
    CHECK(world.index.users.at("alice").card->sessionKey() ==
          alice.transport.keys().current().card.sessionKey());
}

TEST_CASE("a gap is asked for once, however many deltas show it") {
    AliceOnline world;
    world.network.cut(world.alice.here.address);
    world.invent("bob", "192.0.2.3:5002");
    world.network.run(1s);
    world.network.join(world.alice.here.address);
    for (int i = 0; i < 20; ++i) world.invent("n" + std::to_string(i), "192.0.2.4:5002");
    world.network.run(500ms);
    CHECK(world.index.syncs == 1);
    world.network.run(10s);  // what the answer left out is asked for in its turn
    CHECK(world.index.syncs < 10);
    CHECK(world.alice.link.presence().contacts().find("n19"));
}

TEST_CASE("another address of ours is known to the index and to us after a keep-alive") {
    AliceOnline world;
    LinkClient& alice = world.alice;
    alice.move("203.0.113.9:6000");
    world.network.run(60s);
    CHECK(world.index.users.at("alice").at == alice.here);
    CHECK(alice.link.observed() == alice.here);
    CHECK(alice.link.state() == State::Online);
    CHECK(world.index.logins == 1);
}

TEST_CASE("a session gets its successor after an hour, and nobody notices") {
    IndexWorld world;
    LinkClient alice(world.network, world.index, "alice", "192.0.2.2:5001", 1);
    LinkClient bob(world.network, world.index, "bob", "192.0.2.3:5001", 2);
    alice.start();
    bob.start();
    world.network.run(2s);
    alice.diary.clear();
    world.network.run(3h);
    CHECK(alice.rekeys >= 2);
    CHECK(alice.diary.empty());
    CHECK(alice.link.state() == State::Online);
}

TEST_CASE("a roster that does not come is asked for again, more and more rarely") {
    IndexWorld world;
    LinkClient alice(world.network, world.index, "alice", "192.0.2.2:5001", 1, true, true);
    alice.hasTcp = false;
    alice.start();
    world.network.run(1s);
    CHECK(alice.diary == std::vector<std::string>{"roster alice self 192.0.2.2:5001"});
    world.network.run(10min);
    CHECK(alice.fetches >= 4);
    CHECK(alice.fetches <= 9);
    alice.hasTcp = true;
    world.invent("bob", "192.0.2.3:5002");
    world.network.run(7min);
    CHECK(alice.link.presence().hasRoster());
}
