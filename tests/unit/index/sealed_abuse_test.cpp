// SPDX-License-Identifier: BSL-1.0
// AM-1 and floods against the whole index: what an address gets that has proved nothing, and what
// a flood costs.
#include "libim/sealed/limits.hpp"
#include "libim/wire/hello.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/index/sealed_world.hpp"

#include <utility>

using namespace im::index;
using namespace im::index::test;
using im::Bytes;

namespace {

const im::Endpoint kVictim = endpointAt("198.51.100.77:9");

std::size_t bytesOf(const std::vector<Sent>& all) {
    std::size_t sum = 0;
    for (const Sent& sent : all)
        if (sent.to.to == kVictim) sum += sent.bytes.size();
    return sum;
}

/// The same as from the victim, again and again: bytes that came, bytes that went.
std::pair<std::size_t, std::size_t> spoof(SealedWorld& world, Sent sent, int times) {
    sent.from = kVictim;
    std::size_t in = 0;
    std::size_t out = 0;
    for (int i = 0; i < times; ++i) {
        world.deliver(sent);
        world.tick();
        in += sent.bytes.size();
        out += bytesOf(world.collect());
        if (i % 5 == 4) world.now += 1s;
    }
    return {in, out};
}

/// True INITs of many identities, each from an address of its own.
void flood(SealedWorld& world, Party& who, int inits) {
    for (int i = 0; i < inits; ++i) {
        world.ask(who, "login,eve,10.0.0.9:5000");
        Sent init = who.outbox.back();
        who.outbox.clear();
        init.from.address = im::Address::v4(
            {100, 64, static_cast<std::uint8_t>(i / 250), static_cast<std::uint8_t>(i % 250)});
        world.deliver(init);
        if (i % 32 == 31) {
            world.tick();
            world.now += 1ms;
        }
    }
    world.tick();
    (void)world.collect();
}

}  // namespace

TEST_CASE("AM-1 the index sends an unproven address at most three times what it sent, whatever") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    std::vector<Sent> frames;
    const auto keep = [&] {
        const auto all = world.collect();
        for (const Sent& sent : all) {
            if (sent.to.to == world.at()) frames.push_back(sent);
            world.deliver(sent);
        }
    };
    const auto session = world.begin(bob);
    keep();  // INIT with login
    world.ask(alice, "lookup,00000001,bob\nlookup,00000002,nobody");
    keep();  // INIT with questions
    keep();  // RESPs
    bob.ping(session, world.now);
    keep();  // the BOX that confirms
    world.settle();
    bob.say(session, "sync,1\nlookup,00000003,alice", world.now);
    bob.ping(session, world.now);
    keep();  // BOXes in a session
    frames.push_back({bob.here, {world.at()}, im::wire::encodeHint(9, {}, world.card().bytes)});
    REQUIRE(frames.size() >= 6);
    for (const Sent& sent : frames) {
        const auto [in, out] = spoof(world, sent, 50);
        CHECK(out <= im::sealed::kUnprovenFactor * in);
    }
    CHECK(world.index().whereIs("bob") == bob.here);
}

TEST_CASE("AM-1 a HINT of the index is shorter than what it answers") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    world.begin(alice);
    Sent stale = world.collect().front();
    stale.bytes.back() ^= std::byte{1};
    const auto [in, out] = spoof(world, stale, 50);
    CHECK(out > 0);
    CHECK(out <= in);
    std::size_t answered = 0;
    for (int i = 0; i < 50; ++i) world.index().hello(7, {kVictim}, world.now, world.wire());
    answered = bytesOf(world.collect());
    CHECK(answered > 0);
    CHECK(answered <= 50 * im::wire::kMinHello);
}

TEST_CASE("A flood of INITs without a token leaves sessions working and logins possible") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    Party& eve = world.party("eve", "192.0.2.66:5002", 66);
    const auto his = world.login(bob);
    flood(world, eve, 2'500);
    const auto& transport = world.index().transport();
    CHECK(transport.unconfirmed() <= 65'536);
    CHECK(world.index().userCount() == 1);
    bob.diary.clear();
    bob.ping(his, world.now);
    world.settle();
    CHECK(bob.count("received") >= 1);
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    world.login(alice);
    CHECK(world.index().userCount() == 2);
    CHECK(alice.count("established") == 1);
}

TEST_CASE("A flood of bad mac1 makes nothing, whoever it comes from") {
    SealedWorld world;
    Party& bob = world.party("bob", "192.0.2.3:5002", 2);
    const auto his = world.login(bob);
    Party& eve = world.party("eve", "192.0.2.66:5002", 66);
    world.begin(eve);
    Sent bad = world.collect().front();
    bad.bytes.back() ^= std::byte{1};
    const auto unconfirmed = world.index().transport().unconfirmed();
    const auto stored = world.index().transport().storedAnswers();
    for (int i = 0; i < 20'000; ++i) {
        bad.from.address = im::Address::v4({100, static_cast<std::uint8_t>(64 + i / 65'536),
                                            static_cast<std::uint8_t>(i / 256),
                                            static_cast<std::uint8_t>(i % 256)});
        world.deliver(bad);
        (void)world.collect();
    }
    CHECK(world.index().transport().unconfirmed() == unconfirmed);
    CHECK(world.index().transport().storedAnswers() == stored);
    bob.diary.clear();
    bob.ping(his, world.now);
    world.settle();
    CHECK(bob.count("received") >= 1);
}

TEST_CASE("Who is far behind fetches the roster, however few have changed") {
    SealedWorld world;
    Party& alice = world.party("alice", "192.0.2.2:5001", 1);
    const auto hers = world.login(alice);
    world.advance(1s);
    const RosterVersion then = world.index().version();
    const auto change = [&world](RosterVersion times) {
        for (RosterVersion i = 0; i < times; ++i)
            world.index().otherCame("carol", endpointAt("192.0.2.9:1"));
        world.advance(1s);
    };
    change(SealedIndex::kMaxSyncChanges);
    SealedWorld::heard(alice);
    world.say(alice, hers, "sync," + std::to_string(then));
    CHECK(SealedWorld::heard(alice).front().starts_with("delta,"));
    change(1);
    SealedWorld::heard(alice);
    world.say(alice, hers, "sync," + std::to_string(then));
    CHECK(SealedWorld::heard(alice) == Lines{"resync"});
}
