// SPDX-License-Identifier: BSL-1.0
#include "libim/node/roster_connection.hpp"

#include <utility>

namespace im::node {

void RosterConnection::endTurn() {
    if (const auto to = link_.takeRosterFetch()) connect(*to);
    if (!tcp_) return;
    say();
    if (isTold_ && link_.rosterIsOver()) end();
    if (!tcp_) return;
    const auto wanted = static_cast<net::LoopEvents>(tcp_->wants());
    if (std::exchange(watched_, wanted) != wanted) loop_.change(tcp_->fd(), wanted);
}

void RosterConnection::connect(const Endpoint& to) {
    end();
    isTold_ = false;
    tcp_ = std::make_unique<net::TcpClient>(to, local_);
    if (tcp_->isOver()) {
        tcp_.reset();
        return link_.rosterClosed(loop_.now());
    }
    watched_ = static_cast<net::LoopEvents>(tcp_->wants());
    loop_.watch(tcp_->fd(), watched_, [this](net::LoopEvents) { advance(); });
}

void RosterConnection::advance() {
    const int descriptor = tcp_->fd();
    tcp_->advance([this](BytesView bytes) { (void)link_.rosterReceived(bytes, loop_.now()); });
    if (tcp_->isConnected() && !std::exchange(isTold_, true)) link_.rosterConnected(loop_.now());
    say();
    if (!tcp_->isOver()) return;
    loop_.forget(descriptor);
    tcp_.reset();
    link_.rosterClosed(loop_.now());
}

void RosterConnection::say() {
    const Bytes bytes = link_.takeRosterOutput();
    if (!bytes.empty() && !tcp_->isOver()) tcp_->write(bytes);
}

void RosterConnection::end() {
    if (tcp_ && !tcp_->isOver()) loop_.forget(tcp_->fd());
    tcp_.reset();
}

}  // namespace im::node
