// SPDX-License-Identifier: BSL-1.0
// SessionKeys: this process's K, its card, and the K before, which still counts for a while.
// Never stored.  Each card of a process ends later than the one before, so that their order can be
// told although the network may turn it around.  Not thread-safe.
#pragma once

#include "libim/noise/frame_keys.hpp"
#include "libim/noise/random.hpp"
#include "libim/sealed/card.hpp"
#include "libim/wire/frame.hpp"

#include <cstdint>
#include <optional>

namespace im::sealed {

struct SessionKey {
    noise::KeyPair pair;
    noise::Mac1Key mac1;
    Card card;
    std::uint32_t generation = 0;  ///< counts the keys of this process, from 0
};

class SessionKeys {
public:
    /// `random` outlives the object, and so does the identity of `holder`.
    SessionKeys(Holder holder, noise::Random& random, CardClock clock, TimePoint now);

    [[nodiscard]] const Holder& holder() const { return holder_; }
    [[nodiscard]] CardClock& clock() { return clock_; }
    [[nodiscard]] const CardClock& clock() const { return clock_; }
    [[nodiscard]] const SessionKey& current() const { return current_; }

    /// The key under which a frame's mac1 fits: the present one or the one before, or none.
    [[nodiscard]] const SessionKey* matching(BytesView macced, const wire::Mac1& mac1) const;

    /// An INIT was opened; kKeyHandshakes of them use a K up.
    void countHandshake() { ++handshakes_; }

    /// Whether K is old or used up.
    [[nodiscard]] bool due(TimePoint now) const;
    /// A new K and card; the present one becomes the previous one, for kKeyGrace.
    void rotate(TimePoint now);
    /// Forgets the previous K when its grace is over; its generation, once.
    [[nodiscard]] std::optional<std::uint32_t> retire(TimePoint now);

    [[nodiscard]] TimePoint nextDeadline() const;

private:
    [[nodiscard]] SessionKey make(std::uint32_t generation, UnixSeconds least, TimePoint now) const;

    Holder holder_;
    noise::Random& random_;
    CardClock clock_;
    SessionKey current_;
    TimePoint since_;
    std::uint32_t handshakes_ = 0;
    std::optional<SessionKey> previous_;
    TimePoint previousUntil_;
};

}  // namespace im::sealed
