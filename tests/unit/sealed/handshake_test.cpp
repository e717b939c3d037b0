// SPDX-License-Identifier: BSL-1.0
// HS-1 to HS-4: handshakes between parties, with the wire in the test's hands.
#include "tests/support/catch.hpp"
#include "tests/support/sealed_party.hpp"

#include <array>
#include <map>
#include <random>

using namespace im;
using namespace im::sealed;
using namespace im::sealed::test;

namespace {

using Diary = std::vector<std::string>;

Sent only(const std::vector<Sent>& sent) {
    REQUIRE(sent.size() == 1);
    return sent.front();
}

Sent from(Sent sent, std::string_view where) {
    sent.from = *Endpoint::parse(where);
    return sent;
}

unsigned typeOf(const Sent& sent) {
    return std::to_integer<unsigned>(sent.bytes.at(3));
}

/// The early DATA of an INIT: its stream and number, as the listener's table would see it.
Answer acknowledge(const Introduction& introduction, std::map<std::uint64_t, unsigned>& shown) {
    Answer answer;
    const auto records = wire::Records::parse(introduction.records);
    for (const wire::Record& record : *records)
        if (const auto* data = std::get_if<wire::DataRecord>(&record)) {
            auto& next = shown[data->stream];
            next = std::max(next, data->sequence + 1);
            wire::appendRecord(answer.records, wire::AckRecord{data->stream, next, 0, 64, 0, 0});
        }
    return answer;
}

/// Alice's INIT to Bob with a message in it, taken off the wire.
Sent talkInit(World& world) {
    Bytes records;
    wire::appendRecord(records, wire::DataRecord{42, 0, true, true, asBytes("talk,,alice,hi")});
    const Destination to{world.bob.here};
    REQUIRE(world.alice.transport.connect(world.bob.card(), std::span(&to, 1), records, world.now,
                                          world.alice));
    return only(world.collect());
}

}  // namespace

TEST_CASE("a handshake takes two datagrams, and the first BOX confirms it") {
    World world;
    world.alice.connect(world.bob, "login,alice", world.now);
    const Sent init = only(world.collect());
    CHECK(init.bytes.size() == 300);
    world.deliver(init);
    const Sent resp = only(world.collect());
    world.deliver(resp);
    CHECK(world.alice.diary == Diary{"established bob <welcome>"});
    CHECK(world.bob.diary == Diary{"introduced alice"});
    CHECK(world.bob.transport.sessions() == 0);

    world.alice.say(world.alice.known.back(), "hello", world.now);
    world.settle();
    CHECK(world.bob.diary ==
          Diary{"introduced alice", "confirmed alice <login,alice>", "received 0 <hello>"});
    world.bob.say(world.bob.known.back(), "and you", world.now);
    world.settle();
    CHECK(world.alice.diary.back() == "received 0 <and you>");
}

TEST_CASE("a PING is answered with a PONG that carries the roster version") {
    World world;
    const auto [hers, his] = world.talk();
    CHECK(world.alice.diary.back() == "received 0 pong 0");
    world.bob.transport.setRosterVersion(77);
    world.alice.ping(hers, world.now);
    world.settle();
    CHECK(world.alice.diary.back() == "received 1 pong 77");
    CHECK(world.bob.transport.session(his)->nextCounter() == 2);
}

TEST_CASE("a short INIT is padded to 256 bytes, and a card alone is enough") {
    World world;
    world.alice.connect(world.bob, "", world.now);
    CHECK(only(world.collect()).bytes.size() == 285);  // 136 + 4 + 145: a card is long enough
}

TEST_CASE("an INIT has room for an early message of 824 bytes under the longest name") {
    const World world;
    Party longest(std::string(32, 'n'), "192.0.2.9:1", 9, world.x);
    CHECK(longest.transport.roomInInit() ==
          wire::recordSize(wire::kDataHeader + wire::kMaxEarlyTalk));
}

TEST_CASE("HS-1 a card that claims another's K leads to no session with him") {
    World world;
    Party eve("eve", "192.0.2.3:5002", 66, world.x);
    // Eve signs Bob's K as hers, and Alice means Eve.
    const Card misbound = issueCard({eve.identity, world.x.publicKey(), CardRole::User, "eve"},
                                    world.bob.card().sessionKey(), kToday);
    const Destination to{world.bob.here};
    REQUIRE(world.alice.transport.connect(misbound, std::span(&to, 1), {}, world.now, world.alice));
    world.settle();
    CHECK(world.bob.diary.empty());
    CHECK(world.alice.diary.empty());
}

TEST_CASE("HS-1 an initiator whose card is for another K than its own is refused") {
    World world;
    Party eve("eve", "192.0.2.9:1", 66, world.x);
    const noise::KeyPair fresh = eve.random.keyPair();
    const SessionKey stolen{{fresh.privateKey.clone(), fresh.publicKey},
                            noise::Mac1Key(fresh.publicKey),
                            world.alice.card(),
                            0};
    const auto initiator = Initiator::write(stolen, world.bob.card(), 7, {}, eve.random);
    REQUIRE(initiator);
    world.deliver({eve.here, {world.bob.here}, initiator->frame({})});
    CHECK(world.bob.diary.empty());
    CHECK(world.bob.outbox.empty());
}

TEST_CASE("HS-2 a replayed login INIT changes nothing, wherever it comes from") {
    World world;
    world.alice.connect(world.index, "login,alice,192.0.2.2:5001", world.now);
    const Sent init = only(world.collect());
    world.deliver(init);
    world.settle();
    world.alice.ping(world.alice.known.back(), world.now);
    world.settle();
    REQUIRE(world.index.count("confirmed") == 1);
    const auto session = world.index.known.back();

    for (int i = 0; i < 3; ++i) {
        world.deliver(init);
        world.deliver(from(init, "198.51.100.1:9"));
    }
    for (const Sent& sent : world.collect()) CHECK(typeOf(sent) == 2);
    CHECK(world.index.transport.session(session)->peer().to == world.alice.here);

    // After the session's end, and after the RESP is forgotten.
    world.index.transport.close(session, wire::CloseCode::Bye, {}, world.now, world.index);
    world.collect();
    world.advance(61s);
    world.collect();
    for (int i = 0; i < 3; ++i) world.deliver(from(init, "198.51.100.1:9"));
    CHECK(world.index.transport.storedAnswers() == 1);
    CHECK(world.index.transport.unconfirmed() == 1);
    world.collect();
    world.advance(11s);
    CHECK(world.index.transport.unconfirmed() == 0);
    CHECK(world.index.count("confirmed") == 1);
    CHECK(world.index.transport.sessions() == 0);
}

TEST_CASE("HS-3 a talk INIT replayed 10,000 times is shown once and acknowledged each time") {
    World world;
    std::map<std::uint64_t, unsigned> shown;
    world.bob.onIntroduced = [&](const Introduction& who) { return acknowledge(who, shown); };
    const Sent init = talkInit(world);
    std::mt19937 random(3);
    std::size_t answered = 0;
    std::size_t allowed = 0;
    for (int i = 0; i < 10'000; ++i) {
        // Sources and moments of all kinds; K is not replaced within the hour.
        world.now += std::chrono::milliseconds(random() % 400);
        Sent replay = init;
        replay.from.port = static_cast<std::uint16_t>(1'024 + random() % 4);
        replay.from.address = Address::v4({198, 51, 100, static_cast<std::uint8_t>(random() % 4)});
        world.bob.transport.tick(world.now, world.bob);
        const std::size_t stored = world.bob.outbox.size();
        world.deliver(replay);
        allowed += 1;
        answered += world.bob.outbox.size() - stored;
        world.bob.outbox.clear();
    }
    CHECK(shown == std::map<std::uint64_t, unsigned>{{42, 1}});
    CHECK(answered > 0);
    CHECK(answered <= allowed);
    CHECK(world.bob.count("confirmed") == 0);
    CHECK(world.bob.transport.sessions() == 0);
    CHECK(world.bob.transport.storedAnswers() <= 1);
}

TEST_CASE("HS-3 each repetition of a talk INIT that keeps to the rate is acknowledged") {
    World world;
    std::map<std::uint64_t, unsigned> shown;
    world.bob.onIntroduced = [&](const Introduction& who) { return acknowledge(who, shown); };
    const Sent init = talkInit(world);
    for (int i = 0; i < 2'000; ++i) {
        world.now += 50ms;  // 100 s: longer than an answer is stored
        world.bob.transport.tick(world.now, world.bob);
        world.deliver(init);
        CHECK(typeOf(only(world.collect())) == 2);
    }
    CHECK(shown == std::map<std::uint64_t, unsigned>{{42, 1}});
    CHECK(world.bob.count("introduced") == 2);
}

TEST_CASE("HS-4 both begin at once: both sessions are usable") {
    World world;
    world.alice.connect(world.bob, "a", world.now);
    world.bob.connect(world.alice, "b", world.now);
    world.settle();
    REQUIRE(world.alice.known.size() == 1);
    REQUIRE(world.bob.known.size() == 1);
    world.alice.say(world.alice.known.back(), "from alice", world.now);
    world.bob.say(world.bob.known.back(), "from bob", world.now);
    world.settle();
    CHECK(world.alice.known.size() == 2);
    CHECK(world.bob.known.size() == 2);
    // Each sends on the one confirmed last.
    world.alice.say(world.alice.known.back(), "again", world.now);
    world.settle();
    CHECK(world.bob.count("received") == 2);
    CHECK(world.alice.count("received") == 1);
}

TEST_CASE("HS-4 a lost RESP is sent again for the repeated INIT, and makes one session") {
    World world;
    world.alice.connect(world.bob, "early", world.now);
    world.deliver(only(world.collect()));
    world.collect();  // the RESP is lost
    world.advance(1s);
    CHECK(world.alice.outbox.size() == 1);
    world.advance(20ms);
    CHECK(world.alice.outbox.size() == 2);  // two copies from the first repetition on
    world.settle();
    CHECK(world.alice.count("established") == 1);
    CHECK(world.bob.count("introduced") == 1);
    CHECK(world.bob.transport.unconfirmed() == 1);
}

TEST_CASE("HS-4 a lost confirmation is made good by the next BOX") {
    World world;
    world.alice.connect(world.bob, "early", world.now);
    world.settle();
    world.alice.ping(world.alice.known.back(), world.now);
    world.collect();
    world.now += 9s;
    world.alice.ping(world.alice.known.back(), world.now);
    world.settle();
    CHECK(world.bob.count("confirmed alice <early>") == 1);
}

TEST_CASE("HS-4 an INIT by two paths makes one session, confirmed from the path that answered") {
    World world;
    world.alice.connect(world.bob, "early", world.now);
    const Sent init = only(world.collect());
    world.deliver(from(init, "203.0.113.5:7"));
    const Sent first = only(world.collect());
    world.deliver(init);
    const Sent second = only(world.collect());
    CHECK(first.bytes == second.bytes);
    CHECK(second.to.to == world.alice.here);
    world.deliver(second);
    world.alice.ping(world.alice.known.back(), world.now);
    world.settle();
    REQUIRE(world.bob.count("confirmed") == 1);
    CHECK(world.bob.transport.session(world.bob.known.back())->peer().to == world.alice.here);
}

TEST_CASE("a session is not confirmed from an address that never got its RESP") {
    World world;
    world.alice.connect(world.bob, "early", world.now);
    world.settle();
    world.alice.ping(world.alice.known.back(), world.now);
    const Sent box = only(world.collect());
    world.deliver(from(box, "198.51.100.1:9"));
    CHECK(world.bob.count("confirmed") == 0);
    CHECK(world.bob.outbox.empty());
    world.deliver(box);
    CHECK(world.bob.count("confirmed") == 1);
}

TEST_CASE("a RESP sent on from an address that never got the INIT makes no session there") {
    World world;
    world.alice.connect(world.bob, "early", world.now);
    world.deliver(only(world.collect()));
    const Sent resp = only(world.collect());
    world.deliver(from(resp, "198.51.100.1:9"));
    CHECK(world.alice.diary.empty());
    world.deliver(resp);
    REQUIRE(world.alice.known.size() == 1);
    CHECK(world.alice.transport.session(world.alice.known.back())->peer().to == world.bob.here);
}

TEST_CASE("an unconfirmed session ends after ten seconds") {
    World world;
    world.alice.connect(world.bob, "early", world.now);
    world.settle();
    world.advance(10s);
    world.alice.ping(world.alice.known.back(), world.now);
    world.settle();
    CHECK(world.bob.count("confirmed") == 0);
    CHECK(world.bob.transport.count(Count::UnknownIndex) == 1);
}

TEST_CASE(
    "an INIT is sent at 0, 1, 3, 7 and 15 s, doubled from the second on, and given up at 31 s") {
    World world;
    world.alice.connect(world.bob, "early", world.now);
    std::vector<std::pair<Duration, std::size_t>> sent;
    for (int step = 0; step <= 3'200; ++step) {
        const std::size_t count = world.collect().size();
        if (count > 0) sent.emplace_back(world.now - kStart, count);
        if (world.alice.count("unanswered") > 0) break;
        world.advance(10ms);
    }
    using Expected = std::vector<std::pair<Duration, std::size_t>>;
    CHECK((sent == Expected{{0ms, 1},
                            {1'000ms, 1},
                            {1'020ms, 1},
                            {3'000ms, 1},
                            {3'020ms, 1},
                            {7'000ms, 1},
                            {7'020ms, 1},
                            {15'000ms, 1},
                            {15'020ms, 1}}));
    CHECK(world.now - kStart == 31s);
}

TEST_CASE("two addresses of a peer are tried 50 ms apart, and another one as soon as it is known") {
    World world;
    const std::array<Destination, 2> to{Destination{*Endpoint::parse("10.0.0.3:1")},
                                        Destination{*Endpoint::parse("203.0.113.3:2")}};
    const auto session =
        world.alice.transport.connect(world.bob.card(), to, {}, world.now, world.alice);
    REQUIRE(session);
    CHECK(only(world.collect()).to.to == to[0].to);
    world.advance(49ms);
    CHECK(world.collect().empty());
    world.advance(1ms);
    CHECK(only(world.collect()).to.to == to[1].to);
    world.alice.transport.alsoAt(*session, {world.bob.here}, world.now, world.alice);
    world.settle();
    CHECK(world.alice.count("established bob") == 1);
    world.advance(20s);
    CHECK(world.collect().empty());
}

TEST_CASE("a handshake that is given up sends nothing more and takes no answer") {
    World world;
    const auto session = world.alice.connect(world.bob, "early", world.now);
    world.alice.transport.cancel(session);
    world.settle();
    world.advance(40s);
    CHECK(world.alice.diary.empty());
    CHECK(world.collect().empty());
}

TEST_CASE("nobody writes to a peer whose K is of low order") {
    World world;
    const Card bad =
        issueCard({world.bob.identity, world.x.publicKey(), CardRole::User, "bob"}, {}, kToday);
    const Destination to{world.bob.here};
    CHECK_FALSE(world.alice.transport.connect(bad, std::span(&to, 1), {}, world.now, world.alice));
    CHECK_FALSE(world.alice.transport.connect(world.bob.card(), {}, {}, world.now, world.alice));
    CHECK(world.collect().empty());
}

TEST_CASE("a forged RESP does not spoil the handshake that waits for the true one") {
    World world;
    world.alice.connect(world.bob, "early", world.now);
    world.deliver(only(world.collect()));
    const Sent resp = only(world.collect());
    for (std::size_t bit = 0; bit < resp.bytes.size() * 8; ++bit) {
        Sent forged = resp;
        forged.bytes[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
        world.deliver(forged);
        // Even with the right mac1, which anybody who has alice's card can make.
        const BytesView frame(forged.bytes);
        const auto mac =
            world.alice.transport.keys().current().mac1.mac1(frame.first(frame.size() - 16));
        std::ranges::copy(mac, forged.bytes.end() - 16);
        if (bit / 8 >= 12 && bit / 8 < forged.bytes.size() - 16) world.deliver(forged);
    }
    CHECK(world.alice.diary.empty());
    world.deliver(resp);
    CHECK(world.alice.count("established") == 1);
}

TEST_CASE("who has to be asked about first waits, and is answered when he is known") {
    World world;
    bool known = false;
    world.bob.onIntroduced = [&](const Introduction&) {
        Answer answer;
        answer.what = known ? Answer::What::Respond : Answer::What::Wait;
        return answer;
    };
    world.alice.connect(world.bob, "early", world.now);
    const Sent init = only(world.collect());
    world.deliver(init);
    world.deliver(init);
    CHECK(world.bob.count("introduced") == 1);
    known = true;
    world.bob.transport.reconsider(world.alice.identity.publicKey(), world.now, world.bob);
    world.settle();
    CHECK(world.alice.count("established") == 1);
}

TEST_CASE("who waits for more than two seconds is forgotten") {
    World world;
    world.bob.onIntroduced = [](const Introduction&) {
        Answer answer;
        answer.what = Answer::What::Wait;
        return answer;
    };
    world.alice.connect(world.bob, "early", world.now);
    world.settle();
    world.now += 2s;
    world.bob.transport.reconsider(world.alice.identity.publicKey(), world.now, world.bob);
    CHECK(world.bob.count("introduced") == 1);
}

TEST_CASE("a RESP with more than three times the INIT carries no records") {
    World world;
    world.bob.onIntroduced = [](const Introduction&) {
        Answer answer;
        const std::string text(1'000, 'x');
        wire::appendRecord(answer.records, wire::TextRecord{text});
        return answer;
    };
    world.alice.connect(world.bob, "early", world.now);
    world.settle();
    CHECK(world.alice.diary == Diary{"established bob"});
}
