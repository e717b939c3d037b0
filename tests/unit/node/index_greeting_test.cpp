// SPDX-License-Identifier: BSL-1.0
// With a real file of known keys, and an index that is a function.
#include "libim/node/index_greeting.hpp"

#include "libim/wire/frame.hpp"
#include "libim/wire/hello.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sandbox.hpp"
#include "tests/support/seeded_random.hpp"

#include <vector>

using namespace im;
using namespace std::chrono_literals;
using node::IndexGreeting;
using State = IndexGreeting::State;

namespace {

constexpr sealed::UnixSeconds kToday = 1'793'456'627;
const Endpoint kAt = *Endpoint::parse("192.0.2.1:4649");

struct Greeting : test::Sandbox, Sink {
    Greeting() { noise::initialise(); }

    void send(const Destination&, BytesView payload) override {
        sent.emplace_back(payload.begin(), payload.end());
    }
    void fanOut(std::span<const BytesView>, std::span<const Destination>) override {}

    node::FilePins makePins() const {
        return {node::KnownFile(path("im/known")), "im.example.org:4649", [](const auto&) {}};
    }
    sealed::Card cardOf(const noise::Identity& identity) {
        return sealed::issueCard({identity, identity.publicKey(), sealed::CardRole::Index, ""},
                                 random.keyPair().publicKey, kToday);
    }
    /// The index answers the last hello.
    void answer(IndexGreeting& greeting, const sealed::Card& card) {
        const auto asked = wire::decodeHello(sent.back());
        REQUIRE(asked);
        const Bytes frame = wire::encodeHint(*asked, {}, card.bytes);
        greeting.receive({kAt, frame}, kToday);
    }

    test::SeededRandom random{5};
    noise::Identity x = noise::Identity::generate(random);
    noise::Identity other = noise::Identity::generate(random);
    std::vector<Bytes> sent;
    TimePoint now{1h};
};

}  // namespace

TEST_CASE("An index that is met for the first time is asked by hello, pinned, and called new") {
    Greeting world;
    auto pins = world.makePins();
    IndexGreeting greeting({kAt}, pins, world.random);
    greeting.start(kToday, world.now, world);
    CHECK(greeting.state() == State::Asking);
    REQUIRE(world.sent.size() == 1);
    world.answer(greeting, world.cardOf(world.x));
    CHECK(greeting.state() == State::Known);
    CHECK(greeting.isNew());
    CHECK(world.makePins().index()->identity == world.x.publicKey());
}

TEST_CASE("An index whose card is kept needs no word until the card has ended") {
    Greeting world;
    auto pins = world.makePins();
    (void)pins.pinIndex(world.cardOf(world.x));
    IndexGreeting greeting({kAt}, pins, world.random);
    greeting.start(kToday, world.now, world);
    CHECK(greeting.state() == State::Known);
    CHECK_FALSE(greeting.isNew());
    CHECK(world.sent.empty());
    IndexGreeting later({kAt}, pins, world.random);
    later.start(kToday + 49 * 3600, world.now, world);
    CHECK(later.state() == State::Asking);
    CHECK(world.sent.size() == 1);
}

TEST_CASE("Another key than the pinned one is 77, with both keys in the message") {
    Greeting world;
    auto pins = world.makePins();
    (void)pins.pinIndex(world.cardOf(world.x));
    IndexGreeting greeting({kAt}, pins, world.random);
    greeting.start(kToday + 49 * 3600, world.now, world);
    world.answer(greeting, world.cardOf(world.other));
    CHECK(greeting.state() == State::KeyChanged);
    const Error problem = greeting.problem("im.example.org:4649");
    CHECK(problem.kind() == ErrorKind::NoPermission);
    const std::string what = problem.what();
    CHECK(what.find(noise::fingerprint(world.x.publicKey())) != std::string::npos);
    CHECK(what.find(noise::fingerprint(world.other.publicKey())) != std::string::npos);
    CHECK(world.makePins().index()->identity == world.x.publicKey());
}

TEST_CASE("Where nobody answers --classic is hinted at, but never for an index that is pinned") {
    Greeting world;
    auto pins = world.makePins();
    IndexGreeting greeting({kAt}, pins, world.random);
    greeting.start(kToday, world.now, world);
    greeting.giveUp();
    CHECK(greeting.state() == State::Silent);
    CHECK(greeting.problem("im.example.org:4649").kind() == ErrorKind::Unavailable);
    CHECK(greeting.problem("im.example.org:4649").hint().starts_with("--classic"));
    (void)pins.pinIndex(world.cardOf(world.x));
    CHECK(greeting.problem("im.example.org:4649").hint().empty());
    CHECK(world.sent.size() == 1);  // the hello, and nothing sealed
}
