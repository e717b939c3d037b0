// SPDX-License-Identifier: BSL-1.0
// RosterConnection: the TCP connection over which a SealedIndexLink reads the roster, put on a
// Loop. Not thread-safe; it belongs to the loop, and both outlive it.
#pragma once

#include "libim/net/loop.hpp"
#include "libim/net/tcp_client.hpp"
#include "libim/talk/sealed_index_link.hpp"

#include <memory>

namespace im::node {

class RosterConnection {
public:
    /// Connects from `local`, the address of the login.
    RosterConnection(net::Loop& loop, talk::SealedIndexLink& link, Address local)
        : loop_(loop), link_(link), local_(local) {}
    RosterConnection(const RosterConnection&) = delete;
    RosterConnection& operator=(const RosterConnection&) = delete;
    ~RosterConnection() { end(); }

    /// Call it at the end of every turn: connects when the link wants it, sends what it has to say,
    /// and lets go when it has heard all.
    void endTurn();

private:
    void connect(const Endpoint& to);
    void advance();
    void say();
    void end();

    net::Loop& loop_;
    talk::SealedIndexLink& link_;
    Address local_;
    std::unique_ptr<net::TcpClient> tcp_;
    net::LoopEvents watched_ = 0;
    bool isTold_ = false;  ///< the link knows that we are connected
};

}  // namespace im::node
