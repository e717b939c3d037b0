// SPDX-License-Identifier: BSL-1.0
// IndexService: the index on sockets, of one profile or both; what imindex does but for options and
// printing.  Two bytes tell the profiles' datagrams apart; their rosters have a TCP port each.
// Takes datagrams in batches, lets the index judge them, commits its store, sends what it says,
// and serves the roster over TCP.  Not thread-safe; it belongs to its loop.
//
// While the store has not settled, no answer is sent and no datagram taken: they wait in the
// kernel's buffer.  Everything else goes on: announcements, rosters, signals, deadlines of others.
#pragma once

#include "libim/base/event.hpp"
#include "libim/index/classic_index.hpp"
#include "libim/index/policy.hpp"
#include "libim/index/sealed_index.hpp"
#include "libim/index/store.hpp"
#include "libim/net/interfaces.hpp"
#include "libim/net/loop.hpp"
#include "libim/net/send_queue.hpp"
#include "libim/node/index_figures.hpp"
#include "libim/node/index_sockets.hpp"
#include "libim/node/sealed_door.hpp"
#include "libim/noise/identity.hpp"
#include "libim/noise/random.hpp"

#include <functional>
#include <memory>

namespace im::node {

/// How a client on this host reaches `bound`: the loopback address stands for "all".
[[nodiscard]] Endpoint asReachedFromHere(Endpoint bound);

/// Which profiles are served.
struct Profiles {
    bool classic = true;
    bool sealed = false;
};

class IndexService final : private index::Observer {
public:
    /// What the host's addresses are is asked this often: a laptop moves, a link comes up.
    static constexpr Duration kHostFactsInterval = std::chrono::seconds(30);

    /// Announcements that are not told this long after end() began are not told at all.
    static constexpr Duration kEndPatience = std::chrono::seconds(1);

    /// Both may be empty; called on the loop's thread, within a turn.
    struct Handlers {
        std::function<void(const Event&)> event;  ///< with `at`
        std::function<void(index::Refusal, const Endpoint& source)> refused;
    };

    /// Binds.  Throws net::BindError.
    IndexService(net::Loop& loop, const ServedAddresses& where, Handlers handlers,
                 Profiles profiles = {});
    ~IndexService() override;

    /// Serves from the loop's next turn on; who is in `store` is online at once.  Throws what the
    /// store throws.  `store` outlives it; a turn must come when it has settled.  To be called
    /// before the loop turns.
    /// `identity` is X and outlives it; null without the sealed profile.
    void start(index::Policy policy, index::Store& store,
               const noise::Identity* identity = nullptr);

    /// What it is bound to, UDP, in the order of the binds.
    [[nodiscard]] std::vector<Endpoint> served() const { return sockets_.served(); }
    /// How a client on this host reaches it: the first address, the loopback one for "all".
    [[nodiscard]] Endpoint reachableAt() const;
    [[nodiscard]] std::uint16_t tcpPort() const { return sockets_.tcpPort(); }
    /// As the kernel counts, see IndexSockets.
    [[nodiscard]] std::size_t receiveBuffer() const { return sockets_.receiveBuffer(); }

    // From here on: REQUIRES start().
    void setPolicy(const index::Policy& policy);
    /// Who may use the sealed profile; nothing happens without it.
    void setAdmitted(index::Admitted admitted);
    /// Tells every sealed client, and sends that.  The last thing to do.
    void sayStopping();

    /// Takes nothing more, answers and tells what was taken, and calls `ended` at the end of that
    /// turn: of this one, when there is nothing left.
    void end(std::function<void()> ended);

    /// Everything it counts, as it is now.
    [[nodiscard]] IndexFigures figures() const;
    /// Of all profiles.
    [[nodiscard]] std::size_t userCount() const;

private:
    void happened(const Event& event) override;
    void refused(index::Refusal why, const Endpoint& source) override;

    void watch(net::UdpSocket& socket);
    void takeReports(net::UdpSocket& socket);
    void takeDatagrams(net::UdpSocket& socket);
    void take(const Datagram& datagram);
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;
    void endTurn();
    void setPaused(bool paused);
    [[nodiscard]] index::HostFacts hostFacts();

    net::Loop& loop_;
    Handlers handlers_;
    IndexSockets sockets_;
    Profiles profiles_;
    index::Store* store_ = nullptr;
    index::MemoryStore nobody_;  // of the classic index, when that profile is not served
    std::unique_ptr<index::ClassicIndex> index_;
    noise::SystemRandom random_;
    std::unique_ptr<index::SealedIndex> sealed_;
    net::SendQueue answers_;
    net::SendQueue announcements_;
    net::Interfaces interfaces_;  // as the system told last
    std::optional<SealedDoor> door_;
    TimePoint nextHostFacts_;
    std::vector<Endpoint> reports_;  // scratch
    bool isBusy_ = false;            // a socket had more than was taken in this turn
    bool isPaused_ = false;          // until the store has settled, or for ever
    std::function<void()> ended_;    // what end() was given
    TimePoint endBy_;
    WallTime startedAt_;
};

}  // namespace im::node
