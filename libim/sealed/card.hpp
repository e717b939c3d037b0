// SPDX-License-Identifier: BSL-1.0
// Cards: who somebody is and under which key he is reachable now, signed by his identity for one
// index.  The bytes are wire/card.hpp's; here they are signed and verified.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/base/expected.hpp"
#include "libim/base/time.hpp"
#include "libim/noise/identity.hpp"
#include "libim/noise/primitives.hpp"
#include "libim/wire/card.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace im::sealed {

using UnixSeconds = std::uint64_t;
using noise::IdentityKey;
using wire::CardRole;

/// A card that is good: issued here, or verified.
struct Card {
    wire::CardBody body;
    Bytes bytes;  ///< as it goes over the wire

    [[nodiscard]] const noise::PublicKey& sessionKey() const { return body.sessionKey; }
    [[nodiscard]] const IdentityKey& identity() const { return body.identity; }
};

/// Who issues cards.  `identity` outlives the object.
struct Holder {
    const noise::Identity& identity;
    IdentityKey index{};  ///< X; of an index its own identity
    CardRole role = CardRole::User;
    std::string name;  ///< passes im::Name; of an index may be empty
};

/// A card for K that ends kCardSeconds after `now`.
[[nodiscard]] Card issueCard(const Holder& holder, const noise::PublicKey& sessionKey,
                             UnixSeconds now);

enum class CardRefusal : std::uint8_t {
    Malformed,   ///< no card
    Role,        ///< another role than asked for
    Expired,     ///< or a clock that is far ahead
    WrongIndex,  ///< an index's card that is not signed for itself
    Signature,   ///< not signed by its I for this index: forged, changed, or of another index
};

[[nodiscard]] std::string_view toString(CardRefusal why);

/// The card of a user at index X, or of index X itself.
Expected<Card, CardRefusal> verifyCard(BytesView bytes, CardRole role, const IdentityKey& index,
                                       UnixSeconds now);

/// The card of an index nobody has pinned yet: it names its X itself.  Compare with a pin, or pin.
Expected<Card, CardRefusal> verifyIndexCard(BytesView bytes, UnixSeconds now);

/// The calendar, coarsely.  Whoever signs takes the later of the own clock and what the index's
/// card implies, so that a slow clock does no harm on either side.  Not thread-safe.
class CardClock {
public:
    /// `wall`: the system's clock when the monotonic one showed `at`.
    CardClock(UnixSeconds wall, TimePoint at) : wall_(wall), at_(at) {}

    /// The system's clock was read again.
    void set(UnixSeconds wall, TimePoint at);
    /// From the pinned index's card.
    void learn(const Card& indexCard, TimePoint now);
    /// The same clock, once it has learned.
    [[nodiscard]] CardClock having(const Card& indexCard, TimePoint now) const;

    /// To verify with.
    [[nodiscard]] UnixSeconds own(TimePoint now) const { return later(wall_, at_, now); }
    /// To sign with.
    [[nodiscard]] UnixSeconds forSigning(TimePoint now) const;

private:
    static UnixSeconds later(UnixSeconds from, TimePoint at, TimePoint now);

    UnixSeconds wall_;
    TimePoint at_;
    UnixSeconds learned_ = 0;
    TimePoint learnedAt_;
};

}  // namespace im::sealed
