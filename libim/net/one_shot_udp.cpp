// SPDX-License-Identifier: BSL-1.0
#include "libim/net/one_shot_udp.hpp"

#include "libim/base/error.hpp"
#include "libim/net/clock.hpp"
#include "libim/net/sockaddr.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace im::net {

namespace {

Error cannot(const char* what, int errnum) {
    return systemError(ErrorKind::OperatingSystem, what, errnum);
}

/// What an error of a connected socket says about the destination; nothing when it is not about
/// the destination.
std::optional<Delivery> verdict(int errnum) {
    switch (errnum) {
        case ECONNREFUSED:
            return Delivery::Refused;
        case EHOSTUNREACH:
        case ENETUNREACH:
        case EHOSTDOWN:
        case ENETDOWN:
        case ENOPROTOOPT:    // ICMP "protocol unreachable"
        case EOPNOTSUPP:     // ICMP "source route failed"
        case EADDRNOTAVAIL:  // no address of ours leads there
        case EACCES:         // a broadcast address: nobody in particular
        case EPERM:          // a packet filter of this host says no
        case EINVAL:         // bound to loopback, destination beyond: no route either
            return Delivery::Unreachable;
        default:
            return {};
    }
}

/// A failed bind is no failure: the address may have gone, and then routing chooses.
void bindTo(int fd, const Endpoint& from) {
    if (from.address.isUnspecified()) return;
    SocketAddress local{};
    const socklen_t length = toSocketAddress(from, local);
    if (bind(fd, &local.any, length) < 0 && from.port != 0) bindTo(fd, {from.address, 0});
}

/// With these, a host or network that routers call unreachable is told as well, not only a port.
void askForErrors(int fd, bool isV4) {
    const int yes = 1;
    if (isV4) {
        static_cast<void>(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &yes, sizeof yes));
    } else {
        static_cast<void>(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &yes, sizeof yes));
    }
}

/// The error queue holds what check() has read from SO_ERROR: empty it, or poll never rests.
void drainErrors(int fd) {
    std::array<char, 1> byte{};
    while (recv(fd, byte.data(), byte.size(), MSG_ERRQUEUE | MSG_DONTWAIT) >= 0) {
    }
}

}  // namespace

OneShotUdp::OneShotUdp(const Endpoint& to, const std::optional<Address>& from, std::uint16_t port) {
    SocketAddress remote{};
    const socklen_t length = toSocketAddress(to, remote);
    fd_ = socket(remote.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) throw cannot("socket", errno);
    const bool loopback = to.address.isLoopback();
    if (!loopback) askForErrors(fd_, to.address.isV4());
    if (from && from->isV4() == to.address.isV4() && (loopback || !from->isLoopback()))
        bindTo(fd_, {*from, port});
    if (connect(fd_, &remote.any, length) < 0) {
        noWay_ = verdict(errno).value_or(Delivery::Unreachable);
    } else {
        local_ = loopback || localEndpoint(fd_).address == to.address;
    }
}

OneShotUdp::OneShotUdp(OneShotUdp&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      local_(other.local_),
      noWay_(other.noWay_),
      late_(other.late_) {}

OneShotUdp& OneShotUdp::operator=(OneShotUdp&& other) noexcept {
    std::swap(fd_, other.fd_);
    local_ = other.local_;
    noWay_ = other.noWay_;
    late_ = other.late_;
    return *this;
}

OneShotUdp::~OneShotUdp() {
    if (fd_ >= 0) close(fd_);
}

Delivery OneShotUdp::send(BytesView payload) {
    if (noWay_ != Delivery::Sent) return noWay_;
    // The kernel reports a refusal once, to whichever call comes next, and does not send then.
    // Two tries for that, a third in case another has come in between.
    for (int tries = 0; tries < 3; ++tries) {
        const int errnum = handOver(payload);
        if (errnum == 0) return check();
        const auto earlier = verdict(errnum);
        if (!earlier) throw cannot("send", errnum);
        late_ = *earlier;
    }
    return std::exchange(late_, Delivery::Sent);
}

/// send(2), to the end of it; returns its errno or 0.
int OneShotUdp::handOver(BytesView payload) const {
    // A full queue of the interface is not waited for by the kernel.  A second is more than it
    // takes to drain one.
    constexpr int kMostWaits = 1000;
    for (int waits = 0;;) {
        if (::send(fd_, payload.data(), payload.size(), 0) >= 0) return 0;
        if (errno == EINTR) continue;
        if (errno != ENOBUFS || ++waits > kMostWaits) return errno;
        poll(nullptr, 0, 1);
    }
}

Delivery OneShotUdp::check() {
    if (noWay_ != Delivery::Sent) return noWay_;
    int errnum = 0;
    socklen_t length = sizeof errnum;
    if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &errnum, &length) < 0 || errnum == 0)
        return Delivery::Sent;
    if (!local_) drainErrors(fd_);
    return verdict(errnum).value_or(Delivery::Sent);
}

Delivery OneShotUdp::takeLateRefusal() {
    return std::exchange(late_, Delivery::Sent);
}

std::vector<Delivery> settle(std::span<OneShotUdp* const> sockets, Duration most) {
    std::vector<Delivery> out(sockets.size(), Delivery::Sent);
    // No events asked for: POLLERR comes anyway, and what a peer may send back is no answer.
    std::vector<pollfd> waits;
    for (const OneShotUdp* socket : sockets)
        waits.push_back({socket->isLocal() ? -1 : socket->fd(), 0, 0});
    auto unsettled = std::count_if(waits.begin(), waits.end(), [](pollfd w) { return w.fd >= 0; });
    const TimePoint end = now() + most;
    while (unsettled > 0) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now()).count();
        if (left <= 0 || poll(waits.data(), waits.size(), static_cast<int>(left)) <= 0) break;
        for (std::size_t i = 0; i < waits.size(); ++i) {
            if (waits[i].fd < 0 || waits[i].revents == 0) continue;
            out[i] = sockets[i]->check();
            waits[i].fd = -1;
            --unsettled;
        }
    }
    return out;
}

}  // namespace im::net
