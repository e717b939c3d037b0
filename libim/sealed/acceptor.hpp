// SPDX-License-Identifier: BSL-1.0
// Acceptor: the handshakes of others, up to the moment when their first BOX confirms them.  Until
// then nothing in the world has changed because of them (R1), and the tables are bounded.
// Not thread-safe.
#pragma once

#include "libim/base/datagram.hpp"
#include "libim/noise/random.hpp"
#include "libim/sealed/handshake.hpp"
#include "libim/sealed/init_gate.hpp"
#include "libim/sealed/resp_store.hpp"
#include "libim/sealed/session.hpp"
#include "libim/sealed/session_keys.hpp"
#include "libim/sealed/transport_events.hpp"
#include "libim/wire/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <unordered_map>
#include <vector>

namespace im::sealed {

/// A session that its peer has not confirmed yet.
struct Unconfirmed {
    Session session;
    Card peer;
    Bytes early;  ///< the TEXT records of its INIT: they take effect when it is confirmed
    RespStore::Key init;
    std::uint32_t keyGeneration = 0;
};

class Acceptor {
public:
    struct Limits {
        std::size_t unconfirmed = 1'024;
        std::size_t answers = 1'024;
        std::uint32_t initsPerSecond = 2'000;
        /// Curve operations of so many INITs are done between two ticks; an INIT takes 0.2 ms.  The
        /// others wait for the next ticks, in order, or are shed when too many do.
        std::size_t initsPerTurn = std::numeric_limits<std::size_t>::max();
        std::size_t initsPutOff = 0;
        bool hintsToStrangers = false;  ///< an index: an INIT to a K that is gone gets a HINT
    };
    using DrawIndex = std::function<wire::SessionIndex()>;

    /// All references outlive the object.  `draw` gives an index that nothing has.
    Acceptor(const Limits& limits, SessionKeys& keys, noise::Random& random,
             TransportEvents& events, DrawIndex draw, TimePoint now);

    void receive(const wire::InitFrame& init, const Destination& from, TimePoint now, Sink& sink);

    /// The HINT with our present card, as the answer to a hello; within the rate.
    void hint(wire::SessionIndex to, const Destination& from, TimePoint now, Sink& sink);

    /// INITs of that identity for which introduced() said Wait are judged again.
    void reconsider(const IdentityKey& sender, TimePoint now, Sink& sink);

    /// Null when there is none.
    [[nodiscard]] Unconfirmed* find(wire::SessionIndex index);
    /// Whether its RESP has been sent to that address.
    [[nodiscard]] bool wasAnswered(const Unconfirmed& unconfirmed, const Destination& at);
    /// Takes it out, confirmed.
    [[nodiscard]] Unconfirmed take(wire::SessionIndex index);

    /// Goes on with INITs that were put off; call it once a turn.
    void tick(TimePoint now, Sink& sink);
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

    [[nodiscard]] std::size_t unconfirmed() const { return unconfirmed_.size(); }
    [[nodiscard]] std::size_t stored() const { return answers_.size(); }
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

    struct Counters {
        std::uint64_t putOff = 0;  ///< INITs that had to wait for a later turn
        std::uint64_t shed = 0;    ///< there was no room to wait: their clients ask again
    };
    [[nodiscard]] const Counters& counters() const { return counters_; }

private:
    struct Waiting {
        RespStore::Key key;
        IdentityKey sender;
        Bytes frame;
        Destination from;
        TimePoint until;
    };
    struct PutOff {
        Bytes frame;
        Destination from;
        TimePoint at;
    };
    struct Age {
        TimePoint until;
        wire::SessionIndex index;
    };

    void refuseStranger(const wire::InitFrame& init, const Destination& from, TimePoint now,
                        Sink& sink);
    bool repeatAnswer(const RespStore::Key& key, const Destination& from, Sink& sink);
    void open(const wire::InitFrame& init, const SessionKey& own, const RespStore::Key& key,
              const Destination& from, TimePoint now, Sink& sink);
    Bytes answer(Responder& responder, const SessionKey& own, const RespStore::Key& key,
                 std::uint64_t owner, BytesView records, const Destination& from, TimePoint now);
    void keepWaiting(const wire::InitFrame& init, const IdentityKey& sender,
                     const RespStore::Key& key, const Destination& from, TimePoint now);
    void putOff(const wire::InitFrame& init, const Destination& from, TimePoint now);
    void goOnWithPutOff(TimePoint now, Sink& sink);
    [[nodiscard]] bool isWaiting(const RespStore::Key& key) const;
    void makeRoom();

    Limits limits_;
    SessionKeys& keys_;
    noise::Random& random_;
    TransportEvents& events_;
    DrawIndex draw_;
    InitGate gate_;
    RespStore answers_;
    std::unordered_map<wire::SessionIndex, Unconfirmed> unconfirmed_;
    std::deque<Age> ages_;  // oldest first; some may be confirmed already
    std::deque<Waiting> waiting_;
    std::deque<PutOff> putOff_;
    std::size_t openedThisTurn_ = 0;
    Counters counters_;
};

}  // namespace im::sealed
