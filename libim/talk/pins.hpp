// SPDX-License-Identifier: BSL-1.0
// Pins: whose key is whose, as the sealed protocols ask for it.  The tools' is node::KnownFile's,
// of one index; tests have one in memory.  What is seen first is pinned; another key later is
// Trust::Bad, and nothing here overrides that.
#pragma once

#include "libim/base/event.hpp"
#include "libim/noise/identity.hpp"
#include "libim/sealed/card.hpp"

#include <string_view>

namespace im::talk {

class Pins {
public:
    Pins() = default;
    Pins(const Pins&) = delete;
    Pins& operator=(const Pins&) = delete;
    virtual ~Pins() = default;

    /// The card verifies.  New: nothing was pinned, its identity is now.  Ok: it is the pinned
    /// one.  Bad: another one is pinned, and stays so.  Keeps the card of a good one.
    virtual Trust pinIndex(const sealed::Card& card) = 0;

    /// What is known of a name without a key at hand: Ok or Verified when one is pinned, else New.
    [[nodiscard]] virtual Trust of(std::string_view name) const = 0;
    /// New where nothing is pinned (and still is not), Ok or Verified where this key is, else Bad.
    [[nodiscard]] virtual Trust check(std::string_view name,
                                      const noise::IdentityKey& identity) const = 0;
    /// check(), and pins what is New.  Only with the index's word that the name is that key's.
    virtual Trust pin(std::string_view name, const noise::IdentityKey& identity) = 0;
};

}  // namespace im::talk
