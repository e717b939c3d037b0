// SPDX-License-Identifier: BSL-1.0
// IndexFigures: everything imindex counts, as it is at the end of a turn.  A value: made by the
// loop, then read by whoever.  The line of SIGUSR1 and the page of metrics are both made of it,
// so that they cannot disagree.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/duration_histogram.hpp"
#include "libim/base/time.hpp"
#include "libim/index/classic_index.hpp"
#include "libim/index/sealed_index.hpp"
#include "libim/index/store.hpp"
#include "libim/net/send_queue.hpp"
#include "libim/net/tcp_listener.hpp"
#include "libim/net/udp_socket.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace im::node {

struct IndexFigures {
    WallTime startedAt;  ///< when it began to serve
    index::Counters index;
    index::TableFigures tables;

    index::SealedCounters sealed;
    std::size_t sealedUsers = 0;
    std::size_t names = 0;  ///< that have an owner
    sealed::Acceptor::Counters inits;
    std::size_t sealedConnections = 0;  ///< for rosters, now

    net::UdpCounters udp;  ///< of all sockets together
    std::uint64_t homeless = 0;
    net::FanOutCounters fanOuts;
    struct Socket {
        Endpoint local;
        std::size_t receiveBuffer;  ///< as the kernel counts, as is the next
        std::size_t sendBuffer;
    };
    std::vector<Socket> sockets;
    std::size_t receiveBuffer = 0;  ///< the smallest of them

    index::StoreFigures store;

    net::TcpCounters tcp;  ///< of all listeners together
    std::size_t connections = 0;

    DurationHistogram turns;
};

/// "users=3 pending=0 logins=17 ...": names and numbers, for a person and for grep.
[[nodiscard]] std::string counterLine(const IndexFigures& figures);

}  // namespace im::node
