// SPDX-License-Identifier: BSL-1.0
// SealedVisitor: a client that asks an index and is nobody there: who is online (the roster), where
// somebody is, whose a name is.  Nobody is told of it.
//
// No socket, no clock, no thread.  Not thread-safe.  Models im::Protocol.
#pragma once

#include "libim/noise/random.hpp"
#include "libim/sealed/transport.hpp"
#include "libim/talk/sealed_index_link.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace im::talk {

class SealedVisitor final : public sealed::TransportEvents, public IndexLinkEvents {
public:
    /// What the index says of a name.
    struct Answer {
        std::string name;
        std::optional<FoundPeer> peer;          ///< is online
        std::optional<noise::IdentityKey> key;  ///< whose the name is, online or not
        NotFound why = NotFound::NoAnswer;      ///< without `peer`
    };

    /// `options.login` is not looked at.  `identity`, `random` and `pins` outlive the object.
    /// `index` verifies and is pinned.
    SealedVisitor(SealedIndexLink::Options options, const sealed::Card& index,
                  const noise::Identity& identity, const sealed::CardClock& clock,
                  noise::Random& random, Pins& pins, TimePoint now);

    /// Begins; not needed where only lookup() is used.
    void start(TimePoint now, Sink& sink) { link_.start(now, sink); }
    void lookup(std::string_view name, TimePoint now, Sink& sink) { link_.lookup(name, now, sink); }
    void leave(TimePoint now, Sink& sink) { link_.logout(now, sink); }
    [[nodiscard]] std::vector<Answer> takeAnswers() { return std::exchange(answers_, {}); }

    void receive(const Datagram& datagram, TimePoint now, Sink& sink);
    void tick(TimePoint now, Sink& sink);
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;
    [[nodiscard]] SealedIndexLink& link() { return link_; }

    // TransportEvents: nobody knows us, so nobody comes.

    sealed::Answer introduced(const sealed::Introduction& introduction, TimePoint now) override;
    void confirmed(wire::SessionIndex, const sealed::Card&, const wire::Records&, TimePoint,
                   Sink&) override {}
    void established(wire::SessionIndex session, const sealed::Card& peer,
                     const wire::Records& records, TimePoint now, Sink& sink) override;
    void unanswered(wire::SessionIndex session, TimePoint now, Sink& sink) override;
    void cardRefreshed(wire::SessionIndex session, const sealed::Card& card) override;
    void received(wire::SessionIndex session, const wire::Records& records, std::uint64_t counter,
                  TimePoint now, Sink& sink) override;
    void moved(wire::SessionIndex, const Destination&, TimePoint, Sink&) override {}
    void rekeyDue(wire::SessionIndex session, TimePoint now, Sink& sink) override;
    void closed(wire::SessionIndex session, std::uint64_t owner, sealed::Ending why,
                wire::CloseCode code, std::string_view text, TimePoint now, Sink& sink) override;
    void keyRotated(const sealed::Card&, TimePoint, Sink&) override {}
    void keyRetired(std::uint32_t) override {}

    // IndexLinkEvents

    void found(const FoundPeer& peer, TimePoint now, Sink& sink) override;
    void notFound(std::string_view name, NotFound why, TimePoint now, Sink& sink) override;
    void owned(std::string_view name, const noise::IdentityKey& identity, TimePoint now,
               Sink& sink) override;

private:
    sealed::Transport transport_;
    SealedIndexLink link_;
    std::map<std::string, noise::IdentityKey, std::less<>> owners_;
    std::vector<Answer> answers_;
};

}  // namespace im::talk
