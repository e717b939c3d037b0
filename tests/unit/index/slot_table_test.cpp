// SPDX-License-Identifier: BSL-1.0
#include "libim/index/slot_table.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/index/random.hpp"

#include <map>
#include <random>

#include <vector>

using im::index::kNoRow;
using im::index::Row;
using im::index::Slab;
using im::index::SlotTable;
using im::index::test::Random;

namespace {

const auto kAny = [](Row) { return true; };

}  // namespace

TEST_CASE("An empty SlotTable finds nothing") {
    const SlotTable table;
    CHECK(table.find(7, kAny) == kNoRow);
    CHECK(table.size() == 0);
}

TEST_CASE("A SlotTable tells keys with one hash apart by asking for the row") {
    SlotTable table;
    table.insert(7, 1);
    table.insert(7, 2);
    CHECK(table.find(7, [](Row row) { return row == 2; }) == 2);
    table.erase(7, 1);
    CHECK(table.find(7, [](Row row) { return row == 1; }) == kNoRow);
    CHECK(table.find(7, kAny) == 2);
}

TEST_CASE("A SlotTable finds what is in it and nothing else, whatever came and went") {
    // Few different hashes, so that they meet, wrap round the end and leave holes.
    Random random(GENERATE(1U, 2U, 3U));
    SlotTable table;
    std::map<Row, std::uint64_t> model;
    for (Row step = 0; step < 20'000; ++step) {
        const Row row = random.below(300);
        if (const auto known = model.find(row); known != model.end()) {
            table.erase(known->second, row);
            model.erase(known);
        } else {
            const std::uint64_t hash = random.below(64) * 0x4000'0001ULL;
            table.insert(hash, row);
            model[row] = hash;
        }
        REQUIRE(table.size() == model.size());
        if (step % 97 != 0) continue;
        for (Row each = 0; each < 300; ++each) {
            const auto known = model.find(each);
            const std::uint64_t hash = known == model.end() ? 63 : known->second;
            const Row found = table.find(hash, [&](Row other) { return other == each; });
            REQUIRE(found == (known == model.end() ? kNoRow : each));
        }
    }
}

TEST_CASE("A SlotTable that has seen a million come and go is as fast as a new one") {
    std::mt19937_64 random(1);
    SlotTable table;
    std::vector<std::uint64_t> hashes(1000);
    for (Row row = 0; row < hashes.size(); ++row) table.insert(hashes[row] = random(), row);
    for (std::size_t i = 0; i < 1'000'000; ++i) {
        const Row row = static_cast<Row>(i % hashes.size());
        table.erase(hashes[row], row);
        table.insert(hashes[row] = random(), row);
    }
    CHECK(table.size() == hashes.size());
    CHECK(table.probes().mean < 2.5);
    CHECK(table.probes().most < 64);
}

TEST_CASE("A Slab gives the number of a removed row again") {
    Slab<int> slab;
    const Row first = slab.add(10);
    const Row second = slab.add(20);
    CHECK(first != second);
    slab.remove(first);
    CHECK(slab.size() == 1);
    CHECK(slab.add(30) == first);
    CHECK(slab[first] == 30);
    CHECK(slab[second] == 20);
    CHECK(slab.size() == 2);
}
