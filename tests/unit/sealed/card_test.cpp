// SPDX-License-Identifier: BSL-1.0
// CV-3: which cards are refused.
#include "libim/sealed/card.hpp"

#include "libim/sealed/limits.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sealed_party.hpp"

#include <string>

using namespace im;
using namespace im::sealed;
using namespace im::sealed::test;

namespace {

struct Cards {
    im::test::SeededRandom random{5};
    noise::Identity bob = noise::Identity::generate(random);
    noise::Identity x = noise::Identity::generate(random);
    noise::Identity otherIndex = noise::Identity::generate(random);
    noise::PublicKey k = random.keyPair().publicKey;

    Card ofBob() const { return issueCard({bob, x.publicKey(), CardRole::User, "bob"}, k, kToday); }
    std::string verdict(BytesView card, CardRole role = CardRole::User,
                        UnixSeconds now = kToday) const {
        const auto verified = verifyCard(card, role, x.publicKey(), now);
        return verified ? "ok " + verified->body.name : std::string(toString(verified.error()));
    }
};

}  // namespace

TEST_CASE("CV-3 a card verifies at its index, and no strict prefix or extension of it does") {
    const Cards cards;
    Bytes card = cards.ofBob().bytes;
    CHECK(cards.verdict(card) == "ok bob");
    for (std::size_t n = 0; n < card.size(); ++n)
        CHECK(cards.verdict(BytesView(card).first(n)) == "malformed");
    card.push_back(std::byte{0});
    CHECK(cards.verdict(card) == "malformed");
}

TEST_CASE("CV-3 a card for another index is refused") {
    const Cards cards;
    const Card card = issueCard({cards.bob, cards.otherIndex.publicKey(), CardRole::User, "bob"},
                                cards.k, kToday);
    CHECK(cards.verdict(card.bytes) == "signature");
}

TEST_CASE("CV-3 a card with any bit changed is refused") {
    const Cards cards;
    const Bytes good = cards.ofBob().bytes;
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        Bytes bad = good;
        bad[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
        CHECK_FALSE(cards.verdict(bad).starts_with("ok"));
    }
}

TEST_CASE("CV-3 a card of another role than asked for is refused") {
    const Cards cards;
    CHECK(cards.verdict(cards.ofBob().bytes, CardRole::Index) == "role");
    const Card index =
        issueCard({cards.x, cards.x.publicKey(), CardRole::Index, {}}, cards.k, kToday);
    CHECK(cards.verdict(index.bytes, CardRole::Index) == "ok ");
    CHECK(cards.verdict(index.bytes) == "role");
}

TEST_CASE("CV-3 a card that says to be the index's but is somebody else's is refused") {
    const Cards cards;
    const Card forged =
        issueCard({cards.bob, cards.x.publicKey(), CardRole::Index, {}}, cards.k, kToday);
    CHECK(cards.verdict(forged.bytes, CardRole::Index) == "wrong index");
    CHECK_FALSE(verifyIndexCard(forged.bytes, kToday));
}

TEST_CASE("CV-3 a card lives 48 hours") {
    const Cards cards;
    const Bytes card = cards.ofBob().bytes;
    CHECK(cards.verdict(card, CardRole::User, kToday + kCardSeconds) == "ok bob");
    CHECK(cards.verdict(card, CardRole::User, kToday + kCardSeconds + 1) == "expired");
    CHECK(cards.verdict(card, CardRole::User, 0) == "ok bob");
}

TEST_CASE("a clock that is slow signs cards that others take") {
    const Cards cards;
    CardClock slow(kToday - 100 * 86'400, kStart);
    slow.learn(issueCard({cards.x, cards.x.publicKey(), CardRole::Index, {}}, cards.k, kToday),
               kStart);
    CHECK(slow.forSigning(kStart) == kToday);
    CHECK(slow.forSigning(kStart + 60s) == kToday + 60);
    CHECK(slow.own(kStart + 60s) == kToday - 100 * 86'400 + 60);
}

TEST_CASE("a clock that is right is not set back by what an index says") {
    const Cards cards;
    CardClock clock(kToday, kStart);
    clock.learn(issueCard({cards.x, cards.x.publicKey(), CardRole::Index, {}}, cards.k, 5), kStart);
    CHECK(clock.forSigning(kStart) == kToday);
    Card endless = cards.ofBob();
    endless.body.notAfter = 7;
    clock.learn(endless, kStart);
    CHECK(clock.forSigning(kStart) == kToday);
}
