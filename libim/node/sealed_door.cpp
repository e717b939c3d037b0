// SPDX-License-Identifier: BSL-1.0
#include "libim/node/sealed_door.hpp"

#include <cerrno>
#include <limits>
#include <set>

namespace im::node {

namespace {

// What is said over a connection is for that connection.
class Elsewhere final : public Sink {
    void send(const Destination& /*to*/, BytesView /*payload*/) override {}
    void fanOut(std::span<const BytesView> /*payloads*/,
                std::span<const Destination> /*to*/) override {}
};

constexpr int kPortsTried = 32;

}  // namespace

SealedDoor::SealedDoor(net::Loop& loop, const ServedAddresses& where, const IndexSockets& udp,
                       bool besideClassic)
    : loop_(loop), server_(loop, handlers()) {
    if (!besideClassic) {
        if (!adopt(where)) listen(udp, where.tcpPort.value_or(udp.udp().front()->local().port));
    } else if (!listenBehind(where, udp)) {
        listenAnywhere(udp);
    }
}

/// On the port behind that of the classic roster, where nobody said that any one will do.  False
/// when it is taken.
bool SealedDoor::listenBehind(const ServedAddresses& where, const IndexSockets& udp) {
    const bool isAny = where.port == 0 || where.tcpPort == 0 || !where.given.empty();
    if (isAny || udp.tcpPort() == std::numeric_limits<std::uint16_t>::max()) return false;
    try {
        listen(udp, static_cast<std::uint16_t>(udp.tcpPort() + 1));
        return true;
    } catch (const net::BindError& e) {
        if (e.errnum() != EADDRINUSE) throw;
        return false;
    }
}

void SealedDoor::listenAnywhere(const IndexSockets& udp) {
    for (int left = kPortsTried; port_ == 0; --left) {
        try {
            listen(udp, 0);
        } catch (const net::BindError& e) {
            if (e.errnum() != EADDRINUSE || left == 0) throw;
        }
    }
}

net::FrameServer::Handlers SealedDoor::handlers() {
    net::FrameServer::Handlers handlers;
    handlers.frame = [this](const Endpoint& from, BytesView frame) {
        Elsewhere elsewhere;
        DoorSink sink(*this, elsewhere);
        if (index_ != nullptr) index_->receiveStream(from, frame, loop_.now(), sink);
    };
    handlers.more = [this](const Endpoint& to) {
        Elsewhere elsewhere;
        DoorSink sink(*this, elsewhere);
        return index_ != nullptr && index_->writeStream(to, loop_.now(), sink);
    };
    handlers.ended = [this](const Endpoint& from) {
        if (index_ != nullptr) index_->streamEnded(from, loop_.now());
    };
    return handlers;
}

/// False when no TCP socket was given.
bool SealedDoor::adopt(const ServedAddresses& where) {
    for (const net::GivenSocket& given : where.given) {
        if (!given.stream) continue;
        server_.adopt(given);
        if (port_ == 0) port_ = given.local.port;
    }
    return port_ != 0;
}

/// The same number for all addresses, or none of them.
void SealedDoor::listen(const IndexSockets& udp, std::uint16_t port) {
    try {
        std::set<Address> done;
        for (const net::UdpSocket* socket : udp.udp())
            if (const Address at = socket->local().address; done.insert(at).second)
                port = server_.listen({at, port}).port;
    } catch (const net::BindError&) {
        server_.stopListening();
        throw;
    }
    port_ = port;
}

}  // namespace im::node
