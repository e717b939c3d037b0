// SPDX-License-Identifier: BSL-1.0
#include "libim/node/index_service.hpp"

#include "libim/net/interfaces.hpp"
#include "libim/noise/short_hash.hpp"
#include "libim/wire/frame.hpp"
#include "libim/wire/hello.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
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

IndexService::IndexService(net::Loop& loop, const ServedAddresses& where, Handlers handlers,
                           Profiles profiles)
    : loop_(loop),
      handlers_(std::move(handlers)),
      sockets_(loop, where,
               [this](const Address& from) { return index_->fetchRoster(from, loop_.now()); }),
      profiles_(profiles) {
    if (profiles_.sealed) door_.emplace(loop, where, sockets_, profiles_.classic);
}

void IndexService::start(index::Policy policy, index::Store& store,
                         const noise::Identity* identity) {
    store_ = &store;
    index::Observer& observer = *this;  // which make_unique may not know
    const index::HashKey seed = noise::randomHashKey();
    if (profiles_.sealed) {
        sealed_ = std::make_unique<index::SealedIndex>(
            policy, index::SealedIndex::Self{*identity, random_, loop_.wallNow(), door_->port()},
            store, observer, seed, loop_.now());
        door_->open(*sealed_);
    }
    index::Store& classic = profiles_.classic ? store : nobody_;
    index_ = std::make_unique<index::ClassicIndex>(std::move(policy), hostFacts(), classic,
                                                   observer, seed, loop_.now(), loop_.wallNow());
    if (sealed_) {
        sealed_->meet(*index_);
        index_->meet(*sealed_);
    }
    giveBackMemory();
    startedAt_ = loop_.wallNow();
    nextHostFacts_ = loop_.now() + kHostFactsInterval;
    for (net::UdpSocket* socket : sockets_.udp()) watch(*socket);
    // endTurn() does what is due; here is only the waking.
    loop_.atDeadline([this] { return nextDeadline(); }, [] {});
    loop_.atDeadline([this] { return std::optional(nextHostFacts_); },
                     [this] {
                         index_->setHostFacts(hostFacts());
                         if (sealed_) sealed_->setCalendar(loop_.wallNow(), loop_.now());
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
    reports_.erase(std::unique(reports_.begin(), reports_.end()), reports_.end());
    for (const Endpoint& endpoint : reports_) index_->unreachable(endpoint, loop_.now());
}

void IndexService::takeDatagrams(net::UdpSocket& socket) {
    for (int i = 0; i < kBatchesPerTurn; ++i) {
        const auto batch = socket.receive();
        if (batch.empty()) return;
        for (const Datagram& datagram : batch) take(datagram);
    }
    isBusy_ = true;
}

void IndexService::take(const Datagram& datagram) {
    if (!sealed_) return index_->receive(datagram, loop_.now(), answers_);
    if (wire::isSealed(datagram.bytes)) {
        DoorSink sink(*door_, answers_);
        return sealed_->receive(datagram, loop_.now(), sink);
    }
    if (const auto index = wire::decodeHello(datagram.bytes); index && !datagram.truncated)
        return sealed_->hello(*index, {datagram.from, datagram.via}, loop_.now(), answers_);
    if (profiles_.classic) return index_->receive(datagram, loop_.now(), answers_);
    refused(index::Refusal::Denied, datagram.from);
}

std::optional<TimePoint> IndexService::nextDeadline() const {
    const auto classic = index_->nextDeadline();
    return sealed_ ? earlier(classic, sealed_->nextDeadline()) : classic;
}

/// Answers leave when the commit that tick() begins is done: who is told to be online stays so.
void IndexService::endTurn() {
    // The sealed one first: what the classic one hands over stays valid until its next call.
    if (sealed_) {
        DoorSink sink(*door_, announcements_);
        sealed_->tick(loop_.now(), sink);
    }
    if (!profiles_.classic) store_->commit();  // else the classic one does, with its tick
    index_->tick(loop_.now(), announcements_, std::exchange(isBusy_, false));
    const bool isSettled = store_->settled();
    setPaused(!isSettled || ended_);
    if (isSettled) answers_.flush(sockets_.udp());
    announcements_.flush(sockets_.udp());
    const bool isAllTold = isSettled && !index_->hasToTell();
    if (ended_ && (isAllTold || loop_.now() >= endBy_)) ended_();
}

void IndexService::end(std::function<void()> ended) {
    if (ended_) return;
    ended_ = std::move(ended);
    endBy_ = loop_.now() + kEndPatience;
    loop_.atDeadline([this] { return std::optional(endBy_); }, [] {});
}

void IndexService::setPaused(bool paused) {
    if (paused == isPaused_) return;
    isPaused_ = paused;
    for (const net::UdpSocket* socket : sockets_.udp())
        loop_.change(socket->descriptor(), paused ? net::LoopEvents{0} : net::kLoopRead);
    for (const auto& listener : sockets_.tcp()) listener->setPaused(paused);
}

void IndexService::setPolicy(const index::Policy& policy) {
    index_->setPolicy(policy);
    if (sealed_) sealed_->setPolicy(policy);
}

void IndexService::setAdmitted(index::Admitted admitted) {
    if (!sealed_) return;
    DoorSink sink(*door_, announcements_);
    sealed_->setAdmitted(std::move(admitted), loop_.now(), sink);
}

void IndexService::sayStopping() {
    if (!sealed_) return;
    for (bool isMore = true; isMore;) {
        DoorSink sink(*door_, announcements_);
        isMore = sealed_->sayStopping(loop_.now(), sink);
        announcements_.flush(sockets_.udp());
    }
}

std::size_t IndexService::userCount() const {
    return index_->userCount() + (sealed_ ? sealed_->userCount() : 0);
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
    if (sealed_) {
        figures.sealed = sealed_->counters();
        figures.sealedUsers = sealed_->userCount();
        figures.names = sealed_->nameCount();
        figures.inits = sealed_->transport().inits();
        figures.sealedConnections = door_->connections();
    }
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
