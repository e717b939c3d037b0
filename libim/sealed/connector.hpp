// SPDX-License-Identifier: BSL-1.0
// Connector: the handshakes this process has begun: an INIT to every known address of a peer,
// repeated until there is an answer or 31 s have passed; HINTs heeded.  Not thread-safe.
#pragma once

#include "libim/base/datagram.hpp"
#include "libim/noise/random.hpp"
#include "libim/sealed/handshake.hpp"
#include "libim/sealed/session_keys.hpp"
#include "libim/wire/frame.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace im::sealed {

class Connector {
public:
    /// `keys` and `random` outlive the object.
    Connector(const SessionKeys& keys, noise::Random& random) : keys_(keys), random_(random) {}

    /// Sends the first INIT of a handshake known by `index` from now on.  `records` go with it
    /// (at most Initiator::roomBeside).  False when the peer's K is refused, when there are
    /// kMaxInitiations, or no address.
    [[nodiscard]] bool begin(wire::SessionIndex index, const Card& peer,
                             std::span<const Destination> to, BytesView records, TimePoint now,
                             Sink& sink);
    /// Gives it up; nothing is sent.
    void cancel(wire::SessionIndex index) { initiations_.erase(index); }
    [[nodiscard]] bool has(wire::SessionIndex index) const { return initiations_.contains(index); }
    /// One more address of the peer has become known: tried at once.
    void addAddress(wire::SessionIndex index, const Destination& to, TimePoint now, Sink& sink);

    /// Whether an INIT of it has been meant for that address.  Only from there its RESP counts:
    /// whoever sees a RESP could send it on from a victim's address, and the session would be
    /// there.
    [[nodiscard]] bool wasSentTo(wire::SessionIndex index, const Destination& at) const;

    struct Answered {
        Card peer;
        Initiator::Answer answer;
    };
    /// The handshake is done, and no longer here, when there is a value.
    [[nodiscard]] std::optional<Answered> receive(const wire::RespFrame& resp);

    /// The HINT's token, sender and card are heeded if they can be (at most kHintsPerInit).  The
    /// card, when it is a newer one of the same identity: the handshake goes on with it.
    std::optional<Card> receive(const wire::HintFrame& hint, const Destination& from, TimePoint now,
                                Sink& sink);

    /// Repetitions that are due.  The handshakes that have got no answer are given up and named.
    [[nodiscard]] std::vector<wire::SessionIndex> tick(TimePoint now, Sink& sink);
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;
    [[nodiscard]] std::size_t size() const { return initiations_.size(); }

private:
    struct Address {
        Destination at;
        wire::AddressToken token{};
    };
    struct Sending {
        Duration offset{};  // from the beginning
        std::size_t address = 0;
    };
    struct Initiation {
        Card peer;
        Bytes records;
        Initiator initiator;
        TimePoint began;
        unsigned hints = 0;
        std::vector<Address> addresses;
        std::vector<Sending> sendings;  // all of them, in order of time
        std::size_t next = 0;           // of the sendings

        [[nodiscard]] TimePoint deadline() const;
        void schedule();
        void send(const Address& address, Sink& sink) const;
    };

    [[nodiscard]] std::optional<Card> newerCard(const Initiation& initiation, BytesView card,
                                                TimePoint now) const;
    static Address& addressAt(Initiation& initiation, const Destination& at);
    bool restart(wire::SessionIndex index, Initiation& initiation, const Card& card);

    const SessionKeys& keys_;
    noise::Random& random_;
    std::unordered_map<wire::SessionIndex, Initiation> initiations_;
};

}  // namespace im::sealed
