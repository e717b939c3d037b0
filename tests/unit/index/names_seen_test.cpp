// SPDX-License-Identifier: BSL-1.0
#include "libim/index/names_seen.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/index/random.hpp"

#include <set>

using im::index::NamesSeen;
using im::index::test::Random;

TEST_CASE("A name is new once, until it is forgotten") {
    NamesSeen names;
    CHECK(names.insert(7));
    CHECK_FALSE(names.insert(7));
    CHECK(names.insert(0));
    CHECK_FALSE(names.insert(0));
    names.forget();
    CHECK(names.insert(7));
    CHECK(names.insert(0));
}

TEST_CASE("NamesSeen agrees with a set, also when hashes fall together and it grows") {
    Random random(1);
    NamesSeen names;
    std::set<std::uint64_t> model;
    for (int step = 0; step < 20'000; ++step) {
        if (random.below(500) == 0) {
            names.forget();
            model.clear();
        }
        const std::uint64_t hash = std::uint64_t{random.below(2000)} << (random.below(2) * 20);
        REQUIRE(names.insert(hash) == model.insert(hash).second);
    }
}
