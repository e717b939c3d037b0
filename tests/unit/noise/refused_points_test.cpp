// SPDX-License-Identifier: BSL-1.0
// NV-2: X25519 points of low order and encodings that are not canonical, as e, s and K.  The
// list is the published one (RFC 7748's security considerations; cr.yp.to/ecdh.html).
#include "libim/noise/handshake_state.hpp"

#include "libim/base/little_endian.hpp"
#include "libim/wire/hex.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace im;
using namespace im::noise;

namespace {

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

PublicKey point(const std::string& hex) {
    return *wire::parseHexKey(hex);
}

/// Order 1, 2, 4 and 8, each with all its encodings below 2^256.
std::vector<PublicKey> refusedPoints() {
    const std::string eight1 = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b8";
    const std::string eight2 = "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11";
    const std::string ff = repeated("ff", 30);
    const std::string zeros = repeated("00", 31);
    return {point("00" + zeros),
            point("01" + zeros),
            point(eight1 + "00"),
            point(eight2 + "57"),
            point("ec" + ff + "7f"),
            point("ed" + ff + "7f"),
            point("ee" + ff + "7f"),
            point(repeated("00", 31) + "80"),
            point("01" + repeated("00", 30) + "80"),
            point(eight1 + "80"),
            point(eight2 + "d7"),
            point("ec" + ff + "ff"),
            point("ed" + ff + "ff"),
            point("ee" + ff + "ff")};
}

/// A good point, written in the way that RFC 7748 would take too: with the top bit set.
PublicKey notCanonical(PublicKey key) {
    key.back() |= std::byte{0x80};
    return key;
}

struct Handshake {
    KeyPair alice = generateKeyPair();
    KeyPair bob = generateKeyPair();

    HandshakeState initiator(const PublicKey& towards) const {
        return {patternIK(), Role::Initiator, {}, {keyPairOf(alice.privateKey), {}, towards}};
    }
    HandshakeState responder() const {
        return {patternIK(), Role::Responder, {}, {keyPairOf(bob.privateKey), {}, {}}};
    }
    Bytes first() const {
        Bytes message;
        REQUIRE(initiator(bob.publicKey).writeMessage(asBytes("hi"), message));
        return message;
    }
};

/// An IK message 1 of somebody whose static key is `s`, made apart from HandshakeState, which
/// cannot be made to send such a thing.  `ss` cannot be computed without the discrete logarithm,
/// but it is zero for a point of low order, which is exactly the attack.
Bytes messageWithStatic(const PublicKey& s, const PublicKey& responder) {
    SymmetricState symmetric("Noise_IK_25519_ChaChaPoly_SHA256");
    symmetric.mixHash({});
    symmetric.mixHash(responder);
    const KeyPair e = generateKeyPair();
    Bytes message(e.publicKey.begin(), e.publicKey.end());
    symmetric.mixHash(e.publicKey);
    symmetric.mixKey(dh(e, responder)->view());
    symmetric.encryptAndHash(s, message);
    symmetric.mixKey(Secret().view());
    symmetric.encryptAndHash(asBytes("hi"), message);
    return message;
}

}  // namespace

TEST_CASE("NV-2 DH with a point of low order or another encoding of a point is refused") {
    initialise();
    const KeyPair own = generateKeyPair();
    for (const PublicKey& bad : refusedPoints()) CHECK_FALSE(dh(own, bad));
    CHECK_FALSE(dh(own, notCanonical(generateKeyPair().publicKey)));
    CHECK(dh(own, generateKeyPair().publicKey));
}

TEST_CASE("NV-2 an initiator does not write to a K of low order") {
    initialise();
    const Handshake handshake;
    for (const PublicKey& bad : refusedPoints()) {
        Bytes message;
        CHECK_FALSE(handshake.initiator(bad).writeMessage(asBytes("hi"), message));
    }
    Bytes message;
    CHECK_FALSE(handshake.initiator(notCanonical(handshake.bob.publicKey))
                    .writeMessage(asBytes("hi"), message));
}

TEST_CASE("NV-2 a responder refuses such an e") {
    initialise();
    const Handshake handshake;
    const Bytes good = handshake.first();
    for (const PublicKey& bad : refusedPoints()) {
        Bytes message = good;
        std::ranges::copy(bad, message.begin());
        Bytes payload;
        CHECK_FALSE(handshake.responder().readMessage(message, payload));
        CHECK(payload.empty());
    }
}

TEST_CASE("NV-2 a responder refuses such an s, whose ss everybody knows") {
    initialise();
    const Handshake handshake;
    for (const PublicKey& bad : refusedPoints()) {
        Bytes payload;
        CHECK_FALSE(handshake.responder().readMessage(
            messageWithStatic(bad, handshake.bob.publicKey), payload));
        CHECK(payload.empty());
    }
}

TEST_CASE("NV-2 an initiator refuses such an e, and still takes the true answer") {
    initialise();
    const Handshake handshake;
    HandshakeState initiator = handshake.initiator(handshake.bob.publicKey);
    HandshakeState responder = handshake.responder();
    Bytes first;
    Bytes payload;
    REQUIRE(initiator.writeMessage(asBytes("hi"), first));
    REQUIRE(responder.readMessage(first, payload));
    Bytes second;
    REQUIRE(responder.writeMessage(asBytes("ho"), second));
    for (const PublicKey& bad : refusedPoints()) {
        Bytes forged = second;
        std::ranges::copy(bad, forged.begin());
        payload.clear();
        CHECK_FALSE(initiator.clone().readMessage(forged, payload));
        CHECK(payload.empty());
    }
    REQUIRE(initiator.readMessage(second, payload));
    CHECK(asText(payload) == "ho");
}
