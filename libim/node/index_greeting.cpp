// SPDX-License-Identifier: BSL-1.0
#include "libim/node/index_greeting.hpp"

namespace im::node {

Error indexKeyChanged(const std::string& indexName, const noise::IdentityKey& pinned,
                      const noise::IdentityKey& now) {
    return {ErrorKind::NoPermission,
            indexName + ": THE KEY OF THE INDEX HAS CHANGED: pinned is " +
                noise::fingerprint(pinned) + ", it shows " + noise::fingerprint(now),
            "somebody may stand between; ask its operator for `imindex --key`, and only if that is "
            "the new one remove its line from the file of known keys"};
}

void IndexGreeting::start(sealed::UnixSeconds wall, TimePoint now, Sink& sink) {
    state_ = State::Asking;
    if (!takeKept(wall)) probe_.start(now, random_, sink);
}

bool IndexGreeting::takeKept(sealed::UnixSeconds wall) {
    if (!pins_.index() || pins_.index()->card.empty()) return false;
    auto card = sealed::verifyCard(pins_.index()->card, sealed::CardRole::Index,
                                   pins_.index()->identity, wall);
    if (!card) return false;
    card_ = std::move(*card);
    state_ = State::Known;
    return true;
}

void IndexGreeting::receive(const Datagram& datagram, sealed::UnixSeconds wall) {
    auto card = probe_.receive(datagram, wall);
    if (!card || state_ != State::Asking) return;
    if (!*card) {
        probe_.stop();
        refusal_ = card->error();
        state_ = State::Unfit;
        return;
    }
    const Trust trust = pins_.pinIndex(**card);
    if (trust == Trust::Bad) {
        changedKey_ = (*card)->identity();
        state_ = State::KeyChanged;
        return;
    }
    isNew_ = trust == Trust::New;
    card_ = std::move(**card);
    state_ = State::Known;
}

void IndexGreeting::tick(TimePoint now, Sink& sink) {
    if (probe_.tick(now, sink)) state_ = State::Silent;
}

void IndexGreeting::giveUp() {
    if (state_ != State::Asking) return;
    probe_.stop();
    state_ = State::Silent;
}

Error IndexGreeting::problem(const std::string& indexName) const {
    if (state_ == State::KeyChanged && pins_.index())
        return indexKeyChanged(indexName, pins_.index()->identity, changedKey_);
    if (state_ == State::Unfit && refusal_ == sealed::CardRefusal::Expired)
        return {ErrorKind::Protocol, indexName + ": the card of the index has ended",
                "one of the two clocks is wrong by more than a day"};
    if (state_ == State::Unfit)
        return {ErrorKind::Protocol, indexName + ": the index's card is not good: " +
                                         std::string(sealed::toString(refusal_))};
    if (pins_.index()) return {ErrorKind::Unavailable, indexName + ": the index does not answer"};
    return {ErrorKind::Unavailable, indexName + ": no sealed index answers there",
            "--classic logs in without protection, where the index has only that"};
}

}  // namespace im::node
