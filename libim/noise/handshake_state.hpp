// SPDX-License-Identifier: BSL-1.0
// HandshakeState of the Noise specification, section 5.3, for the suite 25519_ChaChaPoly_SHA256.
// We speak IK; the other patterns are here because the published vectors then prove more.
// Not thread-safe.  What it holds is wiped with it.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/noise/cipher_state.hpp"
#include "libim/noise/primitives.hpp"
#include "libim/noise/symmetric_state.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace im::noise {

enum class Role : std::uint8_t { Initiator, Responder };

enum class Token : std::uint8_t { E, S, EE, ES, SE, SS };

/// Section 7.  Pre-messages know only `s`, as all patterns here do.
struct HandshakePattern {
    std::string_view name;
    bool initiatorKnown = false;  ///< pre-message -> s
    bool responderKnown = false;  ///< pre-message <- s
    /// Messages in order, the initiator's first.
    std::span<const std::span<const Token>> messages;
};

/// "IK", "XK", "NK", "XX", "X" or "N"; nothing for another.
[[nodiscard]] const HandshakePattern* findPattern(std::string_view name);
[[nodiscard]] const HandshakePattern& patternIK();

class HandshakeState {
public:
    struct Keys {
        std::optional<KeyPair> s;     ///< own static
        std::optional<KeyPair> e;     ///< own ephemeral: only vectors give it, else drawn inside
        std::optional<PublicKey> rs;  ///< the peer's static, where the pattern has it beforehand
    };

    /// Initialize().  REQUIRES: the keys that `pattern` asks for.
    HandshakeState(const HandshakePattern& pattern, Role role, BytesView prologue, Keys keys);

    /// The same handshake once more, so that a forged message cannot kill the one that waits for
    /// the true one: read with a clone, keep the clone when it succeeds.
    [[nodiscard]] HandshakeState clone() const;

    /// WriteMessage: appends the next message to `out`.  False when a DH is refused (low order);
    /// the handshake is then dead.  REQUIRES: it is our turn.
    [[nodiscard]] bool writeMessage(BytesView payload, Bytes& out);

    /// ReadMessage: appends the payload to `out`.  False when the message is truncated, not
    /// authentic or has a refused key; the handshake is then dead: drop it.
    /// REQUIRES: it is the peer's turn.
    [[nodiscard]] bool readMessage(BytesView message, Bytes& out);

    [[nodiscard]] bool finished() const { return next_ == pattern_->messages.size(); }
    [[nodiscard]] bool ourTurn() const;

    /// The peer's static key, once it is known.
    [[nodiscard]] const std::optional<PublicKey>& remoteStatic() const { return rs_; }
    /// h; the channel binding once finished().
    [[nodiscard]] const Hash& handshakeHash() const { return symmetric_.handshakeHash(); }

    /// Split(): {to send with, to receive with} for this role.  REQUIRES: finished().
    [[nodiscard]] std::pair<CipherState, CipherState> split() const;

private:
    HandshakeState(const HandshakePattern& pattern, Role role, SymmetricState symmetric)
        : pattern_(&pattern), role_(role), symmetric_(std::move(symmetric)) {}

    bool writeToken(Token token, Bytes& out);
    bool readToken(Token token, BytesView& rest);
    bool mixDh(Token token);
    bool readStatic(BytesView& rest);

    const HandshakePattern* pattern_;
    Role role_;
    SymmetricState symmetric_;
    std::optional<KeyPair> s_;
    std::optional<KeyPair> e_;
    std::optional<PublicKey> rs_;
    std::optional<PublicKey> re_;
    std::size_t next_ = 0;
};

}  // namespace im::noise
