// SPDX-License-Identifier: BSL-1.0
// SenderNetwork: the real world of a Sender: a session file, an index over TCP, UDP sockets, the
// clock.  Not thread-safe.  Free of POCO.
#pragma once

#include "libim/net/resolve.hpp"
#include "libim/node/sender.hpp"
#include "libim/node/session_file.hpp"

#include <map>
#include <optional>

namespace im::node {

class SenderNetwork final : public SenderWorld {
public:
    /// More destinations than this at a time are not held: a process has 1024 descriptors as a
    /// rule, and a new socket costs 10 us.
    static constexpr std::size_t kMostSockets = 900;
    /// How often the session file is looked at for having been replaced.
    static constexpr Duration kLookAgain = std::chrono::seconds(1);

    /// `session`: whose roster is asked first, and whose address messages come from.  `index`:
    /// TCP endpoint to ask when there is no session.  `patience` bounds each wait for the index;
    /// 0: it is not asked, and refusals from other hosts are not waited for.  `resolver`: of the
    /// hosts of user@host:port.
    SenderNetwork(std::optional<SessionFile> session, std::optional<Endpoint> index,
                  Duration patience, net::Resolver resolver);

    TimePoint now() override;
    std::optional<Endpoint> cached(const std::string& user) override;
    Roster askIndex() override;
    Endpoint resolve(const std::string& host, std::uint16_t port) override;
    Handed deliver(const Endpoint& to, BytesView datagram) override;
    std::vector<net::Delivery> settle(std::span<const Endpoint> to) override;

private:
    void reopenSession();

    std::optional<SessionFile> session_;
    std::optional<Endpoint> index_;
    Duration patience_;
    net::Resolver resolver_;
    TimePoint lookedAt_;
    std::map<Endpoint, net::OneShotUdp> sockets_;
};

}  // namespace im::node
