// SPDX-License-Identifier: BSL-1.0
#include "libim/index/directory.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/index/random.hpp"
#include "tests/unit/index/world.hpp"

#include <algorithm>
#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

using im::Address;
using im::Destination;
using im::Endpoint;
using im::index::Directory;
using im::index::kNoRow;
using im::index::Part;
using im::index::Row;
using im::index::StoreKey;
using im::index::test::addressAt;
using im::index::test::endpointAt;
using im::index::test::kTestKey;
using im::index::test::nameOf;
using im::index::test::Random;

namespace {

std::vector<std::string> inOrder(const Directory& users) {
    std::vector<std::string> names;
    for (Row row = users.first(); row != kNoRow; row = users.next(row))
        names.emplace_back(users.name(row));
    return names;
}

std::multiset<Endpoint> endpointsOf(std::span<const Destination> destinations) {
    std::multiset<Endpoint> all;
    for (const Destination& each : destinations) all.insert(each.to);
    return all;
}

/// A million of them have different addresses.
Endpoint numbered(std::uint32_t number) {
    return {
        Address::v4({10, static_cast<std::uint8_t>(number >> 16U),
                     static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)}),
        4000};
}

}  // namespace

TEST_CASE("A Directory finds users by their whole name") {
    Directory users(kTestKey);
    CHECK(users.find("bob") == kNoRow);
    const Row bob = users.add(nameOf("bob"), {endpointAt("10.0.0.1:5"), 7});
    CHECK(users.find("bob") == bob);
    CHECK(users.find("bo") == kNoRow);
    CHECK(users.find("bobb") == kNoRow);
    CHECK(users.name(bob) == "bob");
    CHECK(users.destination(bob).to == endpointAt("10.0.0.1:5"));
    CHECK(users.destination(bob).via == 7);
    users.remove(bob);
    CHECK(users.find("bob") == kNoRow);
    CHECK(users.size() == 0);
}

TEST_CASE("A Directory takes a name of 32 bytes") {
    Directory users(kTestKey);
    const std::string longest(32, 'x');
    const Row row = users.add(nameOf(longest), {endpointAt("10.0.0.1:5")});
    CHECK(users.nameOf(row).str() == longest);
}

TEST_CASE("A user just added has no notes, even on the row of a former one") {
    Directory users(kTestKey);
    const Row first = users.add(nameOf("a"), {endpointAt("10.0.0.1:5")});
    users.unreachableCount(first) = 3;
    users.remove(first);
    const Row second = users.add(nameOf("b"), {endpointAt("10.0.0.1:5")});
    REQUIRE(second == first);
    CHECK(users.unreachableCount(second) == 0);
}

TEST_CASE("Several users may be at one endpoint") {
    Directory users(kTestKey);
    const Endpoint here = endpointAt("10.0.0.1:5");
    const Row a = users.add(nameOf("a"), {here});
    const Row b = users.add(nameOf("b"), {here});
    users.add(nameOf("c"), {endpointAt("10.0.0.1:6")});
    std::set<Row> found;
    for (Row row = users.firstAt(here); row != kNoRow; row = users.nextAt(row)) found.insert(row);
    CHECK(found == std::set<Row>{a, b});
    CHECK(users.usersAt(here.address) == 3);
    CHECK(users.firstAt(endpointAt("10.0.0.2:5")) == kNoRow);
}

TEST_CASE("Destinations have four parts, and a train moves their borders") {
    Directory users(kTestKey);
    users.add(nameOf("a"), {endpointAt("10.0.0.1:5")});
    users.add(nameOf("b"), {endpointAt("10.0.0.2:5")});
    users.settle();
    CHECK(users.part(Part::Told).size() == 2);
    const Row c = users.add(nameOf("c"), {endpointAt("10.0.0.3:5")});
    CHECK(users.partOf(c) == Part::Newcomers);

    users.beginTelling();
    CHECK(users.part(Part::Waiting).size() == 2);
    CHECK(users.partOf(c) == Part::Latecomers);
    CHECK(users.lastOf(Part::Latecomers) == c);
    const Row d = users.add(nameOf("d"), {endpointAt("10.0.0.4:5")});
    users.tellLast(1);
    CHECK(users.partOf(c) == Part::Told);
    users.tellLast(1);
    CHECK(users.partOf(users.find("b")) == Part::Told);
    CHECK(users.partOf(users.find("a")) == Part::Waiting);
    CHECK(users.partOf(d) == Part::Newcomers);
    users.remove(users.find("a"));
    CHECK(users.part(Part::Waiting).empty());
    CHECK(endpointsOf(users.part(Part::Told)) ==
          std::multiset{endpointAt("10.0.0.2:5"), endpointAt("10.0.0.3:5")});
    users.settle();
    CHECK(users.partOf(d) == Part::Told);
}

TEST_CASE("All parts of a Directory tell the same, whatever came and went") {
    Random random(GENERATE(1U, 2U, 3U));
    Directory users(kTestKey);
    std::list<std::pair<std::string, Endpoint>> model;  // in order of login
    std::map<std::string, Part> parts;
    const auto isIn = [&](Part part) {
        return std::ranges::count_if(parts, [&](const auto& is) { return is.second == part; });
    };
    for (int step = 0; step < 4000; ++step) {
        const std::string name = "user" + std::to_string(random.below(60));
        const auto known = std::ranges::find(model, name, &std::pair<std::string, Endpoint>::first);
        const bool isTelling = isIn(Part::Waiting) + isIn(Part::Latecomers) > 0;
        if (random.below(10) == 0 && !isTelling) {
            users.beginTelling();
            for (auto& [each, part] : parts)
                part = part == Part::Told ? Part::Waiting : Part::Latecomers;
        } else if (random.below(2) == 0 && isTelling) {
            const Part part = isIn(Part::Latecomers) > 0 ? Part::Latecomers : Part::Waiting;
            parts[std::string(users.name(users.lastOf(part)))] = Part::Told;
            users.tellLast(1);
        } else if (known != model.end()) {
            users.remove(users.find(name));
            model.erase(known);
            parts.erase(name);
        } else {
            const Endpoint endpoint = numbered(random.below(20));
            users.add(nameOf(name), {endpoint});
            model.emplace_back(name, endpoint);
            parts[name] = Part::Newcomers;
        }
        REQUIRE(users.isConsistent());
        REQUIRE(std::ranges::equal(inOrder(users), model, {}, {},
                                   &std::pair<std::string, Endpoint>::first));
        for (const auto& [each, endpoint] : model) {
            REQUIRE(users.destination(users.find(each)).to == endpoint);
            REQUIRE(users.partOf(users.find(each)) == parts.at(each));
        }
    }
}

TEST_CASE("Among a million users a name is found as fast as among a few") {
    Directory users(kTestKey);
    for (std::uint32_t i = 0; i < 1'000'000; ++i)
        users.add(nameOf("user" + std::to_string(i)), {numbered(i)});
    CHECK(users.size() == 1'000'000);
    CHECK(users.probes().mean < 2.5);
    CHECK(users.probes().most < 128);
    CHECK(users.destination(users.find("user765432")).to == numbered(765'432));
}

TEST_CASE("A store key of up to 48 bits is kept as it is") {
    Directory users(kTestKey);
    const Row row = users.add(nameOf("alice"), {endpointAt("10.0.0.1:1"), 0});
    CHECK(users.storeKey(row) == 0);
    for (const StoreKey key :
         {StoreKey{1}, StoreKey{0x0001'0002'0003}, StoreKey{0xFFFF'FFFF'FFFF}}) {
        users.setStoreKey(row, key);
        CHECK(users.storeKey(row) == key);
    }
    CHECK(users.isConsistent());
}

TEST_CASE("A directory with room made beforehand holds the same as one that grows") {
    Directory users(kTestKey);
    users.reserve(1000);
    for (int i = 0; i < 2000; ++i)
        users.add(nameOf("user" + std::to_string(i)),
                  {endpointAt("10.0.0.1:" + std::to_string(i + 1)), 0});
    CHECK(users.size() == 2000);
    CHECK(users.isConsistent());
    CHECK(users.find("user1999") != kNoRow);
}
