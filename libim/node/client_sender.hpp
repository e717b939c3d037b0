// SPDX-License-Identifier: BSL-1.0
// ClientSender: the world of a Client's Sender: the contacts of its login, its index, sockets.
// Not thread-safe.
#pragma once

#include "libim/net/one_shot_udp.hpp"
#include "libim/node/classic_endpoint.hpp"
#include "libim/node/sender.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace im::node {

class ClientSender final : public SenderWorld {
public:
    /// More destinations at a time are not held open.
    static constexpr std::size_t kMostSockets = 64;

    /// `endpoint` outlives it.
    ClientSender(const ClassicEndpoint& endpoint, const Endpoint& index, Duration patience)
        : endpoint_(endpoint), index_(index), patience_(patience) {}

    TimePoint now() override;
    std::optional<Endpoint> cached(const std::string& user) override;
    Roster askIndex() override;
    Endpoint resolve(const std::string& host, std::uint16_t port) override;
    Handed deliver(const Endpoint& to, BytesView datagram) override;
    std::vector<net::Delivery> settle(std::span<const Endpoint> to) override;

private:
    const ClassicEndpoint& endpoint_;
    Endpoint index_;
    Duration patience_;
    std::map<Endpoint, net::OneShotUdp> sockets_;
};

}  // namespace im::node
