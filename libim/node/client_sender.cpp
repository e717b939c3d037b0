// SPDX-License-Identifier: BSL-1.0
#include "libim/node/client_sender.hpp"

#include "libim/net/clock.hpp"
#include "libim/net/resolve.hpp"
#include "libim/net/roster_fetch.hpp"

#include <array>

namespace im::node {

TimePoint ClientSender::now() {
    return net::now();
}

std::optional<Endpoint> ClientSender::cached(const std::string& user) {
    return endpoint_.listener().contacts().find(user);
}

SenderWorld::Roster ClientSender::askIndex() {
    const std::uint16_t told = endpoint_.listener().tcpPort();
    const Endpoint at{index_.address, told != 0 ? told : index_.port};
    return net::fetchRoster(at, patience_, endpoint_.local().address);
}

Endpoint ClientSender::resolve(const std::string& host, std::uint16_t port) {
    return net::resolve(host, port);
}

SenderWorld::Handed ClientSender::deliver(const Endpoint& to, BytesView datagram) {
    auto found = sockets_.find(to);
    if (found == sockets_.end()) {
        if (sockets_.size() >= kMostSockets) sockets_.clear();
        found = sockets_.emplace(to, net::OneShotUdp(to, endpoint_.local().address)).first;
    }
    const net::Delivery delivery = found->second.send(datagram);
    return {delivery, found->second.takeLateRefusal()};
}

std::vector<net::Delivery> ClientSender::settle(std::span<const Endpoint> to) {
    std::vector<net::Delivery> out;
    for (const Endpoint& peer : to) {
        const auto found = sockets_.find(peer);
        if (found == sockets_.end()) {
            out.push_back(net::Delivery::Sent);
            continue;
        }
        std::array<net::OneShotUdp*, 1> one = {&found->second};
        out.push_back(net::settle(one, net::OneShotUdp::kRefusalTime).front());
    }
    return out;
}

}  // namespace im::node
