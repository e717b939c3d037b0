// SPDX-License-Identifier: BSL-1.0
// PathValidation: addresses from which a session's newest frame came but which have not proved yet
// that they receive what is sent there.  Until then they get a PONG and our PING, and never more
// than three times what came from them (RFC 9000, section 8).  Not thread-safe.
#pragma once

#include "libim/base/datagram.hpp"
#include "libim/noise/random.hpp"
#include "libim/wire/frame.hpp"
#include "libim/wire/record.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>

namespace im::sealed {

class PathValidation {
public:
    explicit PathValidation(noise::Random& random) : random_(random) {}

    /// The newest frame of `session`, of `bytes`, came from `from`, which is not its peer's
    /// address.  What to send there as PING.  An earlier candidate of the session is forgotten.
    wire::PingBytes heard(wire::SessionIndex session, const Destination& from, std::size_t bytes);

    /// Takes `bytes` from what may be sent to the candidate at `to`; false when it is too much or
    /// there is no such candidate.
    [[nodiscard]] bool spend(wire::SessionIndex session, const Destination& to, std::size_t bytes);

    /// Whether this PONG, from there, is the proof.  The candidate is then forgotten.
    [[nodiscard]] bool proves(wire::SessionIndex session, const Destination& from,
                              const wire::PingBytes& pong);

    /// The session has ended, or its newest frame came from its peer's address again.
    void forget(wire::SessionIndex session) { candidates_.erase(session); }

    [[nodiscard]] std::size_t size() const { return candidates_.size(); }

private:
    struct Candidate {
        Destination at;
        std::size_t budget = 0;
        wire::PingBytes ping{};
    };

    void makeRoom();

    noise::Random& random_;
    std::unordered_map<wire::SessionIndex, Candidate> candidates_;
    std::deque<wire::SessionIndex> order_;  // of their coming; some may be gone already
};

/// The way to an address is ours; what has to be proved is the address.
[[nodiscard]] inline bool sameAddress(const Destination& a, const Destination& b) {
    return a.to == b.to;
}

}  // namespace im::sealed
