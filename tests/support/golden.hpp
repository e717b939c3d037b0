// SPDX-License-Identifier: BSL-1.0
// The golden frames of tests/vectors/sealed, and the parties that made them: fixed keys, so that
// libim makes the same bytes.
#pragma once

#include "libim/sealed/handshake.hpp"
#include "libim/sealed/session.hpp"
#include "libim/wire/hex.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cassert>
#include <deque>
#include <fstream>
#include <string>

namespace im::sealed::test {

using Json = nlohmann::json;

/// Gives what it was told, 32 bytes at a time, and then zeros.
class ScriptedRandom final : public noise::Random {
public:
    explicit ScriptedRandom(std::deque<Bytes> script = {}) : script_(std::move(script)) {}
    void fill(std::span<std::byte> out) override {
        std::ranges::fill(out, std::byte{0});
        if (script_.empty()) return;
        assert(script_.front().size() == out.size());
        std::ranges::copy(script_.front(), out.begin());
        script_.pop_front();
    }

private:
    std::deque<Bytes> script_;
};

class Golden {
public:
    Golden() {
        noise::initialise();
        std::ifstream in(std::string(IM_VECTORS) + "/sealed/golden.json");
        json = Json::parse(in);
        now = json["now"];
    }

    static Bytes bytes(const Json& hex) { return *wire::parseHex(hex.get<std::string>()); }

    noise::Secret secret(const std::string& name) const {
        return noise::Secret(*wire::parseHexKey(json["secrets"][name].get<std::string>()));
    }
    Bytes secretBytes(const std::string& name) const { return bytes(json["secrets"][name]); }
    noise::Identity identity(const std::string& who) const {
        return noise::Identity(secret(who + " identity"));
    }
    noise::KeyPair k(const std::string& who) const { return keyPairOf(secret(who + " K")); }
    IdentityKey x() const { return identity("index").publicKey(); }

    Card card(const std::string& who, CardRole role, const std::string& name) const {
        const noise::Identity holder = identity(who);
        return issueCard({holder, x(), role, name}, k(who).publicKey, now);
    }
    SessionKey key(const std::string& who, CardRole role, const std::string& name) const {
        noise::KeyPair pair = k(who);
        const noise::PublicKey shown = pair.publicKey;
        return {std::move(pair), noise::Mac1Key(shown), card(who, role, name), 0};
    }

    Json json;
    UnixSeconds now = 0;
};

/// Both ends of one exchange of the file.
struct GoldenExchange {
    GoldenExchange(const Golden& golden, const Json& exchange)
        : responderName(exchange["responder"]),
          role(static_cast<CardRole>(exchange["role"].get<int>())),
          responderIdentity(golden.identity(responderName)),
          alice(golden.key("alice", CardRole::User, "alice")),
          responderRandom(
              {golden.secretBytes(responderName + " K"), golden.secretBytes(responderName + " e")}),
          keys({responderIdentity, golden.x(), role, exchange["user"].get<std::string>()},
               responderRandom, CardClock(golden.now, TimePoint()), TimePoint()),
          initiatorRandom({golden.secretBytes("alice e")}),
          initiator(Initiator::write(alice, keys.current().card, exchange["initiator_index"],
                                     Golden::bytes(exchange["init_records"]), initiatorRandom)) {
        std::ranges::copy(Golden::bytes(exchange["token"]), token.begin());
        init = initiator->frame(token);
    }

    /// What the responder makes of an INIT.
    Expected<Responder, InitRefusal> open(BytesView frame) {
        const auto parsed = wire::parseFrame(frame);
        if (!parsed) return Unexpected(InitRefusal::Handshake);
        const auto* one = std::get_if<wire::InitFrame>(&*parsed);
        const SessionKey* own = one == nullptr ? nullptr : keys.matching(one->macced, one->mac1);
        if (own == nullptr) return Unexpected(InitRefusal::Handshake);
        return Responder::open(*one, *own, keys, responderRandom, TimePoint());
    }
    /// What the initiator makes of a RESP.
    std::optional<Initiator::Answer> read(BytesView frame) const {
        const auto parsed = wire::parseFrame(frame);
        if (!parsed) return {};
        const auto* resp = std::get_if<wire::RespFrame>(&*parsed);
        if (resp == nullptr) return {};
        return initiator->read(*resp);
    }

    std::string responderName;
    CardRole role;
    noise::Identity responderIdentity;
    SessionKey alice;
    ScriptedRandom responderRandom;
    SessionKeys keys;
    ScriptedRandom initiatorRandom;
    std::optional<Initiator> initiator;
    wire::AddressToken token{};
    Bytes init;
};

}  // namespace im::sealed::test
