// SPDX-License-Identifier: BSL-1.0
// AM-1 and what a flood meets: mac1, buckets, tokens, hello.
#include "tests/support/catch.hpp"
#include "tests/support/sealed_party.hpp"

using namespace im;
using namespace im::sealed;
using namespace im::sealed::test;

namespace {

std::size_t bytesOf(const std::vector<Sent>& all) {
    std::size_t sum = 0;
    for (const Sent& sent : all) sum += sent.bytes.size();
    return sum;
}

/// True INITs of many, from addresses of their own, in one turn of the index.
void burst(World& world, int inits) {
    for (int i = 0; i < inits; ++i) {
        world.alice.connect(world.index, "", world.now);
        Sent init = world.alice.outbox.back();
        world.alice.outbox.clear();
        init.from.address = Address::v4(
            {100, 64, static_cast<std::uint8_t>(i / 250), static_cast<std::uint8_t>(i % 250)});
        world.deliver(init);
    }
}

void turn(World& world) {
    world.index.transport.tick(world.now, world.index);
}

/// Puts the index under load.
void flood(World& world, int inits) {
    burst(world, inits);
    while (world.index.transport.nextDeadline() <= world.now) turn(world);
    world.collect();
}

}  // namespace

TEST_CASE("an INIT with a wrong mac1 is not answered by a listener") {
    World world;
    world.alice.connect(world.bob, "early", world.now);
    for (Sent sent : world.collect()) {
        sent.bytes.back() ^= std::byte{1};
        world.deliver(sent);
    }
    CHECK(world.bob.outbox.empty());
    CHECK(world.bob.diary.empty());
}

TEST_CASE("AM-1 an index answers an INIT to a K that is gone with a HINT, which is smaller") {
    World world;
    Party later("192.0.2.1:4649", World::indexIdentity(), 77);  // the index after a restart
    world.alice.connect(world.index, "login", world.now);
    const auto init = world.collect();
    Datagram datagram;
    datagram.from = world.alice.here;
    datagram.bytes = init.front().bytes;
    later.transport.receive(datagram, world.now, later);
    REQUIRE(later.outbox.size() == 1);
    CHECK(later.outbox.front().bytes.size() == wire::kHintHeader + wire::kMinCard);
    CHECK(later.outbox.front().bytes.size() <= init.front().bytes.size());

    // Alice goes on with the new card at once: one more round trip, no timeout.
    world.deliver(later.outbox.front());
    CHECK(world.alice.count("card refreshed") == 1);
    const auto again = world.collect();
    REQUIRE(again.size() == 1);
    datagram.bytes = again.front().bytes;
    later.transport.receive(datagram, world.now, later);
    CHECK(later.count("introduced alice") == 1);
}

TEST_CASE("a HINT with a card of somebody else, or an older one, changes nothing") {
    World world;
    Party eve("192.0.2.1:4649", noise::Identity::generate(world.bob.random), 78);
    world.alice.connect(world.index, "login", world.now);
    const auto init = std::get<wire::InitFrame>(*wire::parseFrame(world.alice.outbox[0].bytes));
    const auto hint = wire::encodeHint(init.sender, {}, eve.card().bytes);
    const Card old = issueCard({world.index.identity, world.x.publicKey(), CardRole::Index, {}},
                               eve.card().sessionKey(), kToday - 3'600);
    world.deliver({world.index.here, {world.alice.here}, hint});
    world.deliver(
        {world.index.here, {world.alice.here}, wire::encodeHint(init.sender, {}, old.bytes)});
    CHECK(world.alice.count("card refreshed") == 0);
    world.settle();
    CHECK(world.alice.count("established") == 1);
}

TEST_CASE("only four HINTs count for one INIT") {
    World world;
    const auto index = world.alice.connect(world.bob, "early", world.now);
    world.collect();
    for (int i = 0; i < 10; ++i)
        world.deliver({world.bob.here, {world.alice.here}, wire::encodeHint(index, {})});
    CHECK(world.alice.outbox.size() == kHintsPerInit);
}

TEST_CASE("a HINT for nobody here is not answered") {
    World world;
    world.deliver({world.bob.here, {world.alice.here}, wire::encodeHint(7, {})});
    CHECK(world.alice.outbox.empty());
    CHECK(world.alice.transport.count(Count::UnknownIndex) == 1);
}

TEST_CASE("hello is answered with the index's card, seldom") {
    World world;
    std::size_t answers = 0;
    for (int i = 0; i < 100; ++i)
        world.index.transport.answerHello(7, {world.alice.here}, world.now, world.index);
    answers = world.index.outbox.size();
    CHECK(answers == 5);
    const auto frame = wire::parseFrame(world.index.outbox.front().bytes);
    REQUIRE(frame);
    CHECK(verifyIndexCard(std::get<wire::HintFrame>(*frame).card, kToday));
}

TEST_CASE("one source gets five handshakes at once and twenty a second") {
    World world;
    for (int i = 0; i < 100; ++i) world.alice.connect(world.bob, "", world.now);
    for (const Sent& sent : world.collect()) world.deliver(sent);
    CHECK(world.bob.count("introduced") == 5);
    world.bob.diary.clear();
    for (int i = 0; i < 200; ++i) {
        world.now += 10ms;
        world.alice.connect(world.bob, "", world.now);
        for (const Sent& sent : world.collect())
            if (sent.to.to == world.bob.here) world.deliver(sent);
    }
    CHECK(world.bob.count("introduced") == 40);
}

TEST_CASE("beyond that a source is asked for a token, and with it gets two hundred a second") {
    World world;
    std::size_t asked = 0;
    for (int i = 0; i < 100; ++i) {
        world.now += 10ms;
        world.alice.connect(world.bob, "", world.now);
        for (int round = 0; round < 3; ++round)
            for (const Sent& sent : world.collect()) {
                asked += sent.to.to == world.alice.here && sent.bytes.size() == wire::kHintHeader;
                world.deliver(sent);
            }
    }
    CHECK(world.bob.count("introduced") == 100);
    CHECK(asked == 100 - 5 - 19);
    world.bob.diary.clear();
    for (int i = 0; i < 1'000; ++i) {
        if (i % 10 == 0) world.now += 10ms;
        world.alice.connect(world.bob, "", world.now);
        for (int round = 0; round < 3; ++round)
            for (const Sent& sent : world.collect()) world.deliver(sent);
    }
    CHECK(world.bob.count("introduced") <= 20 + 200 + 50);
}

TEST_CASE("under load a HINT comes instead of an answer, and with its token a login succeeds") {
    World world;
    flood(world, 2'001);
    const auto before = world.index.count("introduced");
    world.bob.connect(world.index, "login,bob", world.now);
    for (const Sent& sent : world.collect()) world.deliver(sent);
    const auto hint = world.collect();
    REQUIRE(hint.size() == 1);
    CHECK(hint.front().bytes.size() == wire::kHintHeader);
    CHECK(world.index.count("introduced") == before);
    world.deliver(hint.front());
    world.settle();
    CHECK(world.bob.count("established") == 1);
}

TEST_CASE("under load a token of another address is no token") {
    World world;
    flood(world, 2'001);
    const auto before = world.index.count("introduced");
    world.bob.connect(world.index, "login,bob", world.now);
    for (const Sent& sent : world.collect()) world.deliver(sent);
    for (const Sent& sent : world.collect()) world.deliver(sent);
    for (Sent sent : world.collect()) {
        sent.from = *Endpoint::parse("198.51.100.1:9");
        world.deliver(sent);
    }
    CHECK(world.index.count("introduced") == before);
    for (const Sent& sent : world.collect()) CHECK(sent.bytes.size() == wire::kHintHeader);
}

TEST_CASE("of a burst of true INITs an index opens 32 in a turn, the others later, in order") {
    World world;
    burst(world, 100);
    CHECK(world.index.count("introduced") == kInitsPerTurn);
    CHECK(world.index.transport.inits().putOff == 100 - kInitsPerTurn);
    CHECK(world.index.transport.nextDeadline() <= world.now);  // it does not sleep on them
    turn(world);
    CHECK(world.index.count("introduced") == 2 * kInitsPerTurn);
    // Who comes now is behind those who came before.
    world.bob.connect(world.index, "login,bob", world.now);
    for (const Sent& sent : world.collect())
        if (sent.from == world.bob.here) world.deliver(sent);
    CHECK(world.index.count("introduced bob") == 0);
    turn(world);
    turn(world);
    CHECK(world.index.count("introduced") == 101);
    CHECK(world.index.diary.back() == "introduced bob");
    CHECK(world.index.transport.nextDeadline() > world.now);
    world.settle();
    CHECK(world.bob.count("established") == 1);
}

TEST_CASE("who has a session is answered at once, whatever INITs came before") {
    World world;
    const auto session = world.bob.connect(world.index, "login,bob", world.now);
    world.settle();
    world.bob.ping(session, world.now);
    world.settle();
    burst(world, 1'000);
    world.collect();
    world.bob.ping(session, world.now);
    for (const Sent& sent : world.collect()) world.deliver(sent);
    const auto answers = world.collect();
    CHECK(std::ranges::count(answers, world.bob.here,
                             [](const Sent& sent) { return sent.to.to; }) == 1);
}

TEST_CASE("INITs that wait for a turn are bounded, and one that was answered does not wait") {
    World world;
    Settings settings = clientSettings();
    settings.accept.initsPerTurn = 2;
    settings.accept.initsPutOff = 3;
    Party small("small", "192.0.2.9:5009", 9, world.x, settings);
    std::vector<Bytes> inits;
    for (int i = 0; i < 10; ++i) {
        world.alice.connect(small, "", world.now);
        inits.push_back(world.alice.outbox.back().bytes);
    }
    const auto deliver = [&](std::size_t i) {
        Datagram datagram;
        datagram.from = *Endpoint::parse("100.64.0." + std::to_string(i + 1) + ":9");
        datagram.bytes = inits[i];
        small.transport.receive(datagram, world.now, small);
    };
    for (std::size_t i = 0; i < inits.size(); ++i) deliver(i);
    CHECK(small.outbox.size() == 2);
    CHECK(small.transport.inits().putOff == 3);
    CHECK(small.transport.inits().shed == 5);
    deliver(0);
    CHECK(small.outbox.size() == 3);
    for (int i = 0; i < 5; ++i) small.transport.tick(world.now, small);
    CHECK(small.outbox.size() == 6);
}

TEST_CASE("load ends a second or two after the flood") {
    World world;
    flood(world, 2'001);
    world.now += 2s;
    world.bob.connect(world.index, "login,bob", world.now);
    world.settle();
    CHECK(world.bob.count("established") == 1);
}

TEST_CASE("a flood of true INITs keeps the tables within their bounds") {
    World world;
    for (int i = 0; i < 3'000; ++i) {
        world.alice.connect(world.bob, "", world.now);
        Sent init = world.alice.outbox.back();
        world.alice.outbox.clear();
        init.from.address = Address::v4(
            {100, 64, static_cast<std::uint8_t>(i / 250), static_cast<std::uint8_t>(i % 250)});
        world.deliver(init);
        world.bob.outbox.clear();
        if (i % 1'000 == 999) world.now += 2s;
    }
    CHECK(world.bob.transport.unconfirmed() <= 1'024);
    CHECK(world.bob.transport.storedAnswers() <= 1'024);
    CHECK(world.bob.transport.sessions() == 0);
}

TEST_CASE("AM-1 nobody unproven gets more than three times what he sent") {
    World world;
    const auto [hers, his] = world.talk();
    world.alice.connect(world.bob, "early", world.now);
    auto frames = world.collect();
    world.alice.ping(hers, world.now);
    world.alice.say(hers, "x", world.now);
    for (const Sent& sent : world.collect()) frames.push_back(sent);
    frames.push_back({world.alice.here, {world.bob.here}, wire::encodeHint(9, {})});
    for (const Sent& sent : frames) {
        Sent spoofed = sent;
        spoofed.from = *Endpoint::parse("198.51.100.77:9");
        std::size_t out = 0;
        std::size_t in = 0;
        for (int i = 0; i < 50; ++i) {
            world.deliver(spoofed);
            in += spoofed.bytes.size();
            out += bytesOf(world.collect());
        }
        CHECK(out <= kUnprovenFactor * in);
    }
}
