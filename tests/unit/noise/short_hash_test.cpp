// SPDX-License-Identifier: BSL-1.0
#include "libim/noise/short_hash.hpp"

#include "tests/support/catch.hpp"

#include <set>
#include <string>

using namespace im::noise;

namespace {

/// The key of the test vectors in the SipHash paper: 00 01 02 ... 0f.
HashKey paperKey() {
    HashKey key{};
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
    return key;
}

/// The message of those vectors: 00 01 02 ...
std::string counted(std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text.push_back(static_cast<char>(i));
    return text;
}

}  // namespace

TEST_CASE("shortHash is SipHash-2-4 as in its paper and reference vectors") {
    CHECK(shortHash(counted(15), paperKey()) == 0xa129ca6149be45e5U);
    CHECK(shortHash("", paperKey()) == 0x726fdb47dd0e0e31U);
    CHECK(shortHash(counted(1), paperKey()) == 0x74f839c593dc67fdU);
    CHECK(shortHash(counted(8), paperKey()) == 0x93f5f5799a932462U);
}

TEST_CASE("shortHash depends on each byte of text and key") {
    std::set<std::uint64_t> seen;
    for (std::size_t length = 0; length < 64; ++length)
        seen.insert(shortHash(counted(length), paperKey()));
    for (std::size_t i = 0; i < 16; ++i) {
        HashKey key = paperKey();
        key[i] ^= 0x80U;
        seen.insert(shortHash(counted(15), key));
    }
    CHECK(seen.size() == 64 + 16);
}

TEST_CASE("no two random keys and no two seeds are equal") {
    std::set<HashKey> keys;
    std::set<std::uint64_t> seeds;
    for (int i = 0; i < 100; ++i) {
        keys.insert(randomHashKey());
        seeds.insert(randomSeed());
    }
    CHECK(keys.size() == 100);
    CHECK(seeds.size() == 100);
    CHECK(keys.count(HashKey{}) == 0);
}
