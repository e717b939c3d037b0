// SPDX-License-Identifier: BSL-1.0
#include "libim/sealed/handshake.hpp"

#include "libim/base/little_endian.hpp"

#include <cassert>

namespace im::sealed {

namespace {

constexpr std::string_view kPrologue("im sealed 1\0", 12);

Bytes prologue(const IdentityKey& responder) {
    Bytes bytes;
    append(bytes, asBytes(kPrologue));
    append(bytes, responder);
    return bytes;
}

noise::KeyPair cloned(const noise::KeyPair& pair) {
    return {pair.privateKey.clone(), pair.publicKey};
}

Bytes withMac1(Bytes frame, const noise::Mac1Key& key) {
    append(frame, key.mac1(frame));
    return frame;
}

}  // namespace

Initiator::Initiator(noise::HandshakeState state, const SessionKey& own, const Card& peer,
                     wire::SessionIndex index)
    : state_(std::move(state)), ownMac1_(own.mac1), peerMac1_(peer.sessionKey()), index_(index) {}

std::size_t Initiator::roomBeside(const Card& own) {
    return wire::kMaxPeerFrame - wire::kInitOverhead - wire::recordSize(own.bytes.size());
}

std::optional<Initiator> Initiator::write(const SessionKey& own, const Card& peer,
                                          wire::SessionIndex index, BytesView records,
                                          noise::Random& random) {
    assert(records.size() <= roomBeside(own.card));
    noise::HandshakeState::Keys keys{cloned(own.pair), random.keyPair(), peer.sessionKey()};
    Initiator initiator(
        {noise::patternIK(), noise::Role::Initiator, prologue(peer.identity()), std::move(keys)},
        own, peer, index);
    Bytes payload;
    wire::appendRecord(payload, wire::CardRecord{own.card.bytes});
    append(payload, records);
    wire::padRecords(payload, wire::kMinInit - wire::kInitOverhead);
    if (!initiator.state_.writeMessage(payload, initiator.message_)) return {};
    return initiator;
}

Bytes Initiator::frame(const wire::AddressToken& token) const {
    return withMac1(wire::encodeInit(index_, token, message_), peerMac1_);
}

std::optional<Initiator::Answer> Initiator::read(const wire::RespFrame& resp) const {
    if (resp.receiver != index_ || !ownMac1_.verify(resp.macced, resp.mac1)) return {};
    noise::HandshakeState attempt = state_.clone();
    Answer answer;
    if (!attempt.readMessage(resp.noise, answer.records)) return {};
    answer.remote = resp.sender;
    answer.ciphers = attempt.split();
    return answer;
}

std::string_view toString(InitRefusal why) {
    switch (why) {
        case InitRefusal::Handshake:
            return "handshake";
        case InitRefusal::Records:
            return "records";
        case InitRefusal::NoCard:
            return "no card";
        case InitRefusal::Card:
            return "card";
        case InitRefusal::OtherKey:
            return "other key";
    }
    return "unknown";
}

Expected<Responder, InitRefusal> Responder::open(const wire::InitFrame& init, const SessionKey& own,
                                                 const SessionKeys& keys, noise::Random& random,
                                                 TimePoint now) {
    noise::HandshakeState::Keys ours{cloned(own.pair), random.keyPair(), {}};
    Responder responder({noise::patternIK(), noise::Role::Responder,
                         prologue(keys.holder().identity.publicKey()), std::move(ours)},
                        init.sender);
    if (!responder.state_.readMessage(init.noise, responder.payload_))
        return Unexpected(InitRefusal::Handshake);
    if (const auto why = responder.takeCard(keys, now)) return Unexpected(*why);
    return responder;
}

std::optional<InitRefusal> Responder::takeCard(const SessionKeys& keys, TimePoint now) {
    const auto records = wire::Records::parse(payload_);
    if (!records) return InitRefusal::Records;
    auto first = records->begin();
    if (first == records->end()) return InitRefusal::NoCard;
    const wire::Record record = *first;
    const auto* card = std::get_if<wire::CardRecord>(&record);
    if (card == nullptr) return InitRefusal::NoCard;
    // Only people begin: an index answers.
    auto verified =
        verifyCard(card->card, CardRole::User, keys.holder().index, keys.clock().own(now));
    if (!verified) return InitRefusal::Card;
    if (verified->sessionKey() != *state_.remoteStatic()) return InitRefusal::OtherKey;
    peer_ = std::move(*verified);
    const BytesView behind(card->card);
    behindCard_ = static_cast<std::size_t>(behind.data() + behind.size() - payload_.data());
    return {};
}

Responder::Answer Responder::respond(wire::SessionIndex own, BytesView records) {
    assert(records.size() <= kRoom);
    Bytes message;
    // Cannot fail: both of the initiator's keys have been through a DH already.
    [[maybe_unused]] const bool written = state_.writeMessage(records, message);
    assert(written);
    Answer answer;
    answer.frame =
        withMac1(wire::encodeResp(own, remote_, message), noise::Mac1Key(peer_.sessionKey()));
    answer.ciphers = state_.split();
    return answer;
}

}  // namespace im::sealed
