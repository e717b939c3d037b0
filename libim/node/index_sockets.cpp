// SPDX-License-Identifier: BSL-1.0
#include "libim/node/index_sockets.hpp"

#include "libim/base/error.hpp"
#include "libim/index/policy.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace im::node {

namespace {

// A port that the system chose for one address may be taken on another, or for TCP.
constexpr int kPortsTried = 32;

ServedAddresses::Bind everywhere(bool v4) {
    return {v4 ? Address::v4({0, 0, 0, 0}) : Address(), {}};
}

}  // namespace

IndexSockets::IndexSockets(net::Loop& loop, const ServedAddresses& where,
                           net::TcpListener::Answer roster)
    : loop_(loop), roster_(std::move(roster)) {
    if (std::max(where.binds.size(), where.given.size()) > net::UdpSocket::kMostSockets)
        throw Error(ErrorKind::Usage, "more than " + std::to_string(net::UdpSocket::kMostSockets) +
                                          " addresses to serve");
    if (!where.given.empty()) adoptAll(where);
    for (int left = kPortsTried; udp_.empty(); --left) {
        try {
            bindAll(where);
        } catch (const net::BindError& e) {
            release();
            const bool systemChose = where.port == 0 || where.tcpPort == 0;
            if (e.errnum() != EADDRINUSE || !systemChose || left == 1) throw;
        }
    }
}

void IndexSockets::adoptAll(const ServedAddresses& where) {
    for (const net::GivenSocket& given : where.given)
        if (!given.stream) keep(std::make_unique<net::UdpSocket>(given, nextOptions()));
    if (udp_.empty())
        throw Error(ErrorKind::Configuration, "no UDP socket among those of LISTEN_FDS",
                    "ListenDatagram= beside ListenStream=");
    if (!where.classicRoster) return;
    for (const net::GivenSocket& given : where.given)
        if (given.stream) tcp_.push_back(std::make_unique<net::TcpListener>(loop_, given, roster_));
    if (tcp_.empty()) return bindTcp({});
    tcpPort_ = tcp_.front()->local().port;
}

void IndexSockets::bindAll(const ServedAddresses& where) {
    if (where.binds.empty()) {
        bindUdp(everywhere(true), where.port);
        try {
            bindUdp(everywhere(false), udp_.front()->local().port);
        } catch (const net::BindError& e) {
            if (e.errnum() != EAFNOSUPPORT && e.errnum() != EADDRNOTAVAIL) throw;
        }
    }
    std::uint16_t common = where.port;
    for (const auto& bind : where.binds) {
        bindUdp(bind, bind.port.value_or(common));
        if (common == 0 && !bind.port) common = udp_.back()->local().port;
    }
    if (where.classicRoster) bindTcp(where);
}

void IndexSockets::bindUdp(const ServedAddresses::Bind& bind, std::uint16_t port) {
    keep(std::make_unique<net::UdpSocket>(Endpoint{bind.address, port}, nextOptions()));
}

net::UdpOptions IndexSockets::nextOptions() const {
    net::UdpOptions options;
    options.number = static_cast<unsigned>(udp_.size()) + 1;
    options.reportUnreachable = true;
    options.receiveBuffer = kReceiveBuffer;
    return options;
}

void IndexSockets::keep(std::unique_ptr<net::UdpSocket> socket) {
    owned_.push_back(std::move(socket));
    udp_.push_back(owned_.back().get());
}

void IndexSockets::bindTcp(const ServedAddresses& where) {
    tcpPort_ = where.tcpPort.value_or(udp_.front()->local().port);
    for (const net::UdpSocket* socket : udp_) {
        listen({socket->local().address, tcpPort_});
        tcpPort_ = tcp_.front()->local().port;
        if (!where.tcpPort) listen(socket->local());
    }
}

void IndexSockets::listen(const Endpoint& local) {
    const auto isIt = [&local](const auto& listener) { return listener->local() == local; };
    if (std::any_of(tcp_.begin(), tcp_.end(), isIt)) return;
    tcp_.push_back(std::make_unique<net::TcpListener>(loop_, local, roster_));
}

void IndexSockets::release() {
    tcp_.clear();
    udp_.clear();
    owned_.clear();
}

std::size_t IndexSockets::receiveBuffer() const {
    std::size_t least = udp_.front()->receiveBuffer();
    for (const net::UdpSocket* socket : udp_) least = std::min(least, socket->receiveBuffer());
    return least;
}

std::vector<Endpoint> IndexSockets::served() const {
    std::vector<Endpoint> endpoints;
    for (const net::UdpSocket* socket : udp_) endpoints.push_back(socket->local());
    return endpoints;
}

}  // namespace im::node
