// SPDX-License-Identifier: BSL-1.0
// IndexGreeting: how a client of the sealed profile comes by the card of its index.  A pinned index
// whose latest card is kept and has not ended needs no word; else it is asked by `hello`, and what
// answers is pinned on first use.  Another key than the pinned one ends it (KeyChanged), and
// nothing here overrides that.  Says nothing but `hello`: no sealed byte goes to an index that has
// not answered.  No socket, no clock; not thread-safe.
#pragma once

#include "libim/base/error.hpp"
#include "libim/node/file_pins.hpp"
#include "libim/noise/random.hpp"
#include "libim/sealed/card.hpp"
#include "libim/talk/index_probe.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace im::node {

class IndexGreeting {
public:
    enum class State : std::uint8_t {
        Asking,
        Known,       ///< card() is there, verified and pinned
        KeyChanged,  ///< another identity than the pinned one answers
        Unfit,       ///< what answers has no good card
        Silent,      ///< nobody answers
    };

    /// `pins` and `random` outlive the object.
    IndexGreeting(const Destination& index, FilePins& pins, noise::Random& random)
        : index_(index), pins_(pins), random_(random), probe_(index) {}

    /// Begins, anew after Silent.
    void start(sealed::UnixSeconds wall, TimePoint now, Sink& sink);
    void receive(const Datagram& datagram, sealed::UnixSeconds wall);
    void tick(TimePoint now, Sink& sink);
    /// Nobody waits any longer.
    void giveUp();
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const { return probe_.nextDeadline(); }

    [[nodiscard]] State state() const { return state_; }
    /// REQUIRES: Known.
    [[nodiscard]] const sealed::Card& card() const { return *card_; }
    /// Known, and seen for the first time: a person may want to compare.
    [[nodiscard]] bool isNew() const { return isNew_; }

    /// Why there is no card.  REQUIRES: neither Asking nor Known.
    [[nodiscard]] Error problem(const std::string& indexName) const;

private:
    bool takeKept(sealed::UnixSeconds wall);

    Destination index_;
    FilePins& pins_;
    noise::Random& random_;
    talk::IndexProbe probe_;
    State state_ = State::Asking;
    std::optional<sealed::Card> card_;
    noise::IdentityKey changedKey_{};
    sealed::CardRefusal refusal_ = sealed::CardRefusal::Malformed;
    bool isNew_ = false;
};

/// "im.example.org:4649: ITS KEY HAS CHANGED ...": NoPermission, loud, with both keys.
[[nodiscard]] Error indexKeyChanged(const std::string& indexName, const noise::IdentityKey& pinned,
                                    const noise::IdentityKey& now);

}  // namespace im::node
