// SPDX-License-Identifier: BSL-1.0
#include "libim/noise/frame_keys.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/seeded_random.hpp"

using namespace im;
using namespace im::noise;
using namespace std::chrono_literals;

namespace {

const Endpoint kBob = *Endpoint::parse("192.0.2.7:5000");
const TimePoint kStart = TimePoint() + 1h;

}  // namespace

TEST_CASE("BLAKE2b-256 of abc is the published one") {
    // BLAKE2b-256("abc"), from the reference implementation.
    const Digest32 digest = blake2b32({}, asBytes("a"), asBytes("bc"));
    CHECK(digest[0] == std::byte{0xBD});
    CHECK(digest[1] == std::byte{0xDD});
    CHECK(digest[31] == std::byte{0x19});
}

TEST_CASE("mac1 depends on the receiver's key and on each byte") {
    PublicKey key{};
    const Mac1Key mac(key);
    key[31] = std::byte{1};
    const Mac1Key other(key);
    Bytes bytes(300);
    const Digest16 right = mac.mac1(bytes);
    CHECK(mac.verify(bytes, right));
    CHECK_FALSE(other.verify(bytes, right));
    for (std::byte& byte : bytes) {
        byte ^= std::byte{1};
        CHECK_FALSE(mac.verify(bytes, right));
        byte ^= std::byte{1};
    }
}

TEST_CASE("a token is good for one address and port only") {
    test::SeededRandom random;
    AddressTokens tokens(random, kStart);
    const Digest16 token = tokens.token(kBob, kStart);
    CHECK(tokens.verify(kBob, token, kStart));
    CHECK_FALSE(tokens.verify(*Endpoint::parse("192.0.2.7:5001"), token, kStart));
    CHECK_FALSE(tokens.verify(*Endpoint::parse("192.0.2.8:5000"), token, kStart));
    CHECK_FALSE(tokens.verify(*Endpoint::parse("[2001:db8::7]:5000"), token, kStart));
    CHECK_FALSE(tokens.verify(kBob, Digest16{}, kStart));
}

TEST_CASE("a token lives two to four minutes") {
    for (const Duration age : {0s, 60s, 119s}) {
        test::SeededRandom random;
        AddressTokens tokens(random, kStart);
        const Digest16 token = tokens.token(kBob, kStart + age);
        CHECK(tokens.verify(kBob, token, kStart + 120s));
        CHECK(tokens.verify(kBob, token, kStart + 239s));
        CHECK_FALSE(tokens.verify(kBob, token, kStart + 240s));
    }
}

TEST_CASE("a token does not outlive a pause in which nobody asked") {
    test::SeededRandom random;
    AddressTokens tokens(random, kStart);
    const Digest16 token = tokens.token(kBob, kStart);
    CHECK_FALSE(tokens.verify(kBob, token, kStart + 240s));
}
