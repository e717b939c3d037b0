// SPDX-License-Identifier: BSL-1.0
// The published vectors, both roles, byte for byte; and what a handshake must refuse.
#include "libim/noise/handshake_state.hpp"

#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <string>

using namespace im;
using namespace im::noise;
using Json = nlohmann::json;

namespace {

Bytes fromHex(const std::string& hex) {
    Bytes out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        out.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    return out;
}

Bytes field(const Json& vector, const char* name) {
    return fromHex(vector.value(name, ""));
}

Secret secretOf(const Bytes& bytes) {
    REQUIRE(bytes.size() == 32);
    return Secret(std::span<const std::byte, 32>(bytes.data(), 32));
}

PublicKey publicOf(const Bytes& bytes) {
    PublicKey key{};
    REQUIRE(bytes.size() == key.size());
    std::copy(bytes.begin(), bytes.end(), key.begin());
    return key;
}

HandshakeState::Keys keysOf(const Json& vector, const std::string& side) {
    HandshakeState::Keys keys;
    const auto has = [&](const char* what) { return vector.contains(side + what); };
    const auto get = [&](const char* what) { return field(vector, (side + what).c_str()); };
    if (has("_static")) keys.s = keyPairOf(secretOf(get("_static")));
    if (has("_ephemeral")) keys.e = keyPairOf(secretOf(get("_ephemeral")));
    if (has("_remote_static")) keys.rs = publicOf(get("_remote_static"));
    return keys;
}

std::string nameOf(const Json& vector) {
    return vector.contains("protocol_name") ? vector["protocol_name"] : vector["name"];
}

/// Runs one vector: each side writes what the file says and reads what the other wrote.
void run(const Json& vector) {
    const std::string name = nameOf(vector);
    const auto* pattern = findPattern(name.substr(6, name.find('_', 6) - 6));
    REQUIRE(pattern != nullptr);
    HandshakeState initiator(*pattern, Role::Initiator, field(vector, "init_prologue"),
                             keysOf(vector, "init"));
    HandshakeState responder(*pattern, Role::Responder, field(vector, "resp_prologue"),
                             keysOf(vector, "resp"));
    const bool oneWay = pattern->messages.size() == 1;
    std::pair<CipherState, CipherState> ofInitiator;
    std::pair<CipherState, CipherState> ofResponder;
    bool split = false;

    std::size_t i = 0;
    for (const Json& message : vector["messages"]) {
        INFO(name << " message " << i);
        const Bytes payload = field(message, "payload");
        const Bytes expected = field(message, "ciphertext");
        const bool fromInitiator = oneWay || i % 2 == 0;
        Bytes sent;
        Bytes received;
        if (!initiator.finished()) {
            auto& writer = fromInitiator ? initiator : responder;
            auto& reader = fromInitiator ? responder : initiator;
            REQUIRE(writer.writeMessage(payload, sent));
            REQUIRE(reader.readMessage(sent, received));
        } else {
            if (!split) {
                ofInitiator = initiator.split();
                ofResponder = responder.split();
                split = true;
            }
            auto& out = fromInitiator ? ofInitiator.first : ofResponder.first;
            auto& in = fromInitiator ? ofResponder.second : ofInitiator.second;
            out.encryptWithAd({}, payload, sent);
            REQUIRE(in.decryptWithAd({}, sent, received));
        }
        CHECK(sent == expected);
        CHECK(received == payload);
        ++i;
    }
    CHECK(initiator.handshakeHash() == responder.handshakeHash());
    if (vector.contains("handshake_hash")) {
        const Bytes hash = field(vector, "handshake_hash");
        CHECK(std::ranges::equal(initiator.handshakeHash(), hash));
    }
}

struct Pair {
    KeyPair initiatorStatic = generateKeyPair();
    KeyPair responderStatic = generateKeyPair();

    HandshakeState initiator(const PublicKey& towards, std::string_view prologue = "p") const {
        HandshakeState::Keys keys;
        keys.s = keyPairOf(initiatorStatic.privateKey);
        keys.rs = towards;
        return {patternIK(), Role::Initiator, asBytes(prologue), std::move(keys)};
    }
    HandshakeState responder(std::string_view prologue = "p") const {
        HandshakeState::Keys keys;
        keys.s = keyPairOf(responderStatic.privateKey);
        return {patternIK(), Role::Responder, asBytes(prologue), std::move(keys)};
    }
};

PublicKey point(const std::string& hex) {
    return publicOf(fromHex(hex));
}

}  // namespace

TEST_CASE("Every published vector of our suite agrees byte for byte in both roles", "[noise]") {
    initialise();
    int count = 0;
    for (const char* file : {"cacophony.json", "snow.json", "noise-c-basic.json"}) {
        std::ifstream in(std::string(IM_VECTORS) + "/noise/" + file);
        REQUIRE(in.good());
        const Json published = Json::parse(in);
        for (const Json& vector : published["vectors"]) {
            if (!nameOf(vector).ends_with("_ChaChaPoly_SHA256")) continue;
            run(vector);
            ++count;
        }
    }
    CHECK(count == 18);
}

TEST_CASE("A single flipped bit anywhere in the first IK message is refused", "[noise]") {
    initialise();
    const Pair pair;
    auto initiator = pair.initiator(pair.responderStatic.publicKey);
    Bytes message;
    REQUIRE(initiator.writeMessage(asBytes("hello"), message));
    for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
        Bytes flipped = message;
        flipped[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
        auto responder = pair.responder();
        Bytes payload;
        CHECK_FALSE(responder.readMessage(flipped, payload));
        CHECK(payload.empty());
    }
    auto responder = pair.responder();
    Bytes payload;
    CHECK(responder.readMessage(message, payload));
}

TEST_CASE("Every strict prefix of a handshake message is refused", "[noise]") {
    initialise();
    const Pair pair;
    auto initiator = pair.initiator(pair.responderStatic.publicKey);
    Bytes message;
    REQUIRE(initiator.writeMessage({}, message));
    for (std::size_t length = 0; length < message.size(); ++length) {
        auto responder = pair.responder();
        Bytes payload;
        CHECK_FALSE(responder.readMessage(BytesView(message).first(length), payload));
    }
}

TEST_CASE("Another prologue or another responder makes the handshake fail", "[noise]") {
    initialise();
    const Pair pair;
    const Pair other;
    auto initiator = pair.initiator(pair.responderStatic.publicKey);
    Bytes message;
    REQUIRE(initiator.writeMessage({}, message));
    Bytes payload;
    auto wrongPrologue = pair.responder("q");
    CHECK_FALSE(wrongPrologue.readMessage(message, payload));
    auto wrongKey = other.responder();
    CHECK_FALSE(wrongKey.readMessage(message, payload));
}

TEST_CASE("The responder learns the initiator's static key, and each direction has its own key",
          "[noise]") {
    initialise();
    const Pair pair;
    auto initiator = pair.initiator(pair.responderStatic.publicKey);
    auto responder = pair.responder();
    Bytes first;
    Bytes second;
    Bytes payload;
    REQUIRE(initiator.writeMessage({}, first));
    REQUIRE(responder.readMessage(first, payload));
    CHECK(responder.remoteStatic() == pair.initiatorStatic.publicKey);
    REQUIRE(responder.writeMessage({}, second));
    REQUIRE(initiator.readMessage(second, payload));
    CHECK(initiator.handshakeHash() == responder.handshakeHash());

    auto ours = initiator.split();
    auto theirs = responder.split();
    Bytes sealed;
    ours.first.encryptWithAd({}, asBytes("x"), sealed);
    Bytes opened;
    CHECK_FALSE(theirs.first.decryptWithAd({}, sealed, opened));
    CHECK(theirs.second.decryptWithAd({}, sealed, opened));
    CHECK(asText(opened) == "x");
}

TEST_CASE("Low-order and non-canonical X25519 points are refused as e and as rs", "[noise]") {
    initialise();
    // The points of small order, and encodings at or above p (RFC 7748, section 5 and 6.1).
    const auto bad =
        GENERATE(std::string("0000000000000000000000000000000000000000000000000000000000000000"),
                 std::string("0100000000000000000000000000000000000000000000000000000000000000"),
                 std::string("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
                 std::string("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
                 std::string("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
                 std::string("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
                 std::string("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
                 std::string("efffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
                 std::string("0900000000000000000000000000000000000000000000000000000000000080"));
    const Pair pair;
    CHECK_FALSE(dh(pair.initiatorStatic, point(bad)));

    auto initiator = pair.initiator(point(bad));
    Bytes message;
    CHECK_FALSE(initiator.writeMessage({}, message));

    auto honest = pair.initiator(pair.responderStatic.publicKey);
    Bytes forged;
    REQUIRE(honest.writeMessage({}, forged));
    const PublicKey ephemeral = point(bad);
    std::copy(ephemeral.begin(), ephemeral.end(), forged.begin());
    auto responder = pair.responder();
    Bytes payload;
    CHECK_FALSE(responder.readMessage(forged, payload));
}

TEST_CASE("A canonical point of full order is taken", "[noise]") {
    initialise();
    CHECK(isCanonical(generateKeyPair().publicKey));
    CHECK(dh(generateKeyPair(), generateKeyPair().publicKey));
}

TEST_CASE("A failed decryption neither advances the nonce nor touches the output", "[noise]") {
    initialise();
    CipherState sender;
    CipherState receiver;
    const KeyPair pair = generateKeyPair();
    sender.initializeKey(pair.privateKey.clone());
    receiver.initializeKey(pair.privateKey.clone());
    Bytes sealed;
    sender.encryptWithAd(asBytes("ad"), asBytes("text"), sealed);
    Bytes out{std::byte{7}};
    CHECK_FALSE(receiver.decryptWithAd(asBytes("AD"), sealed, out));
    CHECK(out.size() == 1);
    CHECK(receiver.nonce() == 0);
    CHECK(receiver.decryptWithAd(asBytes("ad"), sealed, out));
    CHECK(receiver.nonce() == 1);
}

TEST_CASE("The reserved nonce is never accepted, and rekey changes the key on both sides",
          "[noise]") {
    initialise();
    CipherState sender;
    CipherState receiver;
    const KeyPair pair = generateKeyPair();
    sender.initializeKey(pair.privateKey.clone());
    receiver.initializeKey(pair.privateKey.clone());
    receiver.setNonce(CipherState::kReservedNonce);
    Bytes out;
    CHECK_FALSE(receiver.decryptWithAd({}, Bytes(16), out));

    receiver.setNonce(0);
    sender.rekey();
    Bytes sealed;
    sender.encryptWithAd({}, asBytes("new"), sealed);
    CHECK_FALSE(receiver.decryptWithAd({}, sealed, out));
    receiver.rekey();
    CHECK(receiver.decryptWithAd({}, sealed, out));
}

TEST_CASE("A moved-from secret is wiped", "[noise]") {
    initialise();
    KeyPair pair = generateKeyPair();
    const Secret copy = pair.privateKey.clone();
    const Secret moved = std::move(pair.privateKey);
    CHECK(moved.equals(copy));
    CHECK(pair.privateKey.equals(Secret{}));  // NOLINT(bugprone-use-after-move): that is the test
}
