// SPDX-License-Identifier: BSL-1.0
// IndexSockets: what an index is bound to: a UDP socket for each address it serves, and roster
// listeners beside them.  Not thread-safe; it belongs to its loop.
#pragma once

#include "libim/base/address.hpp"
#include "libim/net/activation.hpp"
#include "libim/net/loop.hpp"
#include "libim/net/tcp_listener.hpp"
#include "libim/net/udp_socket.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace im::node {

/// Where to serve, as on the command line of imindex.
struct ServedAddresses {
    struct Bind {
        Address address;
        std::optional<std::uint16_t> port{};  ///< instead of the common one
    };
    /// Empty: all of IPv4, and all of IPv6 where the host has it.
    std::vector<Bind> binds;
    /// Common UDP port; 0: any free one, the same for all addresses.
    std::uint16_t port = 4649;
    /// Roster port, the same for all addresses; 0: any free one.  Nothing: the number of the
    /// first UDP port; and where a bind has another, there on that number as well, because some
    /// derived .NET clients ask there (doc/protocol.md).
    std::optional<std::uint16_t> tcpPort{};
    /// Without: no listener for the classic roster.
    bool classicRoster = true;
    /// Not empty: these sockets, in this order, and all of the above counts for nothing.  The
    /// first TCP one's port is told; without any, roster listeners are bound beside the UDP ones.
    std::vector<net::GivenSocket> given{};
};

class IndexSockets {
public:
    /// Binds everything or throws net::BindError; adopts what is given, or throws Error 78 when
    /// there is no UDP among it.  `roster` answers who asks for it.
    IndexSockets(net::Loop& loop, const ServedAddresses& where, net::TcpListener::Answer roster);

    [[nodiscard]] std::span<net::UdpSocket* const> udp() const { return udp_; }
    /// The roster port that is told to everybody.
    [[nodiscard]] std::uint16_t tcpPort() const { return tcpPort_; }
    [[nodiscard]] const std::vector<std::unique_ptr<net::TcpListener>>& tcp() const { return tcp_; }
    /// Bytes wished for as the receive buffer of each UDP socket: enough for some 5,000 logins that
    /// come while everybody is being told of others.
    static constexpr int kReceiveBuffer = 4 << 20;
    /// The smallest that the system granted; as it counts, so twice the wish when all is well.
    [[nodiscard]] std::size_t receiveBuffer() const;
    /// What the UDP sockets are bound to, in the order of the binds.
    [[nodiscard]] std::vector<Endpoint> served() const;

private:
    void adoptAll(const ServedAddresses& where);
    void bindAll(const ServedAddresses& where);
    [[nodiscard]] net::UdpOptions nextOptions() const;
    void keep(std::unique_ptr<net::UdpSocket> socket);
    void bindUdp(const ServedAddresses::Bind& bind, std::uint16_t port);
    void bindTcp(const ServedAddresses& where);
    void listen(const Endpoint& local);
    void release();

    net::Loop& loop_;
    net::TcpListener::Answer roster_;
    std::vector<std::unique_ptr<net::UdpSocket>> owned_;
    std::vector<net::UdpSocket*> udp_;  // of owned_, as SendQueue wants them
    std::vector<std::unique_ptr<net::TcpListener>> tcp_;
    std::uint16_t tcpPort_ = 0;
};

}  // namespace im::node
