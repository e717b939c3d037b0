// SPDX-License-Identifier: BSL-1.0
// Initiator and Responder: Noise IK over INIT and RESP frames.  Each object is one handshake; who
// may do one, and when, is decided by Connector and Acceptor.  Not thread-safe.
//
// Prologue: "im sealed 1\0" || I of the responder, so that a K which somebody else claims in his
// card leads to nothing (identity misbinding).
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/base/expected.hpp"
#include "libim/noise/handshake_state.hpp"
#include "libim/sealed/card.hpp"
#include "libim/sealed/session_keys.hpp"
#include "libim/wire/frame.hpp"
#include "libim/wire/record.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace im::sealed {

/// What Split() gives: to send with, to receive with.
using Ciphers = std::pair<noise::CipherState, noise::CipherState>;

class Initiator {
public:
    /// The INIT to `peer` with `records` behind our card, padded to kMinInit.  Nothing when the
    /// peer's K is refused.  REQUIRES: records.size() <= roomBeside(own.card).
    static std::optional<Initiator> write(const SessionKey& own, const Card& peer,
                                          wire::SessionIndex index, BytesView records,
                                          noise::Random& random);

    /// How many bytes of records an INIT takes beside this card.
    [[nodiscard]] static std::size_t roomBeside(const Card& own);

    /// The frame with this token.  Keys and payload are always the same, so trying again after a
    /// HINT costs one hash, and a responder sees the repetition.
    [[nodiscard]] Bytes frame(const wire::AddressToken& token) const;

    struct Answer {
        wire::SessionIndex remote = 0;
        Bytes records;
        Ciphers ciphers;
    };
    /// The answer in RESP, or nothing when it is not the true one; a forged RESP does no harm.
    [[nodiscard]] std::optional<Answer> read(const wire::RespFrame& resp) const;

private:
    Initiator(noise::HandshakeState state, const SessionKey& own, const Card& peer,
              wire::SessionIndex index);

    noise::HandshakeState state_;
    noise::Mac1Key ownMac1_;
    noise::Mac1Key peerMac1_;
    wire::SessionIndex index_;
    Bytes message_;
};

enum class InitRefusal : std::uint8_t {
    Handshake,  ///< not authentic, a refused key, or meant for another identity
    Records,    ///< authentic, but its records are none
    NoCard,     ///< the first record is no card
    Card,       ///< a card that does not verify
    OtherKey,   ///< a card for another K than the handshake's s
};

[[nodiscard]] std::string_view toString(InitRefusal why);

class Responder {
public:
    /// Two curve operations and a signature.
    static Expected<Responder, InitRefusal> open(const wire::InitFrame& init, const SessionKey& own,
                                                 const SessionKeys& keys, noise::Random& random,
                                                 TimePoint now);

    [[nodiscard]] const Card& peer() const { return peer_; }
    /// The index to put into frames to the initiator.
    [[nodiscard]] wire::SessionIndex remote() const { return remote_; }
    /// The records behind the card.  Borrowed from this object.
    [[nodiscard]] BytesView records() const { return BytesView(payload_).subspan(behindCard_); }

    struct Answer {
        Bytes frame;  ///< RESP
        Ciphers ciphers;
    };
    /// REQUIRES: records.size() <= kRoom; once.
    [[nodiscard]] Answer respond(wire::SessionIndex own, BytesView records);
    static constexpr std::size_t kRoom = wire::kMaxPeerFrame - wire::kRespOverhead;

private:
    Responder(noise::HandshakeState state, wire::SessionIndex remote)
        : state_(std::move(state)), remote_(remote) {}
    std::optional<InitRefusal> takeCard(const SessionKeys& keys, TimePoint now);

    noise::HandshakeState state_;
    wire::SessionIndex remote_;
    Bytes payload_;
    std::size_t behindCard_ = 0;
    Card peer_;
};

}  // namespace im::sealed
