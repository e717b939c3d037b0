// SPDX-License-Identifier: BSL-1.0
// Sessions: what is opened once and what is not, moving, rekeying, ending, K.
#include "tests/support/catch.hpp"
#include "tests/support/sealed_party.hpp"

using namespace im;
using namespace im::sealed;
using namespace im::sealed::test;

namespace {

Sent only(const std::vector<Sent>& sent) {
    REQUIRE(sent.size() == 1);
    return sent.front();
}

}  // namespace

TEST_CASE("a BOX opens once, in whatever order it comes") {
    World world;
    const auto [hers, his] = world.talk();
    for (const char* text : {"one", "two", "three"}) world.alice.say(hers, text, world.now);
    auto frames = world.collect();
    std::ranges::reverse(frames);
    for (int twice = 0; twice < 2; ++twice)
        for (const Sent& sent : frames) world.deliver(sent);
    CHECK(world.bob.count("received") == 4);  // with the PING of talk()
    CHECK(world.bob.diary.back() == "received 1 <one>");
    CHECK(world.bob.transport.count(Count::NotAuthentic) == 3);
}

TEST_CASE("a BOX with any bit changed does not open, and does not spoil the true one") {
    World world;
    const auto [hers, his] = world.talk();
    world.alice.say(hers, "one", world.now);
    const Sent box = only(world.collect());
    for (std::size_t bit = 0; bit < box.bytes.size() * 8; ++bit) {
        Sent bad = box;
        bad.bytes[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
        world.deliver(bad);
    }
    CHECK(world.bob.count("received") == 1);
    world.deliver(box);
    CHECK(world.bob.count("received") == 2);
}

TEST_CASE("a peer that moves is followed when it has proved the new address") {
    World world;
    const auto [hers, his] = world.talk();
    const Endpoint old = world.alice.here;
    world.alice.here = *Endpoint::parse("203.0.113.9:6000");
    world.alice.say(hers, "from elsewhere", world.now);
    for (const Sent& sent : world.collect()) world.deliver(sent);
    CHECK(world.bob.transport.session(his)->peer().to == old);
    CHECK(world.bob.transport.candidates() == 1);
    world.settle();  // PING there, PONG back
    CHECK(world.bob.transport.session(his)->peer().to == world.alice.here);
    CHECK(world.bob.transport.candidates() == 0);
    CHECK(world.bob.count("moved 203.0.113.9:6000") == 1);
}

TEST_CASE("a frame held back and released elsewhere moves nobody") {
    World world;
    const auto [hers, his] = world.talk();
    world.alice.say(hers, "held", world.now);
    Sent held = only(world.collect());
    world.alice.say(hers, "later", world.now);
    world.settle();
    held.from = *Endpoint::parse("198.51.100.1:9");
    world.deliver(held);
    CHECK(world.bob.outbox.empty());
    CHECK(world.bob.transport.candidates() == 0);
    CHECK(world.bob.diary.back() == "received 1 <held>");
}

TEST_CASE("a newest frame sent on from elsewhere moves nobody who does not answer there") {
    World world;
    const auto [hers, his] = world.talk();
    world.alice.say(hers, "caught", world.now);
    Sent caught = only(world.collect());
    caught.from = *Endpoint::parse("198.51.100.1:9");
    world.deliver(caught);
    const Sent challenge = only(world.collect());
    CHECK(challenge.to.to == caught.from);
    CHECK(challenge.bytes.size() <= kUnprovenFactor * caught.bytes.size());
    CHECK(world.bob.transport.session(his)->peer().to == world.alice.here);
    // The next frame from the old address forgets it.
    world.alice.say(hers, "here", world.now);
    world.settle();
    CHECK(world.bob.transport.candidates() == 0);
}

TEST_CASE("CLOSE ends the session on the other side, with its reason") {
    World world;
    const auto [hers, his] = world.talk();
    world.alice.transport.close(hers, wire::CloseCode::Replaced, "elsewhere", world.now,
                                world.alice);
    CHECK(world.alice.transport.sessions() == 0);
    world.settle();
    CHECK(world.bob.transport.sessions() == 0);
    CHECK(world.bob.diary.back() == "closed 0 1 elsewhere");
}

TEST_CASE("authentic records that make no sense end the session") {
    World world;
    const auto [hers, his] = world.talk();
    const Bytes unknown{std::byte{99}, std::byte{0x80}, std::byte{0}, std::byte{0}};
    world.alice.transport.send(hers, unknown, world.now, world.alice);
    world.settle();
    CHECK(world.bob.diary.back() == "closed 1 2 ");
    CHECK(world.alice.diary.back() == "closed 0 2 ");
}

TEST_CASE("the initiator is told once to rekey, after 54 to 66 minutes") {
    World world;
    world.alice.connect(world.index, "login", world.now);
    world.settle();
    world.alice.ping(world.alice.known.back(), world.now);
    world.settle();
    Duration told{};
    for (int minute = 1; minute <= 100; ++minute) {
        world.advance(1min);
        world.alice.ping(world.alice.known.back(), world.now);
        world.settle();
        if (told == Duration() && world.alice.count("rekey due") == 1) told = world.now - kStart;
    }
    CHECK(told >= 54min);
    CHECK(told <= 67min);
    CHECK(world.alice.count("rekey due") == 1);
    CHECK(world.index.count("rekey due") == 0);
}

TEST_CASE("a session is dead after two hours, on both sides, whatever is sent") {
    World world;
    const auto [hers, his] = world.talk();
    for (int minute = 0; minute < 119; ++minute) {
        world.advance(1min);
        world.alice.ping(hers, world.now);
        world.settle();
    }
    world.alice.say(hers, "too late", world.now);
    const auto late = world.collect();
    world.now += 1min;
    for (const Sent& sent : late) world.deliver(sent);
    CHECK(world.bob.diary.back() == "closed 2 3 ");
    CHECK_FALSE(world.alice.say(hers, "later", world.now));
}

TEST_CASE("a session of peers ends when it is silent for three minutes") {
    World world;
    world.talk();
    world.advance(179s);
    CHECK(world.bob.transport.sessions() == 1);
    world.advance(10s);
    CHECK(world.bob.transport.sessions() == 0);
    CHECK(world.bob.diary.back() == "closed 3 3 ");
}

TEST_CASE("a session with a successor ends a minute later") {
    World world;
    const auto [hers, his] = world.talk();
    world.alice.transport.supersede(hers, world.now);
    world.advance(59s);
    CHECK(world.alice.say(hers, "still", world.now));
    world.now += 1s;
    CHECK_FALSE(world.alice.say(hers, "gone", world.now));
    world.advance(10s);
    CHECK(world.alice.transport.sessions() == 0);
}

TEST_CASE("K is replaced after 12 hours, and the one before counts for 10 minutes") {
    World world;
    const Card before = world.bob.card();
    world.alice.connect(world.bob, "early", world.now);
    const Sent init = only(world.collect());
    world.advance(12h);
    world.collect();
    CHECK(world.bob.count("key rotated") == 1);
    CHECK(world.bob.card().sessionKey() != before.sessionKey());
    world.now += 599s;
    world.deliver(init);
    CHECK(world.bob.count("introduced") == 1);
    world.advance(1s);
    CHECK(world.bob.count("key retired 0") == 1);
    Sent late = init;
    late.from.port = 1;
    world.now += 61s;
    world.bob.transport.tick(world.now, world.bob);
    world.deliver(late);
    CHECK(world.bob.count("introduced") == 1);
}

TEST_CASE("K is replaced after 32,768 handshakes") {
    im::test::SeededRandom random;
    const noise::Identity identity = noise::Identity::generate(random);
    SessionKeys keys({identity, identity.publicKey(), CardRole::Index, {}}, random,
                     CardClock(kToday, kStart), kStart);
    for (int i = 0; i < 32'767; ++i) keys.countHandshake();
    CHECK_FALSE(keys.due(kStart));
    keys.countHandshake();
    CHECK(keys.due(kStart));
    keys.rotate(kStart);
    CHECK_FALSE(keys.due(kStart));
    CHECK(keys.current().generation == 1);
}

TEST_CASE("a session outlives the K it was made with") {
    World world;
    const auto [hers, his] = world.talk();
    world.bob.transport.rotateKey(world.now, world.bob);
    world.bob.transport.rotateKey(world.now, world.bob);
    CHECK(world.bob.count("key retired 0") == 1);
    CHECK(world.alice.say(hers, "still here", world.now));
    world.settle();
    CHECK(world.bob.diary.back() == "received 1 <still here>");
}

TEST_CASE("a BOX of 16 KiB is for TCP only") {
    World world;
    const auto [hers, his] = world.talk();
    const std::string roster(16'000, 'x');
    world.alice.say(hers, roster, world.now);
    const Sent box = only(world.collect());
    world.deliver(box);
    CHECK(world.bob.transport.count(Count::NotFrame) == 1);
    Datagram frame;
    frame.from = world.alice.here;
    frame.bytes = box.bytes;
    world.bob.transport.receiveTcp(frame, world.now, world.bob);
    CHECK(world.bob.diary.back() == "received 1 <" + roster + ">");
}

TEST_CASE("a datagram that the receiver's buffer cut off is no frame") {
    World world;
    const auto [hers, his] = world.talk();
    world.alice.say(hers, "one", world.now);
    const Sent box = only(world.collect());
    Datagram cut;
    cut.from = world.alice.here;
    cut.bytes = box.bytes;
    cut.truncated = true;
    world.bob.transport.receive(cut, world.now, world.bob);
    CHECK(world.bob.count("received") == 1);
}

TEST_CASE("a train is sealed frame by frame, for one place") {
    World world;
    const auto [hers, his] = world.talk();
    std::vector<Bytes> train(3);
    for (Bytes& frame : train) {
        Bytes records;
        wire::appendRecord(records, wire::TextRecord{"wagon"});
        const auto to = world.alice.transport.seal(hers, records, world.now, frame);
        REQUIRE(to);
        CHECK(to->to == world.bob.here);
        world.deliver({world.alice.here, *to, frame});
    }
    CHECK(world.bob.count("received") == 4);
    Bytes none;
    CHECK_FALSE(world.alice.transport.seal(hers + 1, {}, world.now, none));
    CHECK(none.empty());
}

TEST_CASE("the owner's number stays with a session and comes back when it ends") {
    World world;
    const auto [hers, his] = world.talk();
    world.bob.transport.setOwner(his, 4'711);
    CHECK(world.bob.transport.session(his)->owner == 4'711);
    world.bob.transport.setOwner(his + 1, 1);
    CHECK(world.bob.transport.sessions() == 1);
}

TEST_CASE("more sessions than allowed are not confirmed") {
    World world;
    Settings few = clientSettings();
    few.maxSessions = 1;
    Party small("carol", "192.0.2.3:5002", 9, world.x, few);
    for (int i = 0; i < 2; ++i) {
        world.alice.connect(small, "early", world.now);
        for (int round = 0; round < 4; ++round) {
            for (const Sent& sent : std::exchange(world.alice.outbox, {}))
                small.transport.receive({sent.from, sent.bytes, {}, {}, {}}, world.now, small);
            for (const Sent& sent : std::exchange(small.outbox, {})) world.deliver(sent);
            if (round == 1) world.alice.ping(world.alice.known.back(), world.now);
        }
    }
    CHECK(small.count("confirmed") == 1);
    CHECK(small.transport.count(Count::Full) >= 1);
}

TEST_CASE("two runs from the same seed are the same to the byte") {
    std::vector<std::string> runs;
    for (int run = 0; run < 2; ++run) {
        World world;
        world.alice.connect(world.bob, "early", world.now);
        std::string all;
        for (int round = 0; round < 4; ++round)
            for (const Sent& sent : world.collect()) {
                all += asText(sent.bytes);
                world.deliver(sent);
            }
        runs.push_back(all);
    }
    CHECK(runs[0] == runs[1]);
}

TEST_CASE("a session of the index is small: a million of them fit") {
    CHECK(sizeof(Session) <= 264);
}
