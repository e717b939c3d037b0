// SPDX-License-Identifier: BSL-1.0
#include "libim/noise/identity.hpp"

#include "libim/base/little_endian.hpp"
#include "libim/noise/words.hpp"
#include "libim/wire/hex.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/seeded_random.hpp"

#include <algorithm>
#include <set>

using namespace im;
using namespace im::noise;

namespace {

Secret secretOf(std::string_view hex) {
    return Secret(*wire::parseHexKey(hex));
}

}  // namespace

TEST_CASE("an identity signs as RFC 8032 says") {
    // Section 7.1, tests 2 and 3.
    const Identity two(
        secretOf("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
    CHECK(wire::toHex(two.publicKey()) ==
          "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    CHECK(wire::toHex(two.sign(asBytes("\x72"))) ==
          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
          "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    const Identity three(
        secretOf("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"));
    CHECK(wire::toHex(three.sign(asBytes("\xAF\x82"))) ==
          "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
          "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
}

TEST_CASE("a signature is good for its bytes and its key only") {
    test::SeededRandom random;
    const Identity alice = Identity::generate(random);
    const Identity bob = Identity::generate(random);
    const SignatureBytes good = alice.sign(asBytes("hello"));
    CHECK(verify(alice.publicKey(), asBytes("hello"), good));
    CHECK_FALSE(verify(alice.publicKey(), asBytes("hallo"), good));
    CHECK_FALSE(verify(bob.publicKey(), asBytes("hello"), good));
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        SignatureBytes bad = good;
        bad[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
        CHECK_FALSE(verify(alice.publicKey(), asBytes("hello"), bad));
    }
}

TEST_CASE("an identity of low order signs nothing") {
    // With the neutral element as key, R = S = 0 would fit every message.
    IdentityKey neutral{};
    neutral[0] = std::byte{1};
    SignatureBytes signature{};
    signature[0] = std::byte{1};
    CHECK_FALSE(verify(neutral, asBytes("anything"), signature));
}

TEST_CASE("a fingerprint is the key and comes back") {
    IdentityKey key{};
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(i * 8);
    const std::string text = fingerprint(key);
    CHECK(text == "ed25519:AAgQGCAoMDhASFBYYGhweICIkJigqLC4wMjQ2ODo8Pg");
    CHECK(parseFingerprint(text) == key);
}

TEST_CASE("what is not exactly a fingerprint is none") {
    const std::string good = fingerprint(IdentityKey{});
    for (std::size_t n = 0; n < good.size(); ++n) CHECK_FALSE(parseFingerprint(good.substr(0, n)));
    CHECK_FALSE(parseFingerprint(good + "A"));
    CHECK_FALSE(parseFingerprint(good + "="));
    CHECK_FALSE(parseFingerprint("ED25519:" + good.substr(8)));
    std::string loose = good;
    loose.back() = 'B';  // bits that belong to no byte
    CHECK_FALSE(parseFingerprint(loose));
    loose.back() = '/';
    CHECK_FALSE(parseFingerprint(loose));
}

TEST_CASE("the word list is the one of BIP-39") {
    std::string all;
    std::set<std::string_view> beginnings;
    for (std::size_t i = 0; i < kBip39Words; ++i) {
        all += bip39Word(i);
        all += '\n';
        beginnings.insert(bip39Word(i).substr(0, 4));
    }
    CHECK(wire::toHex(hash(asBytes(all))) ==
          "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
    CHECK(beginnings.size() == kBip39Words);
}

TEST_CASE("two people see the same six words, and others with any other identity") {
    test::SeededRandom random;
    const IdentityKey alice = Identity::generate(random).publicKey();
    const IdentityKey bob = Identity::generate(random).publicKey();
    const IdentityKey mallory = Identity::generate(random).publicKey();
    const std::string words = sixWords(alice, bob);
    CHECK(std::ranges::count(words, ' ') == 5);
    CHECK(sixWords(bob, alice) == words);
    CHECK(sixWords(alice, mallory) != words);
}
