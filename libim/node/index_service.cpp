// SPDX-License-Identifier: BSL-1.0
#include "libim/node/index_service.hpp"

#include "libim/net/interfaces.hpp"
#include "libim/noise/short_hash.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <string_view>
#include <utility>

namespace im::node {

namespace {

// Of one socket in one turn: what they bring is announced in one go, each user's share in one
// train.  More would let the answers wait for the announcements of others.
constexpr int kBatchesPerTurn = 4;

// Reports of unreachable endpoints are fetched in batches; so many in one turn.
constexpr int kReportsPerTurn = 16;

/// What was needed to read a large state file: 8 bytes a user that would stay with the process.
void giveBackMemory() {
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

void append(std::string& line, std::string_view name, std::uint64_t value) {
    if (!line.empty()) line += ' ';
    line.append(name).append("=").append(std::to_string(value));
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

void IndexService::takeReports(net::UdpSocket& socket) {
    for (int i = 0; i < kReportsPerTurn; ++i) {
        const auto some = socket.unreachable();
        if (some.empty()) return;
        for (const Endpoint& endpoint : some) index_->unreachable(endpoint, loop_.now());
    }
}

void IndexService::takeDatagrams(net::UdpSocket& socket) {
    for (int i = 0; i < kBatchesPerTurn; ++i) {
        const auto batch = socket.receive();
        if (batch.empty()) return;
        for (const Datagram& datagram : batch) index_->receive(datagram, loop_.now(), answers_);
    }
}

/// Answers leave when the commit that tick() begins is done: who is told to be online stays so.
void IndexService::endTurn() {
    index_->tick(loop_.now(), announcements_);
    setPaused(!store_->settled());
    if (!isPaused_) answers_.flush(sockets_.udp());
    announcements_.flush(sockets_.udp());
}

void IndexService::setPaused(bool paused) {
    if (paused == isPaused_) return;
    isPaused_ = paused;
    for (const net::UdpSocket* socket : sockets_.udp())
        loop_.change(socket->descriptor(), paused ? net::LoopEvents{0} : net::kLoopRead);
}

index::HostFacts IndexService::hostFacts() const {
    net::Interfaces interfaces = net::readInterfaces();
    return {std::move(interfaces.local), std::move(interfaces.broadcast), sockets_.served(),
            sockets_.tcpPort()};
}

Endpoint IndexService::reachableAt() const {
    Endpoint at = sockets_.udp().front()->local();
    if (!at.address.isUnspecified()) return at;
    at.address = *Address::parse(at.address.isV4() ? "127.0.0.1" : "::1");
    return at;
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

std::string IndexService::counters() const {
    std::string line;
    const index::Counters& of = index_->counters();
    append(line, "users", index_->userCount());
    append(line, "pending", index_->pendingCount());
    append(line, "datagrams", of.datagrams);
    append(line, "logins", of.logins);
    append(line, "renewals", of.renewals);
    append(line, "logouts", of.logouts);
    append(line, "announcements", of.announcements);
    append(line, "rosters", of.rosters);
    for (std::size_t i = 0; i < of.refused.size(); ++i)
        append(line, "refused-" + std::string(toString(static_cast<index::Refusal>(i))),
               of.refused[i]);
    net::UdpCounters udp;
    for (const net::UdpSocket* socket : sockets_.udp()) {
        udp.overrun += socket->counters().overrun;
        udp.sent += socket->counters().sent;
        udp.refused += socket->counters().refused;
        udp.congested += socket->counters().congested;
    }
    append(line, "sent", udp.sent);
    append(line, "receive-buffer", sockets_.receiveBuffer());
    append(line, "lost-receive-buffer-full", udp.overrun);
    append(line, "unsent-refused", udp.refused);
    append(line, "unsent-congested", udp.congested);
    append(line, "unsent-no-socket", answers_.homeless() + announcements_.homeless());
    net::TcpCounters tcp;
    for (const auto& listener : sockets_.tcp()) {
        tcp.shed += listener->counters().shed;
        tcp.slow += listener->counters().slow;
        tcp.noDescriptor += listener->counters().noDescriptor;
    }
    append(line, "roster-shed", tcp.shed);
    append(line, "roster-slow", tcp.slow);
    append(line, "no-descriptor", tcp.noDescriptor);
    return line;
}

}  // namespace im::node
