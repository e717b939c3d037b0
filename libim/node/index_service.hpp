// SPDX-License-Identifier: BSL-1.0
// IndexService: the classic index on sockets; what imindex does but for options and printing.
// Takes datagrams in batches, lets the index judge them, commits its store, sends what it says,
// and serves the roster over TCP.  Not thread-safe; it belongs to its loop.
//
// While the store has not settled, no answer is sent and no datagram taken: they wait in the
// kernel's buffer.  Everything else goes on: announcements, rosters, signals, deadlines of others.
#pragma once

#include "libim/base/event.hpp"
#include "libim/index/classic_index.hpp"
#include "libim/index/policy.hpp"
#include "libim/index/store.hpp"
#include "libim/net/interfaces.hpp"
#include "libim/net/loop.hpp"
#include "libim/net/send_queue.hpp"
#include "libim/node/index_figures.hpp"
#include "libim/node/index_sockets.hpp"

#include <functional>
#include <memory>

namespace im::node {

/// How a client on this host reaches `bound`: the loopback address stands for "all".
[[nodiscard]] Endpoint asReachedFromHere(Endpoint bound);

class IndexService final : private index::Observer {
public:
    /// What the host's addresses are is asked this often: a laptop moves, a link comes up.
    static constexpr Duration kHostFactsInterval = std::chrono::seconds(30);

    /// Both may be empty; called on the loop's thread, within a turn.
    struct Handlers {
        std::function<void(const Event&)> event;  ///< with `at`
        std::function<void(index::Refusal, const Endpoint& source)> refused;
    };

    /// Binds.  Throws net::BindError.
    IndexService(net::Loop& loop, const ServedAddresses& where, Handlers handlers);
    ~IndexService() override;

    /// Serves from the loop's next turn on; who is in `store` is online at once.  Throws what the
    /// store throws.  `store` outlives it; a turn must come when it has settled.  To be called
    /// before the loop turns.
    void start(index::Policy policy, index::Store& store);

    /// What it is bound to, UDP, in the order of the binds.
    [[nodiscard]] std::vector<Endpoint> served() const { return sockets_.served(); }
    /// How a client on this host reaches it: the first address, the loopback one for "all".
    [[nodiscard]] Endpoint reachableAt() const;
    [[nodiscard]] std::uint16_t tcpPort() const { return sockets_.tcpPort(); }
    /// As the kernel counts, see IndexSockets.
    [[nodiscard]] std::size_t receiveBuffer() const { return sockets_.receiveBuffer(); }

    // From here on: REQUIRES start().
    void setPolicy(index::Policy policy) { index_->setPolicy(std::move(policy)); }

    /// Everything it counts, as it is now.
    [[nodiscard]] IndexFigures figures() const;
    [[nodiscard]] std::size_t userCount() const { return index_->userCount(); }

private:
    void happened(const Event& event) override;
    void refused(index::Refusal why, const Endpoint& source) override;

    void watch(net::UdpSocket& socket);
    void takeReports(net::UdpSocket& socket);
    void takeDatagrams(net::UdpSocket& socket);
    void endTurn();
    void setPaused(bool paused);
    [[nodiscard]] index::HostFacts hostFacts();

    net::Loop& loop_;
    Handlers handlers_;
    IndexSockets sockets_;
    index::Store* store_ = nullptr;
    std::unique_ptr<index::ClassicIndex> index_;
    net::SendQueue answers_;
    net::SendQueue announcements_;
    net::Interfaces interfaces_;  // as the system told last
    TimePoint nextHostFacts_;
    std::vector<Endpoint> reports_;  // scratch
    bool isBusy_ = false;            // a socket had more than was taken in this turn
    bool isPaused_ = false;          // until the store has settled
    WallTime startedAt_;
};

}  // namespace im::node
