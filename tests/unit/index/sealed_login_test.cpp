// SPDX-License-Identifier: BSL-1.0
#include "tests/support/catch.hpp"
#include "tests/unit/index/sealed_world.hpp"

using namespace im::index;
using namespace im::index::test;
using im::wire::CloseCode;

TEST_CASE("A sealed login is accepted in the RESP and counts from the first BOX on") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    const auto session = world.begin(bob);
    world.settle();
    const Lines told = SealedWorld::heard(bob);
    REQUIRE(told.size() == 1);
    CHECK(told.front() ==
          "Accept,4651,90,192.0.2.3:5002," + std::to_string(world.index().version()) + ",0");
    CHECK(world.index().userCount() == 0);
    CHECK(world.index().nameCount() == 0);
    bob.ping(session, world.now);
    world.settle();
    CHECK(bob.count("received 0 pong") == 1);
    CHECK(world.index().userCount() == 1);
    CHECK(world.observer().lines() == Lines{"login bob 192.0.2.3:5002"});
    CHECK(world.observer().events.front().trust == im::Trust::New);
}

TEST_CASE("HS-2 a replayed login INIT changes nothing, from wherever and whenever it comes") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    const auto session = world.begin(bob);
    const auto init = world.collect();
    REQUIRE(init.size() == 1);
    const auto replay = [&] {
        for (const char* from : {"192.0.2.3:5002", "198.51.100.7:7"}) {
            Sent again = init.front();
            again.from = endpointAt(from);
            world.deliver(again);
        }
        (void)world.collect();
    };
    replay();
    CHECK(world.index().transport().storedAnswers() == 1);
    CHECK(world.index().userCount() == 0);
    world.deliver(init.front());
    world.settle();
    bob.ping(session, world.now);
    world.settle();
    REQUIRE(world.index().userCount() == 1);
    const auto events = world.observer().events.size();
    const auto version = world.index().version();
    replay();
    world.say(bob, session, "logout,bob,0.0.0.0:0");
    replay();
    world.advance(70s);
    replay();
    world.advance(20s);
    CHECK(world.index().userCount() == 0);
    CHECK(world.observer().events.size() == events + 1);
    CHECK(world.index().version() == version + 1);
}

TEST_CASE("Of two who race for a name the first to confirm has it, the other is told") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    Party& eve = world.party("bob", "192.0.2.4:5002", 3);
    const auto his = world.begin(bob);
    const auto hers = world.begin(eve);
    world.settle();
    CHECK(SealedWorld::heard(bob).front().starts_with("Accept"));
    CHECK(SealedWorld::heard(eve).front().starts_with("Accept"));
    eve.ping(hers, world.now);
    world.settle();
    bob.ping(his, world.now);
    world.settle();
    CHECK(SealedWorld::heard(bob) == Lines{"reject,taken,another key has the name"});
    CHECK(world.index().whereIs("bob") == eve.here);
}

TEST_CASE("A name stays with its first key for good, also over a restart") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    world.login(bob);
    world.restart();
    CHECK(world.index().userCount() == 0);
    Party& eve = world.party("bob", "192.0.2.4:5002", 3);
    world.login(eve);
    CHECK(eve.count("closed") == 1);
    CHECK(SealedWorld::heard(eve).front() == "reject,taken,another key has the name");
    Party& again = world.party("bob", "192.0.2.5:5002", 2);
    world.login(again);
    CHECK(world.index().whereIs("bob") == again.here);
    CHECK(world.observer().events.back().trust == im::Trust::Ok);
}

TEST_CASE("A new name is confirmed to nobody before the disk has it") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    world.login(alice);
    SealedWorld::heard(alice);
    world.store().isSlow = true;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    world.login(bob);
    world.advance(2s);
    CHECK(bob.count("received") == 0);
    CHECK(world.index().userCount() == 1);
    CHECK(SealedWorld::heard(alice).empty());
    Party& eve = world.party("bob", "192.0.2.4:5002", 3);
    world.begin(eve);
    world.settle();
    CHECK(SealedWorld::heard(eve) == Lines{"reject,taken,another key has the name"});
    world.store().write();
    world.advance(1s);
    CHECK(bob.count("received 0 pong") == 1);
    CHECK(world.index().userCount() == 2);
    CHECK(SealedWorld::heard(alice).back() == "login,bob,192.0.2.3:5002,nat");
}

TEST_CASE("Who logs in again while his claim waits for the disk waits as well") {
    SealedWorld world;
    world.store().isSlow = true;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    world.login(bob);
    world.advance(8s);
    bob.diary.clear();
    world.login(bob);
    CHECK(world.index().userCount() == 0);
    CHECK(bob.count("received") == 0);
    world.store().write();
    world.advance(1s);
    CHECK(world.index().userCount() == 1);
    CHECK(bob.count("received 0 pong") == 1);
    CHECK(bob.count("closed") == 0);
}

TEST_CASE("When the disk does not follow, claims are refused after so many") {
    SealedWorld world;
    world.store().isSlow = true;
    for (std::size_t i = 0; i <= SealedIndex::kMaxClaims; ++i) {
        const std::string at = "100.64." + std::to_string(i / 250) + "." + std::to_string(i % 250);
        Party& one = world.party("n" + std::to_string(i), at + ":5000", 100 + i);
        if (i % 1'000 == 999) world.now += 2s;
        const auto session = world.begin(one);
        world.flushOne(one);
        if (i < SealedIndex::kMaxClaims) {
            one.ping(session, world.now);
            world.flushOne(one);
            continue;
        }
        CHECK(SealedWorld::heard(one) == Lines{"reject,busy,the disk is slow; try again"});
    }
    CHECK(world.index().userCount() == 0);
}

TEST_CASE("Another process of the same identity takes over, and the first is told") {
    SealedWorld world;
    Party& first = world.party("bob", "192.0.2.3:5002", 2);
    Party& second = world.party("bob", "192.0.2.3:5003", 2);
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    world.login(alice);
    world.login(first);
    world.advance(1s);
    SealedWorld::heard(alice);
    world.login(second);
    world.advance(1s);
    CHECK(first.count("closed 0 1 logged in elsewhere") == 1);
    CHECK(world.index().userCount() == 2);
    CHECK(SealedWorld::heard(alice) ==
          Lines{SealedWorld::deltaBy(world.index().version(), 2), "login,bob,192.0.2.3:5003,nat"});
    CHECK(world.index().transport().sessions() == 2);
}

TEST_CASE("A confirmation that was held back does not bring an overtaken login back") {
    SealedWorld world;
    Party& first = world.party("bob", "192.0.2.3:5002", 2);
    Party& second = world.party("bob", "192.0.2.3:5003", 2);
    const auto his = world.begin(first);
    world.settle();
    first.ping(his, world.now);
    const auto heldBack = world.collect();
    world.advance(1s);
    world.login(second);
    for (const Sent& sent : heldBack) world.deliver(sent);
    world.settle();
    CHECK(world.index().whereIs("bob") == second.here);
    CHECK(second.count("closed") == 0);
    CHECK(first.count("closed 0 1 a later login counts") == 1);
}

TEST_CASE("A new session of the same process replaces nobody and is no news") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    const auto first = world.login(bob);
    const auto version = world.index().version();
    world.login(bob);
    CHECK(bob.count("closed") == 0);
    CHECK(world.index().version() == version);
    CHECK(world.observer().lines() == Lines{"login bob 192.0.2.3:5002"});
    CHECK(bob.transport.session(first) != nullptr);
    CHECK(world.index().counters().takeovers == 1);
}

TEST_CASE("A login ends when nothing was heard for the lease, and any frame renews it") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    const auto his = world.login(bob);
    world.login(alice);
    world.advance(80s);
    bob.ping(his, world.now);
    world.settle();
    world.advance(15s);
    CHECK(world.index().whereIs("bob"));
    CHECK_FALSE(world.index().whereIs("alice"));
    CHECK(world.observer().lines().back() == "logout alice lease");
    world.advance(90s);
    CHECK(world.index().userCount() == 0);
}

TEST_CASE("A logout ends the login at once, and so does CLOSE") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    const auto his = world.login(bob);
    const auto hers = world.login(alice);
    world.say(bob, his, "logout,bob,0.0.0.0:0");
    CHECK(world.observer().lines().back() == "logout bob bye");
    alice.transport.close(hers, CloseCode::Bye, {}, world.now, alice);
    world.settle();
    CHECK(world.observer().lines().back() == "logout alice bye");
    CHECK(world.index().userCount() == 0);
    CHECK(world.index().transport().session(hers) == nullptr);
}

TEST_CASE("Who moves is told at his new address, once he has proved to be there") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    const auto his = world.login(bob);
    world.login(alice);
    world.advance(1s);
    SealedWorld::heard(alice);
    bob.here = endpointAt("203.0.113.9:9");
    bob.ping(his, world.now);
    const auto first = world.collect();
    world.deliver(first.front());
    CHECK(world.index().whereIs("bob") == endpointAt("192.0.2.3:5002"));
    world.settle();
    world.advance(1s);
    CHECK(world.index().whereIs("bob") == bob.here);
    CHECK(SealedWorld::heard(alice).back() == "login,bob,203.0.113.9:9,nat");
    CHECK(world.index().onlineAt(addressAt("192.0.2.3")) == 0);
    CHECK(world.index().onlineAt(bob.here.address) == 1);
}

TEST_CASE("A login under another name than the card's is refused") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    const auto session = world.ask(bob, "login,carol,0.0.0.0:0");
    world.settle();
    CHECK(SealedWorld::heard(bob) == Lines{"reject,name,not the name of the card"});
    bob.ping(session, world.now);
    world.settle();
    CHECK(world.index().userCount() == 0);
}

TEST_CASE("There is room for --max-users of both profiles, and --max-per-ip of an address") {
    Policy policy;
    policy.maxUsers = 2;
    policy.maxPerIp = 1;
    SealedWorld world(policy);
    Party& bob = world.party("bob", "10.0.0.3:5002", 2);
    Party& carol = world.party("carol", "10.0.0.3:5003", 3);
    Party& dave = world.party("dave", "10.0.0.5:5003", 4);
    world.login(bob);
    world.login(carol);
    CHECK(SealedWorld::heard(carol).front() == "reject,full,too many at your address");
    world.classicLogin("alice", "10.0.0.3:4000");
    CHECK(world.classic().userCount() == 0);
    world.classicLogin("alice", "10.0.0.4:4000");
    CHECK(world.classic().userCount() == 1);
    world.login(dave);
    CHECK(SealedWorld::heard(dave).front() == "reject,full,no room for more users");
}

TEST_CASE("A closed index admits whom the operator has written down, and nobody else") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    Party& carol = world.party("carol", "192.0.2.4:5002", 3);
    world.login(bob);
    world.login(carol);
    Admitted admitted;
    admitted.closed = true;
    admitted.owners.emplace("carol", carol.identity.publicKey());
    world.index().setAdmitted(admitted, world.now, world.wire());
    world.settle();
    CHECK(world.index().userCount() == 1);
    CHECK(bob.count("closed 0 4 not admitted") == 1);
    Party& again = world.party("bob", "192.0.2.3:5004", 2);
    const auto session = world.ask(again, "lookup,00000001,carol");
    world.settle();
    CHECK(SealedWorld::heard(again) == Lines{"reject,denied,not admitted here"});
    again.ping(session, world.now);
    world.settle();
    CHECK(again.count("closed 0 4") == 1);
}

TEST_CASE("The operator's word about a name counts before whoever had it") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    world.login(bob);
    Party& heir = world.party("bob", "192.0.2.4:5002", 3);
    Admitted admitted;
    admitted.owners.emplace("bob", heir.identity.publicKey());
    world.index().setAdmitted(admitted, world.now, world.wire());
    world.settle();
    CHECK(world.index().userCount() == 0);
    world.login(heir);
    CHECK(world.index().whereIs("bob") == heir.here);
    world.index().setAdmitted({}, world.now, world.wire());
    Party& back = world.party("bob", "192.0.2.3:5003", 2);
    world.login(back);
    CHECK(SealedWorld::heard(back).front() == "reject,taken,another key has the name");
}

TEST_CASE("An index that stops tells every sealed user") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    world.login(bob);
    world.login(alice);
    while (world.index().sayStopping(world.now, world.wire())) {
    }
    for (const Sent& sent : world.collect()) world.deliver(sent);
    CHECK(bob.count("closed 0 0 stopping") == 1);
    CHECK(alice.count("closed 0 0 stopping") == 1);
}
