// SPDX-License-Identifier: BSL-1.0
#include "libim/index/roster_cache.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/index/world.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace im;
using namespace im::index;
using namespace im::index::test;

namespace {

constexpr std::size_t kPiece = RosterCache::kUsersPerPiece;

/// A directory and the cache of its roster, told of all that happens there.
struct Crowd {
    void come(std::size_t number) {
        const Name name = nameOf("u" + std::to_string(number));
        const Endpoint at = endpointAt("10.0.0.1:" + std::to_string(1 + number % 60'000));
        const Row row = users.add(name, {at, kAnyPath});
        users.setStoreKey(row, nextKey++);
        cache.came(users, row);
    }
    void come(std::size_t from, std::size_t until) {
        for (std::size_t i = from; i < until; ++i) come(i);
    }
    void leave(std::size_t number) {
        const Row row = users.find("u" + std::to_string(number));
        cache.left(users, row);
        users.remove(row);
    }
    std::shared_ptr<const SharedText> fetch() { return cache.text(users, nullptr); }
    /// As made in one go from those who are there.
    std::string expected() const {
        wire::RosterWriter writer;
        for (Row row = users.first(); row != kNoRow; row = users.next(row))
            writer.add(users.name(row), users.destination(row).to);
        return writer.finish();
    }

    Directory users{kTestKey};
    RosterCache cache;
    StoreKey nextKey = 1;
};

/// Pieces of `now` that are not of `before`.
std::size_t newPieces(const SharedText& before, const SharedText& now) {
    return static_cast<std::size_t>(
        std::ranges::count_if(now.pieces(), [&](const SharedText::Piece& piece) {
            return std::ranges::find(before.pieces(), piece) == before.pieces().end();
        }));
}

}  // namespace

TEST_CASE("A version differs from the last one by the length and the pieces that changed") {
    Crowd crowd;
    crowd.come(0, 10 * kPiece);
    const auto first = crowd.fetch();
    REQUIRE(first->pieces().size() == 12);
    SECTION("one comes: a piece of his own, since the last one is full") {
        crowd.come(10 * kPiece);
        const auto second = crowd.fetch();
        CHECK(newPieces(*first, *second) == 2);
        crowd.come(10 * kPiece + 1);
        CHECK(newPieces(*second, *crowd.fetch()) == 2);
    }
    SECTION("one leaves, and another of the same piece") {
        crowd.leave(5 * kPiece + 7);
        crowd.leave(5 * kPiece);
        CHECK(newPieces(*first, *crowd.fetch()) == 2);
    }
    SECTION("two leave") {
        crowd.leave(0);
        crowd.leave(10 * kPiece - 1);
        CHECK(newPieces(*first, *crowd.fetch()) == 3);
    }
    CHECK(crowd.fetch()->str() == crowd.expected());
}

TEST_CASE("Who is still getting a version gets it as it was") {
    Crowd crowd;
    crowd.come(0, kPiece / 2);
    const auto first = crowd.fetch();
    const std::string text = first->str();
    crowd.come(kPiece / 2);
    CHECK(crowd.fetch()->str() == crowd.expected());
    crowd.leave(3);
    CHECK(crowd.fetch()->str() == crowd.expected());
    CHECK(first->str() == text);
}

TEST_CASE("Whoever comes and leaves, the roster is that of those who are there") {
    Crowd crowd;
    std::mt19937 random(7);
    std::vector<std::size_t> there;
    for (std::size_t next = 0; next < 6000; ++next) {
        const bool isGrowing = next < 4000 || next % 2 == 0;
        crowd.come(next);
        there.push_back(next);
        for (int i = isGrowing ? 0 : 3; i > 0 && !there.empty(); --i) {
            const std::size_t who = random() % there.size();
            crowd.leave(there[who]);
            there.erase(there.begin() + static_cast<std::ptrdiff_t>(who));
        }
        if (next % 500 == 77) REQUIRE(crowd.fetch()->str() == crowd.expected());
    }
    for (const std::size_t who : there) crowd.leave(who);
    CHECK(crowd.fetch()->str() ==
          "\x03"
          "end");
}

TEST_CASE("Those who stay while thousands come and go do not keep a piece each") {
    Crowd crowd;
    crowd.come(0, 1);
    static_cast<void>(crowd.fetch());
    for (std::size_t wave = 1; wave <= 20; ++wave) {
        crowd.come(wave * kPiece, (wave + 1) * kPiece);
        for (std::size_t i = wave * kPiece + 1; i < (wave + 1) * kPiece; ++i) crowd.leave(i);
    }
    CHECK(crowd.fetch()->pieces().size() == 3);
    CHECK(crowd.fetch()->str() == crowd.expected());
}

TEST_CASE("A cache that nobody asked keeps nothing, and is right when somebody does") {
    Crowd crowd;
    crowd.come(0, 3 * kPiece);
    crowd.leave(kPiece + 3);
    CHECK(crowd.fetch()->str() == crowd.expected());
}
