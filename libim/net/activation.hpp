// SPDX-License-Identifier: BSL-1.0
// Socket activation: sockets that a service manager made, bound and keeps, by the protocol of
// sd_listen_fds(3).  What arrives while nobody serves waits in them, so a restart loses no
// datagram.  By hand, for the reason of notify.hpp.  No POCO.
#pragma once

#include "libim/base/address.hpp"

#include <vector>

namespace im::net {

/// A bound socket from the environment.  A value; who adopts it (UdpSocket, TcpListener) closes it.
struct GivenSocket {
    int descriptor = -1;
    Endpoint local;
    bool stream = false;  ///< TCP; else UDP
};

/// The sockets of $LISTEN_FDS, in their order; none when $LISTEN_PID is not this process.  They
/// are only looked at.  Throws Error 78 when one is no UDP or TCP socket bound to an IPv4 or IPv6
/// address, or is one of IPv6 that takes IPv4 as well: ours never do, and one address would then
/// have two spellings.  71 when there is no such descriptor.
[[nodiscard]] std::vector<GivenSocket> givenSockets();

/// The same for one descriptor.
[[nodiscard]] GivenSocket lookAtSocket(int descriptor);

}  // namespace im::net
