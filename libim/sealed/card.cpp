// SPDX-License-Identifier: BSL-1.0
#include "libim/sealed/card.hpp"

#include "libim/base/little_endian.hpp"
#include "libim/sealed/limits.hpp"
#include "libim/wire/frame.hpp"

#include <algorithm>

namespace im::sealed {

namespace {

constexpr std::string_view kLabel("im card 1\0", 10);

/// What the signature covers.  X is in it but not in the card: both sides know where they meet.
Bytes signedBytes(const IdentityKey& index, BytesView body) {
    Bytes bytes;
    append(bytes, asBytes(kLabel));
    append(bytes, index);
    append(bytes, body);
    return bytes;
}

}  // namespace

std::string_view toString(CardRefusal why) {
    switch (why) {
        case CardRefusal::Malformed:
            return "malformed";
        case CardRefusal::Role:
            return "role";
        case CardRefusal::Expired:
            return "expired";
        case CardRefusal::WrongIndex:
            return "wrong index";
        case CardRefusal::Signature:
            return "signature";
    }
    return "unknown";
}

Card issueCard(const Holder& holder, const noise::PublicKey& sessionKey, UnixSeconds now) {
    Card card;
    card.body.role = holder.role;
    card.body.highestVersion = wire::kSealedVersion;
    card.body.notAfter = now + kCardSeconds;
    card.body.sessionKey = sessionKey;
    card.body.identity = holder.identity.publicKey();
    card.body.name = holder.name;
    card.bytes = wire::encodeCardBody(card.body);
    append(card.bytes, holder.identity.sign(signedBytes(holder.index, card.bytes)));
    return card;
}

Expected<Card, CardRefusal> verifyCard(BytesView bytes, CardRole role, const IdentityKey& index,
                                       UnixSeconds now) {
    const auto parsed = wire::parseCard(bytes);
    if (!parsed) return Unexpected(CardRefusal::Malformed);
    const wire::CardBody& body = parsed->body;
    if (body.role != role) return Unexpected(CardRefusal::Role);
    if (body.notAfter < now) return Unexpected(CardRefusal::Expired);
    if (role == CardRole::Index && body.identity != index)
        return Unexpected(CardRefusal::WrongIndex);
    if (!noise::verify(body.identity, signedBytes(index, parsed->signedPart), parsed->signature))
        return Unexpected(CardRefusal::Signature);
    return Card{body, Bytes(bytes.begin(), bytes.end())};
}

Expected<Card, CardRefusal> verifyIndexCard(BytesView bytes, UnixSeconds now) {
    const auto parsed = wire::parseCard(bytes);
    if (!parsed) return Unexpected(CardRefusal::Malformed);
    return verifyCard(bytes, CardRole::Index, parsed->body.identity, now);
}

UnixSeconds CardClock::later(UnixSeconds from, TimePoint at, TimePoint now) {
    const auto passed = std::chrono::duration_cast<std::chrono::seconds>(now - at).count();
    return passed < 0 ? from : from + static_cast<UnixSeconds>(passed);
}

void CardClock::set(UnixSeconds wall, TimePoint at) {
    wall_ = wall;
    at_ = at;
}

void CardClock::learn(const Card& indexCard, TimePoint now) {
    const UnixSeconds notAfter = indexCard.body.notAfter;
    learned_ = notAfter - std::min(notAfter, kCardSeconds);
    learnedAt_ = now;
}

CardClock CardClock::having(const Card& indexCard, TimePoint now) const {
    CardClock clock = *this;
    clock.learn(indexCard, now);
    return clock;
}

UnixSeconds CardClock::forSigning(TimePoint now) const {
    return std::max(own(now), later(learned_, learnedAt_, now));
}

}  // namespace im::sealed
