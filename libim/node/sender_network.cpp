// SPDX-License-Identifier: BSL-1.0
#include "libim/node/sender_network.hpp"

#include "libim/net/clock.hpp"

#include <algorithm>
#include <utility>

namespace im::node {

SenderNetwork::SenderNetwork(std::optional<SessionFile> session, std::optional<Endpoint> index,
                             Duration patience, net::Resolver resolver)
    : session_(std::move(session)),
      index_(index),
      patience_(patience),
      resolver_(resolver),
      lookedAt_(net::now()) {}

TimePoint SenderNetwork::now() {
    return net::now();
}

std::optional<Endpoint> SenderNetwork::cached(const std::string& user) {
    if (!session_) return {};
    if (net::now() - lookedAt_ >= kLookAgain) reopenSession();
    return session_->find(user);
}

/// A session that has gone is kept: logging out does not unsay where people are.
void SenderNetwork::reopenSession() {
    lookedAt_ = net::now();
    if (!session_->isStale()) return;
    if (auto replaced = SessionFile::open(session_->path())) session_ = std::move(replaced);
}

SenderWorld::Roster SenderNetwork::askIndex() {
    std::optional<Endpoint> index = index_;
    std::optional<Address> local;
    if (session_) {
        const Session& session = session_->session();
        index = Endpoint{session.server.address, session.tcpPort};
        local = session.endpoint.address;
    }
    if (!index) return Unexpected<std::string>("there is no index to ask");
    const std::string name = "the index at " + index->toString();
    if (patience_ <= Duration::zero())
        return Unexpected(name + " is not asked, with no time to wait");
    auto roster = net::fetchRoster(*index, patience_, local);
    if (!roster && roster.error() == net::RosterFetch::kNothingGiven)
        return Unexpected(name + " does not give its roster to this address");
    if (!roster) return Unexpected(name + " does not answer: " + roster.error());
    return roster;
}

Endpoint SenderNetwork::resolve(const std::string& host, std::uint16_t port) {
    return resolver_(host, port);
}

SenderWorld::Handed SenderNetwork::deliver(const Endpoint& to, BytesView datagram) {
    auto found = sockets_.find(to);
    if (found == sockets_.end()) {
        if (sockets_.size() >= kMostSockets) sockets_.clear();
        std::optional<Address> from;
        if (session_) from = session_->session().endpoint.address;
        found = sockets_.emplace(to, net::OneShotUdp(to, from)).first;
    }
    const net::Delivery delivery = found->second.send(datagram);
    return {delivery, found->second.takeLateRefusal()};
}

std::vector<net::Delivery> SenderNetwork::settle(std::span<const Endpoint> to) {
    std::vector<net::OneShotUdp*> sockets;
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < to.size(); ++i) {
        const auto found = sockets_.find(to[i]);
        if (found == sockets_.end() || found->second.isLocal()) continue;
        sockets.push_back(&found->second);
        positions.push_back(i);
    }
    std::vector<net::Delivery> out(to.size(), net::Delivery::Sent);
    if (sockets.empty()) return out;
    const auto settled =
        net::settle(sockets, std::min<Duration>(patience_, net::OneShotUdp::kRefusalTime));
    for (std::size_t i = 0; i < settled.size(); ++i) out[positions[i]] = settled[i];
    return out;
}

}  // namespace im::node
