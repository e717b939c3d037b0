// SPDX-License-Identifier: BSL-1.0
#include "libim/index/row_chains.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/index/random.hpp"

#include <map>

#include <set>

using im::index::kNoRow;
using im::index::Row;
using im::index::RowChains;
using im::index::test::Random;

TEST_CASE("Empty RowChains have no first row") {
    const RowChains chains;
    CHECK(chains.first(5) == kNoRow);
    CHECK(chains.size() == 0);
}

TEST_CASE("RowChains give all rows of a key, whatever came and went") {
    Random random(GENERATE(1U, 2U, 3U));
    RowChains chains;
    std::map<Row, std::uint64_t> model;
    const auto hashOf = [&](Row row) { return model.at(row); };
    for (int step = 0; step < 20'000; ++step) {
        const Row row = random.below(200);
        if (const auto known = model.find(row); known != model.end()) {
            chains.erase(row, known->second);
            model.erase(known);
        } else {
            const std::uint64_t hash = random.below(40);
            chains.insert(row, hash, hashOf);
            model[row] = hash;
        }
        REQUIRE(chains.size() == model.size());
        const std::uint64_t hash = random.below(40);
        std::set<Row> expected;
        for (const auto& [each, key] : model)
            if (key == hash) expected.insert(each);
        std::set<Row> found;
        for (Row each = chains.first(hash); each != kNoRow; each = chains.next(each))
            if (model.at(each) == hash) found.insert(each);
        REQUIRE(found == expected);
    }
}

TEST_CASE("A thousand rows with one key leave in any order") {
    RowChains chains;
    const auto hashOf = [](Row) { return std::uint64_t{9}; };
    for (Row row = 0; row < 1000; ++row) chains.insert(row, 9, hashOf);
    for (Row row = 0; row < 1000; row += 2) chains.erase(row, 9);
    for (Row row = 999; row < 1000; row -= 2) chains.erase(row, 9);
    CHECK(chains.size() == 0);
    CHECK(chains.first(9) == kNoRow);
}
