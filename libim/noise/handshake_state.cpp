// SPDX-License-Identifier: BSL-1.0
#include "libim/noise/handshake_state.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <string>

namespace im::noise {

namespace {

using Tokens = std::span<const Token>;

constexpr std::array kE{Token::E};
constexpr std::array kEEs{Token::E, Token::ES};
constexpr std::array kEEsSSs{Token::E, Token::ES, Token::S, Token::SS};
constexpr std::array kEEe{Token::E, Token::EE};
constexpr std::array kEEeSe{Token::E, Token::EE, Token::SE};
constexpr std::array kEEeSEs{Token::E, Token::EE, Token::S, Token::ES};
constexpr std::array kSSe{Token::S, Token::SE};

constexpr std::array<Tokens, 1> kMessagesN{kEEs};
constexpr std::array<Tokens, 1> kMessagesX{kEEsSSs};
constexpr std::array<Tokens, 2> kMessagesNK{kEEs, kEEe};
constexpr std::array<Tokens, 3> kMessagesXK{kEEs, kEEe, kSSe};
constexpr std::array<Tokens, 3> kMessagesXX{kE, kEEeSEs, kSSe};
constexpr std::array<Tokens, 2> kMessagesIK{kEEsSSs, kEEeSe};

constexpr std::array kPatterns{
    HandshakePattern{"IK", false, true, kMessagesIK},
    HandshakePattern{"XK", false, true, kMessagesXK},
    HandshakePattern{"NK", false, true, kMessagesNK},
    HandshakePattern{"XX", false, false, kMessagesXX},
    HandshakePattern{"X", false, true, kMessagesX},
    HandshakePattern{"N", false, true, kMessagesN},
};

std::string protocolName(const HandshakePattern& pattern) {
    return "Noise_" + std::string(pattern.name) + "_25519_ChaChaPoly_SHA256";
}

}  // namespace

const HandshakePattern* findPattern(std::string_view name) {
    const auto* found = std::ranges::find(kPatterns, name, &HandshakePattern::name);
    return found == kPatterns.end() ? nullptr : found;
}

const HandshakePattern& patternIK() {
    return kPatterns.front();
}

HandshakeState::HandshakeState(const HandshakePattern& pattern, Role role, BytesView prologue,
                               Keys keys)
    : pattern_(&pattern),
      role_(role),
      symmetric_(protocolName(pattern)),
      s_(std::move(keys.s)),
      e_(std::move(keys.e)),
      rs_(keys.rs) {
    symmetric_.mixHash(prologue);
    const bool initiator = role == Role::Initiator;
    const auto mixKnown = [this](bool own) {
        assert(own ? s_.has_value() : rs_.has_value());
        symmetric_.mixHash(own ? s_->publicKey : *rs_);
    };
    if (pattern.initiatorKnown) mixKnown(initiator);
    if (pattern.responderKnown) mixKnown(!initiator);
}

HandshakeState HandshakeState::clone() const {
    const auto copied = [](const std::optional<KeyPair>& pair) -> std::optional<KeyPair> {
        if (!pair) return {};
        return KeyPair{pair->privateKey.clone(), pair->publicKey};
    };
    HandshakeState copy(*pattern_, role_, symmetric_.clone());
    copy.s_ = copied(s_);
    copy.e_ = copied(e_);
    copy.rs_ = rs_;
    copy.re_ = re_;
    copy.next_ = next_;
    return copy;
}

bool HandshakeState::ourTurn() const {
    return !finished() && (next_ % 2 == 0) == (role_ == Role::Initiator);
}

bool HandshakeState::mixDh(Token token) {
    // es is the initiator's e with the responder's s; se the other way round (section 5.3).
    const bool initiator = role_ == Role::Initiator;
    const bool ownStatic = token == Token::SS || token == (initiator ? Token::SE : Token::ES);
    const bool theirStatic = token == Token::SS || token == (initiator ? Token::ES : Token::SE);
    const auto& own = ownStatic ? s_ : e_;
    const auto& theirs = theirStatic ? rs_ : re_;
    assert(own && theirs);
    const auto shared = dh(*own, *theirs);
    if (!shared) return false;
    symmetric_.mixKey(shared->view());
    return true;
}

bool HandshakeState::writeToken(Token token, Bytes& out) {
    switch (token) {
        case Token::E:
            if (!e_) e_ = generateKeyPair();
            out.insert(out.end(), e_->publicKey.begin(), e_->publicKey.end());
            symmetric_.mixHash(e_->publicKey);
            return true;
        case Token::S:
            symmetric_.encryptAndHash(s_->publicKey, out);
            return true;
        default:
            return mixDh(token);
    }
}

bool HandshakeState::writeMessage(BytesView payload, Bytes& out) {
    assert(ourTurn());
    for (const Token token : pattern_->messages[next_])
        if (!writeToken(token, out)) return false;
    symmetric_.encryptAndHash(payload, out);
    ++next_;
    return true;
}

bool HandshakeState::readStatic(BytesView& rest) {
    const std::size_t length = kDhLength + (symmetric_.hasKey() ? kTagLength : 0);
    if (rest.size() < length) return false;
    Bytes plain;
    if (!symmetric_.decryptAndHash(rest.first(length), plain)) return false;
    rs_.emplace();
    std::copy(plain.begin(), plain.end(), rs_->begin());
    rest = rest.subspan(length);
    return true;
}

bool HandshakeState::readToken(Token token, BytesView& rest) {
    switch (token) {
        case Token::E:
            if (rest.size() < kDhLength) return false;
            re_.emplace();
            std::copy_n(rest.begin(), kDhLength, re_->begin());
            symmetric_.mixHash(*re_);
            rest = rest.subspan(kDhLength);
            return true;
        case Token::S:
            return readStatic(rest);
        default:
            return mixDh(token);
    }
}

bool HandshakeState::readMessage(BytesView message, Bytes& out) {
    assert(!finished() && !ourTurn());
    for (const Token token : pattern_->messages[next_])
        if (!readToken(token, message)) return false;
    if (!symmetric_.decryptAndHash(message, out)) return false;
    ++next_;
    return true;
}

std::pair<CipherState, CipherState> HandshakeState::split() const {
    assert(finished());
    auto ciphers = symmetric_.split();
    if (role_ == Role::Responder) std::swap(ciphers.first, ciphers.second);
    return ciphers;
}

}  // namespace im::noise
