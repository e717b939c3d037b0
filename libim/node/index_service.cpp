// SPDX-License-Identifier: BSL-1.0
#include "libim/node/index_service.hpp"

#include "libim/net/interfaces.hpp"
#include "libim/noise/short_hash.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <utility>

namespace im::node {

namespace {

// Of one socket in one turn: 4,096 datagrams, 8 ms when they are garbage.  Fewer, and what is told
// between two turns takes so much of a flood's time that the kernel drops honest logins with it.
constexpr int kBatchesPerTurn = 64;

// Reports of unreachable endpoints are fetched in batches; so many in one turn.
constexpr int kReportsPerTurn = 16;

/// What was needed to read a large state file: 8 bytes a user that would stay with the process.
void giveBackMemory() {
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

}  // namespace

IndexService::IndexService(net::Loop& loop, const ServedAddresses& where, Handlers handlers)
    : loop_(loop),
      handlers_(std::move(handlers)),
      sockets_(loop, where,
               [this](const Address& from) { return index_->fetchRoster(from, loop_.now()); }) {}

void IndexService::start(index::Policy policy, index::Store& store) {
    store_ = &store;
    index::Observer& observer = *this;  // which make_unique may not know
    index_ =
        std::make_unique<index::ClassicIndex>(std::move(policy), hostFacts(), store, observer,
                                              noise::randomHashKey(), loop_.now(), loop_.wallNow());
    giveBackMemory();
    startedAt_ = loop_.wallNow();
    nextHostFacts_ = loop_.now() + kHostFactsInterval;
    for (net::UdpSocket* socket : sockets_.udp()) watch(*socket);
    // endTurn() does what is due; here is only the waking.
    loop_.atDeadline([this] { return index_->nextDeadline(); }, [] {});
    loop_.atDeadline([this] { return std::optional(nextHostFacts_); },
                     [this] {
                         index_->setHostFacts(hostFacts());
                         nextHostFacts_ = loop_.now() + kHostFactsInterval;
                     });
    loop_.atEndOfTurn([this] { endTurn(); });
}

IndexService::~IndexService() {
    for (const net::UdpSocket* socket : sockets_.udp()) loop_.forget(socket->descriptor());
}

void IndexService::watch(net::UdpSocket& socket) {
    loop_.watch(socket.descriptor(), net::kLoopRead, [this, &socket](net::LoopEvents events) {
        if ((events & net::kLoopError) != 0) takeReports(socket);
        if (!isPaused_) takeDatagrams(socket);
    });
}

/// One endpoint's reports of a turn count once: a thousand names may be logged in there, and what
/// is told to them brings a thousand reports, each of which concerns them all.
void IndexService::takeReports(net::UdpSocket& socket) {
    reports_.clear();
    for (int i = 0; i < kReportsPerTurn; ++i) {
        const auto some = socket.unreachable();
        if (some.empty()) break;
        for (const Endpoint& endpoint : some)
            if (reports_.empty() || reports_.back() != endpoint) reports_.push_back(endpoint);
    }
    std::ranges::sort(reports_, {}, [](const Endpoint& endpoint) {
        return std::pair(endpoint.address.bytes(), endpoint.port);
    });
    const auto doubles = std::ranges::unique(reports_);
    reports_.erase(doubles.begin(), doubles.end());
    for (const Endpoint& endpoint : reports_) index_->unreachable(endpoint, loop_.now());
}

void IndexService::takeDatagrams(net::UdpSocket& socket) {
    for (int i = 0; i < kBatchesPerTurn; ++i) {
        const auto batch = socket.receive();
        if (batch.empty()) return;
        for (const Datagram& datagram : batch) index_->receive(datagram, loop_.now(), answers_);
    }
    isBusy_ = true;
}

/// Answers leave when the commit that tick() begins is done: who is told to be online stays so.
void IndexService::endTurn() {
    index_->tick(loop_.now(), announcements_, std::exchange(isBusy_, false));
    setPaused(!store_->settled());
    if (!isPaused_) answers_.flush(sockets_.udp());
    announcements_.flush(sockets_.udp());
}

void IndexService::setPaused(bool paused) {
    if (paused == isPaused_) return;
    isPaused_ = paused;
    for (const net::UdpSocket* socket : sockets_.udp())
        loop_.change(socket->descriptor(), paused ? net::LoopEvents{0} : net::kLoopRead);
    for (const auto& listener : sockets_.tcp()) listener->setPaused(paused);
}

/// What the system does not tell now is as it was: else who takes all descriptors could then log
/// in with a broadcast address.
index::HostFacts IndexService::hostFacts() {
    if (auto interfaces = net::readInterfaces()) interfaces_ = *std::move(interfaces);
    return {interfaces_.local, interfaces_.broadcast, sockets_.served(), sockets_.tcpPort()};
}

Endpoint asReachedFromHere(Endpoint bound) {
    if (bound.address.isUnspecified())
        bound.address = *Address::parse(bound.address.isV4() ? "127.0.0.1" : "::1");
    return bound;
}

Endpoint IndexService::reachableAt() const {
    return asReachedFromHere(sockets_.udp().front()->local());
}

void IndexService::happened(const Event& event) {
    if (!handlers_.event) return;
    Event stamped = event;
    stamped.at = loop_.wallNow();
    handlers_.event(stamped);
}

void IndexService::refused(index::Refusal why, const Endpoint& source) {
    if (handlers_.refused) handlers_.refused(why, source);
}

IndexFigures IndexService::figures() const {
    IndexFigures figures;
    figures.startedAt = startedAt_;
    figures.index = index_->counters();
    figures.tables = index_->tables(loop_.now());
    figures.homeless = answers_.homeless() + announcements_.homeless();
    figures.fanOuts = announcements_.fanOuts();
    figures.turns = loop_.turnTimes();
    figures.store = store_->figures();
    figures.receiveBuffer = sockets_.receiveBuffer();
    for (const net::UdpSocket* socket : sockets_.udp()) {
        figures.udp += socket->counters();
        figures.sockets.push_back({socket->local(), socket->receiveBuffer(), socket->sendBuffer()});
    }
    for (const auto& listener : sockets_.tcp()) {
        figures.tcp += listener->counters();
        figures.connections += listener->connections();
    }
    return figures;
}

}  // namespace im::node
