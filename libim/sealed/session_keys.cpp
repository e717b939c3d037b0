// SPDX-License-Identifier: BSL-1.0
#include "libim/sealed/session_keys.hpp"

#include "libim/sealed/limits.hpp"

#include <algorithm>
#include <utility>

namespace im::sealed {

SessionKeys::SessionKeys(Holder holder, noise::Random& random, CardClock clock, TimePoint now)
    : holder_(std::move(holder)),
      random_(random),
      clock_(clock),
      current_(make(0, 0, now)),
      since_(now) {}

/// `least`: not signed before.
SessionKey SessionKeys::make(std::uint32_t generation, UnixSeconds least, TimePoint now) const {
    noise::KeyPair pair = random_.keyPair();
    const noise::PublicKey key = pair.publicKey;
    const UnixSeconds at = std::max(clock_.forSigning(now), least);
    return {std::move(pair), noise::Mac1Key(key), issueCard(holder_, key, at), generation};
}

const SessionKey* SessionKeys::matching(BytesView macced, const wire::Mac1& mac1) const {
    if (current_.mac1.verify(macced, mac1)) return &current_;
    if (previous_ && previous_->mac1.verify(macced, mac1)) return &*previous_;
    return nullptr;
}

bool SessionKeys::due(TimePoint now) const {
    return now - since_ >= kKeyLifetime || handshakes_ >= kKeyHandshakes;
}

void SessionKeys::rotate(TimePoint now) {
    const UnixSeconds last = current_.card.body.notAfter - kCardSeconds;
    SessionKey fresh = make(current_.generation + 1, last + 1, now);
    previous_ = std::exchange(current_, std::move(fresh));
    previousUntil_ = now + kKeyGrace;
    since_ = now;
    handshakes_ = 0;
}

std::optional<std::uint32_t> SessionKeys::retire(TimePoint now) {
    if (!previous_ || now < previousUntil_) return {};
    const std::uint32_t generation = previous_->generation;
    previous_.reset();
    return generation;
}

TimePoint SessionKeys::nextDeadline() const {
    const TimePoint rotation = since_ + kKeyLifetime;
    return previous_ ? std::min(rotation, previousUntil_) : rotation;
}

}  // namespace im::sealed
