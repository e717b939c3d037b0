// SPDX-License-Identifier: BSL-1.0
// TransportEvents: what a Transport tells its owner (the index, a listener, a sender).  An event
// may call back into the Transport; what it is given is borrowed until it returns.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/base/datagram.hpp"
#include "libim/sealed/card.hpp"
#include "libim/wire/frame.hpp"
#include "libim/wire/record.hpp"

#include <cstdint>
#include <string_view>

namespace im::sealed {

/// An INIT whose sender holds the keys of its card.  It may be a replay.
struct Introduction {
    const Card& peer;
    BytesView records;  ///< behind the card; wire::Records::parse() succeeds
    Destination from;   ///< unproven
    /// Of our K, for the table of streams: entries last used under it go when it is retired.
    std::uint32_t keyGeneration = 0;
};

/// What becomes of an INIT.
struct Answer {
    enum class What : std::uint8_t {
        Respond,
        Ignore,  ///< as if it had never come
        Wait,    ///< who that is has to be asked first: reconsider() within kWaitingLifetime
    };
    What what = What::Respond;
    /// Records for the RESP: an ACK of early DATA (R2), `Accept`, `reject`, answers to read-only
    /// questions.  They are left out when the RESP would not fit into a frame or be longer than
    /// three times the INIT: its address has proved nothing yet.
    Bytes records;
    std::uint64_t owner = 0;  ///< Session::owner
};

enum class Ending : std::uint8_t {
    ByPeer,    ///< CLOSE
    Protocol,  ///< authentic frames that make no sense
    Age,       ///< kSessionLifetime, or its overlap with a successor
    Idle,      ///< nothing heard for Settings::idle
};

class TransportEvents {
public:
    TransportEvents() = default;
    TransportEvents(const TransportEvents&) = delete;
    TransportEvents& operator=(const TransportEvents&) = delete;
    virtual ~TransportEvents() = default;

    /// R1: nothing may change because of it, but for DATA, which is idempotent (R2).
    virtual Answer introduced(const Introduction& introduction, TimePoint now) = 0;

    /// Somebody else's session is proven: by a fresh peer, at its address.  `early` are the TEXT
    /// records of its INIT, which take effect now.
    virtual void confirmed(wire::SessionIndex session, const Card& peer, const wire::Records& early,
                           TimePoint now, Sink& sink) = 0;

    /// Our handshake is answered; the records of the RESP.  The responder does not count the
    /// session as confirmed before it has a BOX from us.
    virtual void established(wire::SessionIndex session, const Card& peer,
                             const wire::Records& records, TimePoint now, Sink& sink) = 0;
    /// Our handshake got no answer in kInitGivenUp.
    virtual void unanswered(wire::SessionIndex session, TimePoint now, Sink& sink) = 0;
    /// The peer of our handshake has a newer card, which verifies and is used: keep it.
    virtual void cardRefreshed(wire::SessionIndex session, const Card& card) = 0;

    /// Whether a PING of that session is to be answered at once; if not, its owner does it later.
    [[nodiscard]] virtual bool answersPing(wire::SessionIndex session, const wire::PingBytes& ping);

    /// Records of one BOX.  PINGs among them have been answered, CLOSE is told by closed() too.
    /// `bytes`: of the frame, `counter`: its number in the session.
    virtual void received(wire::SessionIndex session, const wire::Records& records,
                          std::uint64_t counter, TimePoint now, Sink& sink) = 0;

    /// The peer has proved another address.
    virtual void moved(wire::SessionIndex session, const Destination& to, TimePoint now,
                       Sink& sink) = 0;
    /// Once per session: time for its successor, by connect() with what is unacknowledged.
    virtual void rekeyDue(wire::SessionIndex session, TimePoint now, Sink& sink) = 0;
    /// The session is gone.  `text`: of the peer's CLOSE.
    virtual void closed(wire::SessionIndex session, std::uint64_t owner, Ending why,
                        wire::CloseCode code, std::string_view text, TimePoint now, Sink& sink) = 0;

    /// We have a new K: send the card to the index.
    virtual void keyRotated(const Card& card, TimePoint now, Sink& sink) = 0;
    /// A K is gone for good, and with it every INIT ever sealed to it.
    virtual void keyRetired(std::uint32_t generation) = 0;
};

inline bool TransportEvents::answersPing(wire::SessionIndex /*session*/,
                                         const wire::PingBytes& /*ping*/) {
    return true;
}

}  // namespace im::sealed
