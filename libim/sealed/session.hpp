// SPDX-License-Identifier: BSL-1.0
// Session: what is left of a handshake: a key for each direction, counters, and where the peer is.
// A million of them fit into an index, so nothing in it points elsewhere, and its times are
// milliseconds since it began: 224 bytes.  Not thread-safe.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/base/datagram.hpp"
#include "libim/noise/cipher_state.hpp"
#include "libim/noise/handshake_state.hpp"
#include "libim/noise/replay_window.hpp"
#include "libim/sealed/handshake.hpp"
#include "libim/wire/frame.hpp"

#include <chrono>
#include <cstdint>

namespace im::sealed {

class Session {
public:
    struct Beginning {
        wire::SessionIndex local = 0;   ///< what the peer puts into its frames
        wire::SessionIndex remote = 0;  ///< what we put into ours
        noise::Role role = noise::Role::Initiator;
        Destination peer;
        TimePoint at;
        Duration rekeyAfter{};
    };

    Session(const Beginning& beginning, Ciphers ciphers);

    [[nodiscard]] wire::SessionIndex local() const { return local_; }
    [[nodiscard]] const Destination& peer() const { return peer_; }
    void moveTo(const Destination& peer) { peer_ = peer; }

    /// Whatever the owner of the sessions wants to find again with it: a row, a conversation.
    std::uint64_t owner = 0;

    /// Appends a BOX with these records.  False when the counters are used up.
    [[nodiscard]] bool seal(BytesView records, Bytes& out);

    /// Puts the records of a BOX into `out`.  False, and nothing changed, when it is not
    /// authentic, was received before, or is too old to tell.
    [[nodiscard]] bool open(const wire::BoxFrame& box, Bytes& out, TimePoint now);

    /// Counters received so far end below this one.
    [[nodiscard]] std::uint64_t nextExpected() const { return window_.next(); }
    /// The counter of the next BOX sent.
    [[nodiscard]] std::uint64_t nextCounter() const { return send_.nonce(); }

    /// When the last authentic frame came, at most a millisecond earlier; at first, when the
    /// session began.
    [[nodiscard]] TimePoint lastHeard() const { return began_ + lastHeard_; }
    /// When its INIT or RESP came.
    [[nodiscard]] TimePoint began() const { return began_; }
    /// kSessionLifetime after its beginning, or earlier: from then on it neither seals nor opens.
    [[nodiscard]] bool isDead(TimePoint now) const { return now >= began_ + deadAt_; }
    /// Ends the session then, if it would not end earlier.
    void endBy(TimePoint then);

    /// Whether its initiator should make a new handshake.
    [[nodiscard]] bool wantsRekey(TimePoint now) const;
    /// The owner has been told.
    void rekeyTold() { rekeyAt_ = kNever; }

private:
    /// Since the beginning; a session lives two hours, not 49 days.
    using Age = std::chrono::duration<std::uint32_t, std::milli>;
    static constexpr Age kNever = Age::max();

    [[nodiscard]] Age ageAt(TimePoint then) const;

    noise::CipherState send_;
    noise::CipherState receive_;
    noise::ReplayWindow window_;
    TimePoint began_;
    Age lastHeard_{};
    Age rekeyAt_;  // kNever: the owner has been told, or it is for the peer to do
    Age deadAt_;
    wire::SessionIndex local_;
    wire::SessionIndex remote_;
    Destination peer_;
};

}  // namespace im::sealed
