// SPDX-License-Identifier: BSL-1.0
#include "libim/index/deltas.hpp"
#include "libim/wire/hex.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/index/sealed_world.hpp"

#include <algorithm>

using namespace im::index;
using namespace im::index::test;

namespace {

std::string lookedUp(SealedWorld& world, Party& who, im::wire::SessionIndex session,
                     const std::string& name) {
    SealedWorld::heard(who);
    world.say(who, session, "lookup,000000aa," + name);
    const Lines lines = SealedWorld::heard(who);
    return lines.empty() ? std::string() : lines.back();
}

/// So many classic users, of whom nothing else is known.
class Multitude final : public Neighbour {
public:
    explicit Multitude(std::size_t online) : online_(online) {}
    bool hasName(std::string_view) const override { return false; }
    std::optional<im::Endpoint> whereIs(std::string_view) const override { return {}; }
    std::size_t online() const override { return online_; }
    std::size_t onlineAt(const im::Address&) const override { return 0; }
    std::size_t visit(std::size_t, std::size_t, const Each&) const override { return 0; }
    void otherCame(std::string_view, const im::Endpoint&) override {}
    void otherLeft(std::string_view, const im::Endpoint&) override {}
    bool mayTell(const im::Address&, std::size_t) override { return true; }

private:
    std::size_t online_;
};

}  // namespace

TEST_CASE("The more there are, the seldomer deltas come: with 10,000 each half second") {
    SealedWorld world;
    Multitude others(9'997);
    world.index().meet(others);
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    Party& carol = world.party("carol", "192.0.2.4:5003", 3);
    world.login(alice);
    world.advance(1s);
    world.login(bob);
    SealedWorld::heard(alice);
    world.login(carol);
    world.advance(450ms);
    CHECK(SealedWorld::heard(alice).empty());
    world.advance(60ms);
    CHECK(SealedWorld::heard(alice).size() == 2);
}

TEST_CASE("Whoever is online hears who comes and goes, in one delta a tick") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    Party& carol = world.party("carol", "192.0.2.4:5003", 3);
    world.login(alice);
    world.advance(1s);
    SealedWorld::heard(alice);
    const auto before = world.index().version();
    const auto his = world.login(bob);
    const Lines first = SealedWorld::heard(alice);
    CHECK(first == Lines{SealedWorld::deltaBy(before + 1, 1), "login,bob,192.0.2.3:5002,nat"});
    world.login(carol);
    world.say(bob, his, "logout,bob,0.0.0.0:0");
    CHECK(SealedWorld::heard(alice).empty());
    world.advance(SealedIndex::kLeastTick);
    const Lines second = SealedWorld::heard(alice);
    CHECK(second == Lines{SealedWorld::deltaBy(before + 3, 2), "login,carol,192.0.2.4:5003,nat",
                          "logout,bob,0.0.0.0:0"});
}

TEST_CASE("A PONG tells the version that everybody has been told") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    const auto hers = world.login(alice);
    world.advance(1s);
    alice.diary.clear();
    alice.ping(hers, world.now);
    world.settle();
    REQUIRE(alice.diary.size() == 1);
    CHECK(alice.diary.front().ends_with(" pong " + std::to_string(world.index().version())));
}

TEST_CASE("Who has missed deltas gets by sync what came after his version") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    const auto hers = world.login(alice);
    world.advance(1s);
    const auto had = world.index().version();
    world.login(bob);
    world.advance(1s);
    SealedWorld::heard(alice);
    world.say(alice, hers, "sync," + std::to_string(had));
    CHECK(SealedWorld::heard(alice) ==
          Lines{SealedWorld::deltaBy(had + 1, 1), "login,bob,192.0.2.3:5002,nat"});
    world.say(alice, hers, "sync," + std::to_string(had + 1));
    CHECK(SealedWorld::heard(alice) == Lines{SealedWorld::deltaBy(had + 1, 0)});
}

TEST_CASE("Who comes with the version of an index before this one is to fetch the roster") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    const auto hers = world.login(alice);
    world.advance(1s);
    SealedWorld::heard(alice);
    world.say(alice, hers, "sync,5");
    CHECK(SealedWorld::heard(alice) == Lines{"resync"});
    world.say(alice, hers, "sync,18446744073709551615");
    CHECK(SealedWorld::heard(alice) == Lines{"resync"});
}

TEST_CASE("Versions of a restarted index are later than those before it") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    world.login(alice);
    world.advance(1s);
    const auto before = world.index().version();
    world.restart();
    CHECK(world.index().version() > before);
}

TEST_CASE("A lookup tells where somebody is, with his card as he signed it") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    world.login(bob, "10.0.0.2:5000");
    std::vector<im::Bytes> cards;
    const auto hers = world.login(alice);
    CHECK(lookedUp(world, alice, hers, "bob") ==
          "peer,000000aa,bob,nat,192.0.2.3:5002,10.0.0.2:5000,00000000");
    CHECK(alice.cards == std::vector<im::Bytes>{bob.card().bytes});
    CHECK(lookedUp(world, alice, hers, "nobody") == "none,000000aa,nobody,unknown");
    Party& carol = world.party("carol", "192.0.2.5:5002", 5);
    const auto his = world.login(carol);
    world.say(carol, his, "logout,carol,0.0.0.0:0");
    CHECK(lookedUp(world, alice, hers, "carol") == "none,000000aa,carol,offline");
}

TEST_CASE("A lookup in an INIT is answered in the RESP, and nobody comes online by it") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    world.login(bob);
    const auto events = world.observer().events.size();
    world.ask(alice, "lookup,00000007,bob");
    world.settle();
    CHECK(SealedWorld::heard(alice).front().starts_with("peer,00000007,bob,nat,192.0.2.3:5002"));
    CHECK(world.observer().events.size() == events);
    CHECK(world.index().nameCount() == 1);
}

TEST_CASE("A lookup of a name that is offline tells whose it is") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    const auto hers = world.login(alice);
    const auto his = world.login(bob);
    world.say(bob, his, "logout,bob,0.0.0.0:0");
    SealedWorld::heard(alice);
    world.say(alice, hers, "lookup,000000aa,bob");
    const Lines lines = SealedWorld::heard(alice);
    CHECK(lines == Lines{"owner,000000aa,bob," + im::wire::toHex(bob.identity.publicKey()),
                         "none,000000aa,bob,offline"});
    CHECK(lookedUp(world, alice, hers, "carol") == "none,000000aa,carol,unknown");
}

TEST_CASE("A guest is told the roster's port in the RESP, and is not online by it") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    world.ask(alice, "roster,0,");
    world.settle();
    const Lines lines = SealedWorld::heard(alice);
    REQUIRE(lines.size() == 1);
    CHECK(lines.front().starts_with("Accept,"));
    CHECK(world.index().nameCount() == 0);
}

TEST_CASE("A local endpoint is told only when it is a private one of IPv4") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    world.login(bob, "203.0.113.1:80");
    const auto hers = world.login(alice);
    CHECK(lookedUp(world, alice, hers, "bob") ==
          "peer,000000aa,bob,,192.0.2.3:5002,0.0.0.0:0,00000000");
}

TEST_CASE("A session that asks too much is told so, and others are not") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    const auto hers = world.login(alice);
    const auto his = world.login(bob);
    for (int i = 0; i < 200; ++i) world.say(alice, hers, "lookup,00000001,bob");
    CHECK(lookedUp(world, alice, hers, "bob") == "none,000000aa,bob,rate");
    CHECK(lookedUp(world, bob, his, "alice").starts_with("peer"));
    world.advance(1s);
    CHECK(lookedUp(world, alice, hers, "bob").starts_with("peer"));
}

TEST_CASE("A new K in a BOX is the one that is told from then on") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    const auto his = world.login(bob);
    const auto hers = world.login(alice);
    bob.transport.rotateKey(world.now, bob);
    im::Bytes records;
    im::wire::appendRecord(records, im::wire::CardRecord{bob.card().bytes});
    bob.transport.send(his, records, world.now, bob);
    world.settle();
    lookedUp(world, alice, hers, "bob");
    CHECK(alice.cards == std::vector<im::Bytes>{bob.card().bytes});
}

TEST_CASE("Of two new K the later one is told, whichever word comes last") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    const auto his = world.login(bob);
    std::vector<Sent> words;
    for (int twice = 0; twice < 2; ++twice) {
        bob.transport.rotateKey(world.now, bob);
        im::Bytes records;
        im::wire::appendRecord(records, im::wire::CardRecord{bob.card().bytes});
        bob.transport.send(his, records, world.now, bob);
        for (const Sent& sent : world.collect()) words.push_back(sent);
    }
    REQUIRE(words.size() == 2);
    world.deliver(words[1]);
    world.deliver(words[0]);
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    lookedUp(world, alice, world.login(alice), "bob");
    CHECK(alice.cards == std::vector<im::Bytes>{bob.card().bytes});
}

TEST_CASE("Somebody else's card in a BOX changes nothing") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    const auto his = world.login(bob);
    const auto hers = world.login(alice);
    const im::Bytes good = bob.card().bytes;
    for (const Party* other : {&alice, &world.party("bob", "192.0.2.9:1", 9)}) {
        im::Bytes records;
        im::wire::appendRecord(records, im::wire::CardRecord{other->card().bytes});
        bob.transport.send(his, records, world.now, bob);
        world.settle();
    }
    lookedUp(world, alice, hers, "bob");
    CHECK(alice.cards == std::vector<im::Bytes>{good});
}

TEST_CASE("The roster over a stream has everybody once, and ends with its version") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    world.login(alice);
    world.login(bob);
    world.classicLogin("carol", "10.0.0.4:4000");
    world.advance(1s);
    Lines lines = world.roster("alice", 1, "192.0.2.2:6001");
    REQUIRE(lines.size() == 4);
    CHECK(lines.back() == "end," + std::to_string(world.index().version()));
    lines.pop_back();
    std::ranges::sort(lines);
    CHECK(lines == Lines{"login,alice,192.0.2.2:5001,nat", "login,bob,192.0.2.3:5002,nat",
                         "login,carol,10.0.0.4:4000,classic"});
    CHECK(world.index().transport().sessions() == 2);
}

TEST_CASE("A roster is not given over UDP, and nobody logs in over a stream") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    const auto hers = world.login(alice);
    world.advance(1s);
    SealedWorld::heard(alice);
    world.say(alice, hers, "roster,0,");
    CHECK(SealedWorld::heard(alice).empty());
    CHECK(world.roster("alice", 1, "192.0.2.2:6001", "login,alice,0.0.0.0:0").front() ==
          "reject,later,not over TCP");
}

TEST_CASE("Both profiles share one name space") {
    SealedWorld world;
    Party& alice = world.party("alice", "10.0.0.2:5001", 1);
    const auto hers = world.login(alice);
    world.classicLogin("alice", "10.0.0.4:4000");
    CHECK(world.classicSink.heard[endpointAt("10.0.0.4:4000")] ==
          Lines{"reject,taken,online elsewhere"});
    world.say(alice, hers, "logout,alice,0.0.0.0:0");
    world.classicLogin("alice", "10.0.0.4:4000");
    CHECK(world.classic().userCount() == 0);
    world.classicLogin("bob", "10.0.0.4:4000");
    Party& bob = world.party("bob", "10.0.0.3:5002", 2);
    world.login(bob);
    CHECK(SealedWorld::heard(bob).front() == "reject,taken,online without a key");
    world.classicLogout("bob", "10.0.0.4:4000");
    Party& later = world.party("bob", "10.0.0.3:5003", 2);
    world.login(later);
    CHECK(world.index().whereIs("bob") == later.here);
}

TEST_CASE("Classic users hear of sealed ones as of each other, and find them in the roster") {
    SealedWorld world;
    world.classicLogin("carol", "10.0.0.4:4000");
    world.classicSink.heard.clear();
    Party& alice = world.party("alice", "10.0.0.2:5001", 1);
    const auto hers = world.login(alice);
    world.tick();
    auto& heard = world.classicSink.heard[endpointAt("10.0.0.4:4000")];
    CHECK(heard == Lines{"login,alice,10.0.0.2:5001"});
    const auto roster = world.classic().fetchRoster(addressAt("10.0.0.4"), world.now);
    REQUIRE(roster);
    CHECK(roster->str().find("alice") != std::string::npos);
    heard.clear();
    world.say(alice, hers, "logout,alice,0.0.0.0:0");
    world.tick();
    CHECK(heard == Lines{"logout,alice,10.0.0.2:5001"});
    CHECK(world.classic().fetchRoster(addressAt("10.0.0.4"), world.now)->str().find("alice") ==
          std::string::npos);
}

TEST_CASE("Sealed users hear of classic ones, marked, and look them up without a card") {
    SealedWorld world;
    Party& alice = world.party("alice", "10.0.0.2:5001", 1);
    const auto hers = world.login(alice);
    world.advance(1s);
    SealedWorld::heard(alice);
    world.classicLogin("carol", "10.0.0.4:4000");
    world.advance(1s);
    CHECK(SealedWorld::heard(alice).back() == "login,carol,10.0.0.4:4000,classic");
    CHECK(lookedUp(world, alice, hers, "carol") ==
          "peer,000000aa,carol,classic,10.0.0.4:4000,0.0.0.0:0,00000000");
    CHECK(alice.cards.empty());
    world.classicLogout("carol", "10.0.0.4:4000");
    world.advance(1s);
    CHECK(SealedWorld::heard(alice).back() == "logout,carol,0.0.0.0:0");
}

TEST_CASE("Deltas fit into datagrams, lead on without a gap, and tell a name once") {
    NameOwners owners(kTestKey);
    Changes changes(1'000, owners);
    for (int i = 0; i < 200; ++i) changes.add(nameOf("user" + std::to_string(i % 100)));
    const auto line = [](std::string_view name) {
        return "login," + std::string(name) + ",[2001:db8:1111:2222:3333:4444:5555:6666]:65535";
    };
    const auto frames = deltaFrames(changes, 1'000, changes.version(), 100, line);
    REQUIRE(frames.size() > 3);
    std::uint64_t at = 1'000;
    std::size_t lines = 0;
    for (const im::Bytes& records : frames) {
        CHECK(records.size() + im::wire::kBoxOverhead <= im::wire::kMaxUdpPayload);
        const auto parsed = im::wire::Records::parse(records);
        REQUIRE(parsed);
        im::wire::forEachLine(std::get<im::wire::TextRecord>(*parsed->begin()).text,
                              [&](std::string_view text) {
                                  const auto message = im::wire::decodeSealed(text);
                                  REQUIRE(message);
                                  const auto* delta = std::get_if<im::wire::Delta>(&*message);
                                  if (delta == nullptr) return void(++lines);
                                  CHECK(delta->from == at);
                                  at = delta->to;
                              });
    }
    CHECK(at == changes.version());
    CHECK(lines == 100);
    CHECK(deltaFrames(changes, 1'000, changes.version(), 3, line).empty());
}

TEST_CASE("A name that changed twice is told where it changed last") {
    NameOwners owners(kTestKey);
    Changes changes(1'000, owners);
    changes.add(nameOf("bob"));
    for (int i = 0; i < 100; ++i) changes.add(nameOf("user" + std::to_string(i)));
    changes.add(nameOf("bob"));
    const auto line = [](std::string_view name) {
        return "login," + std::string(name) + ",192.0.2.2:5001";
    };
    const auto frames = deltaFrames(changes, 1'000, changes.version(), 100, line);
    REQUIRE(frames.size() > 1);
    const auto names = [](const im::Bytes& records) {
        return std::string(im::asText(records)).find("login,bob,") != std::string::npos;
    };
    CHECK_FALSE(names(frames.front()));
    CHECK(names(frames.back()));
}

TEST_CASE(
    "Changes are not kept for nobody: with no sealed user online who asks later is to resync") {
    SealedWorld world;
    Party& guest = world.party("guest", "192.0.2.2:5001", 1);
    const auto session = world.ask(guest, "lookup,00000001,nobody");
    world.settle();
    guest.ping(session, world.now);
    world.settle();
    const auto before = world.index().version();
    world.classicLogin("carol", "10.0.0.4:4000");
    world.advance(1s);
    REQUIRE(world.index().version() == before + 1);
    SealedWorld::heard(guest);
    world.say(guest, session, "sync," + std::to_string(before));
    CHECK(SealedWorld::heard(guest) == Lines{"resync"});
}

TEST_CASE("The first sealed user is told what changed in the tick of his login") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    world.advance(1s);
    world.classicLogin("bob", "10.0.0.3:4000");  // begins the tick
    const auto told = world.index().version();
    world.classicLogin("carol", "10.0.0.4:4000");
    world.login(alice);
    REQUIRE(world.index().version() == told);
    world.advance(1s);
    const Lines lines = SealedWorld::heard(alice);
    CHECK(std::ranges::count(lines, "login,carol,10.0.0.4:4000,classic") == 1);
    CHECK(world.index().version() == told + 2);
}

TEST_CASE("Changes that are forgotten leave those behind them, of both kinds of name") {
    NameOwners owners(kTestKey);
    REQUIRE(owners.claim(nameOf("alice"), {}));
    Changes changes(7, owners);
    changes.add(nameOf("bob"));
    changes.add(owners.rowOf("alice"));
    changes.add(nameOf("carol"));
    changes.forgetBefore(8);
    CHECK(changes.oldest() == 8);
    CHECK(changes.after(8) == "alice");
    CHECK(changes.after(9) == "carol");
    changes.forgetBefore(10);
    CHECK(changes.oldest() == changes.version());
    changes.add(nameOf("dave"));
    CHECK(changes.after(10) == "dave");
}

TEST_CASE("Changes remember so many and no more, of both kinds of name") {
    NameOwners owners(kTestKey);
    REQUIRE(owners.claim(nameOf("alice"), {}));
    Changes changes(7, owners);
    changes.add(nameOf("bob"));
    for (std::size_t i = 0; i < Changes::kKept; ++i)
        if (i % 2 == 0)
            changes.add(owners.rowOf("alice"));
        else
            changes.add(nameOf("carol"));
    CHECK(changes.oldest() == 8);
    CHECK(changes.version() == 8 + Changes::kKept);
    CHECK(changes.after(8) == "alice");
    CHECK(changes.after(9) == "carol");
    CHECK(changes.after(changes.version() - 1) == "carol");
}
