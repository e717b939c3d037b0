// SPDX-License-Identifier: BSL-1.0
// Opening and receiving; sending is in udp_send.cpp.
#include "libim/net/udp_socket.hpp"

#include "libim/net/sockaddr.hpp"
#include "libim/net/udp_buffers.hpp"

#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace im::net {

namespace {

// Reports of unreachable endpoints that may stand before the datagrams in one receive().  Each is
// taken away by being returned, so more than a few can only come from a flood, and epoll calls
// again.
constexpr int kReportsSkipped = 64;

template <typename T>
T valueOf(const cmsghdr& control) {
    T value;
    std::memcpy(&value, CMSG_DATA(&control), sizeof value);
    return value;
}

/// Packet info, overruns and segment size of one received message.
struct Received {
    std::optional<Address> local;
    std::uint32_t interface = 0;
    std::optional<std::uint32_t> overrun;
    std::size_t segment = 0;  // 0: one datagram
};

void readControl(const cmsghdr& control, Received& out) {
    if (control.cmsg_level == IPPROTO_IP && control.cmsg_type == IP_PKTINFO) {
        const auto info = valueOf<in_pktinfo>(control);
        std::array<std::uint8_t, 4> bytes{};
        std::memcpy(bytes.data(), &info.ipi_spec_dst, bytes.size());
        out.local = Address::v4(bytes);
    } else if (control.cmsg_level == IPPROTO_IPV6 && control.cmsg_type == IPV6_PKTINFO) {
        const auto info = valueOf<in6_pktinfo>(control);
        std::array<std::uint8_t, 16> bytes{};
        std::memcpy(bytes.data(), &info.ipi6_addr, bytes.size());
        out.local = Address::v6(bytes);
        out.interface = info.ipi6_ifindex;
    } else if (control.cmsg_level == SOL_SOCKET && control.cmsg_type == SO_RXQ_OVFL) {
        out.overrun = valueOf<std::uint32_t>(control);
    } else if (control.cmsg_level == SOL_UDP && control.cmsg_type == UDP_GRO) {
        out.segment = static_cast<std::size_t>(valueOf<int>(control));
    }
}

Received controlOf(msghdr& header) {
    Received received;
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c))
        readControl(*c, received);
    return received;
}

bool saysPortUnreachable(msghdr& header) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        const bool report = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                            (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
        if (!report) continue;
        const auto error = valueOf<sock_extended_err>(*c);
        if (error.ee_origin == SO_EE_ORIGIN_ICMP)
            return error.ee_type == ICMP_DEST_UNREACH && error.ee_code == ICMP_PORT_UNREACH;
        if (error.ee_origin == SO_EE_ORIGIN_ICMP6)
            return error.ee_type == ICMP6_DST_UNREACH && error.ee_code == ICMP6_DST_UNREACH_NOPORT;
    }
    return false;
}

// Options that an older kernel may lack are wishes: without them we still serve.
void wish(int descriptor, int level, int option, int value) {
    static_cast<void>(::setsockopt(descriptor, level, option, &value, sizeof value));
}

BindError cannotBind(const Endpoint& local) {
    return {"UDP " + local.toString(), errno};
}

int openSocket(const Endpoint& local) {
    const int family = local.address.isV4() ? AF_INET : AF_INET6;
    const int descriptor = ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) throw cannotBind(local);  // no IPv6 here, or no descriptor left
    return descriptor;
}

}  // namespace

/// Owns `descriptor` from here on.
UdpSocket::UdpSocket(int descriptor, const Endpoint& local, const UdpOptions& options)
    : descriptor_(descriptor), options_(options), local_(local), paths_(1) {
    assert(options.number >= 1 && options.number <= kMostSockets);
    assert(options.batch > 0 && options.longest > 0);
    paths_.reserve(kMostPaths + 1);
    takeHold();
    buffers_ = std::make_unique<Buffers>(options.batch, options.longest);
}

UdpSocket::UdpSocket(const Endpoint& local, const UdpOptions& options)
    : UdpSocket(openSocket(local), local, options) {
    bind();
}

UdpSocket::UdpSocket(const GivenSocket& given, const UdpOptions& options)
    : UdpSocket(given.descriptor, given.local, options) {
    static_cast<void>(takeLost());
    counters_ = {};  // what was lost before us was lost to somebody else
}

UdpSocket::~UdpSocket() {
    ::close(descriptor_);
}

void UdpSocket::takeHold() {
    ::fcntl(descriptor_, F_SETFD, FD_CLOEXEC);
    ::fcntl(descriptor_, F_SETFL, O_NONBLOCK);
    setOptions();
}

void UdpSocket::bind() {
    SocketAddress address{};
    const socklen_t length = toSocketAddress(local_, address);
    if (::bind(descriptor_, &address.any, length) != 0) throw cannotBind(local_);
    local_ = localEndpoint(descriptor_);
}

void UdpSocket::setOptions() {
    const bool v4 = isV4();
    wish(descriptor_, SOL_SOCKET, SO_RXQ_OVFL, 1);
    // A broadcast address as somebody's endpoint must fail, not reach a whole network.
    wish(descriptor_, SOL_SOCKET, SO_BROADCAST, 0);
    if (!v4) wish(descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (v4 && local_.address.isUnspecified()) wish(descriptor_, IPPROTO_IP, IP_PKTINFO, 1);
    if (!v4 && local_.address.isUnspecified()) wish(descriptor_, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    if (options_.reportUnreachable)
        wish(descriptor_, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_RECVERR : IPV6_RECVERR, 1);
    if (options_.coalesce) wish(descriptor_, SOL_UDP, UDP_GRO, 1);
    if (options_.receiveBuffer > 0) {
        wish(descriptor_, SOL_SOCKET, SO_RCVBUF, options_.receiveBuffer);
        // Above rmem_max, for who is allowed to.
        wish(descriptor_, SOL_SOCKET, SO_RCVBUFFORCE, options_.receiveBuffer);
    }
    // A kernel without segmentation would ignore it in sendmsg and send one giant datagram.
    const int none = 0;
    if (!options_.trains ||
        ::setsockopt(descriptor_, SOL_UDP, UDP_SEGMENT, &none, sizeof none) != 0)
        trains_ = Trains::No;
}

std::size_t UdpSocket::bufferSize(int option) const {
    int granted = 0;
    socklen_t length = sizeof granted;
    ::getsockopt(descriptor_, SOL_SOCKET, option, &granted, &length);
    return static_cast<std::size_t>(granted);
}

std::size_t UdpSocket::receiveBuffer() const {
    return bufferSize(SO_RCVBUF);
}

std::size_t UdpSocket::sendBuffer() const {
    return bufferSize(SO_SNDBUF);
}

PathId UdpSocket::pathTo(const Address& local, std::uint32_t interface) {
    const auto id = [this](std::size_t slot) {
        return static_cast<PathId>(options_.number << 10U | slot);
    };
    // Unspecified: it waited in a socket given to us that had no IP_PKTINFO yet.
    if (local.isMulticast() || local.isUnspecified()) return id(0);
    if (!local.isLinkLocal()) interface = 0;
    const auto is = [&](const Path& path) {
        return path.local == local && path.interface == interface;
    };
    if (lastPath_ != 0 && is(paths_[lastPath_])) return id(lastPath_);
    const auto found = std::find_if(paths_.begin() + 1, paths_.end(), is);
    // Somebody on this host can ask all 16 million addresses of 127/8; they get half the room.
    const std::size_t most = local.isLoopback() ? kMostPaths / 2 : kMostPaths;
    if (found == paths_.end() && paths_.size() > most) return id(0);
    lastPath_ = static_cast<std::size_t>(found - paths_.begin());
    if (found == paths_.end()) paths_.push_back({local, interface});
    return id(lastPath_);
}

// The kernel's counter wraps.  One that lies behind is of a datagram that came before takeLost().
std::uint32_t UdpSocket::noteOverrun(std::uint32_t counter) {
    const std::uint32_t lost = counter - lastOverrun_;
    if (lost == 0 || lost > UINT32_MAX / 2) return 0;
    lastOverrun_ = counter;
    counters_.overrun += lost;
    return lost;
}

std::uint32_t UdpSocket::takeLost() {
    std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
    socklen_t length = sizeof info;
    if (::getsockopt(descriptor_, SOL_SOCKET, SO_MEMINFO, info.data(), &length) != 0) return 0;
    if (length <= SK_MEMINFO_DROPS * sizeof info[0]) return 0;
    return noteOverrun(info[SK_MEMINFO_DROPS]);
}

void UdpSocket::takeMessage(std::size_t index) {
    msghdr& header = buffers_->in[index].msg_hdr;
    const Received received = controlOf(header);
    const std::uint32_t lost = received.overrun ? noteOverrun(*received.overrun) : 0;
    const auto from = toEndpoint(buffers_->inFrom[index]);
    if (!from) return;
    counters_.receivedBytes += buffers_->in[index].msg_len;
    Datagram datagram;
    datagram.lostBefore = lost;
    datagram.from = *from;
    datagram.via = received.local ? pathTo(*received.local, received.interface)
                                  : static_cast<PathId>(options_.number << 10U);
    datagram.truncated = (header.msg_flags & MSG_TRUNC) != 0;
    const BytesView all(static_cast<const std::byte*>(buffers_->inPieces[index].iov_base),
                        buffers_->in[index].msg_len);
    const std::size_t segment = received.segment > 0 ? received.segment : all.size();
    std::size_t at = 0;
    do {
        datagram.bytes = all.subspan(at, std::min(segment, all.size() - at));
        buffers_->datagrams.push_back(datagram);
        datagram.lostBefore = 0;
        at += segment;
    } while (at < all.size());
}

std::span<const Datagram> UdpSocket::receive() {
    Buffers& buffers = *buffers_;
    buffers.datagrams.clear();
    buffers.makeReady();
    int count = -1;
    for (int attempt = 0; attempt < kReportsSkipped && count < 0; ++attempt) {
        count = ::recvmmsg(descriptor_, buffers.in.data(), static_cast<unsigned>(buffers.in.size()),
                           MSG_DONTWAIT, nullptr);
        if (count < 0 && errno == EAGAIN) return {};
    }
    for (int i = 0; i < count; ++i) takeMessage(static_cast<std::size_t>(i));
    counters_.received += buffers.datagrams.size();
    return buffers.datagrams;
}

UdpCounters& UdpCounters::operator+=(const UdpCounters& other) {
    received += other.received;
    receivedBytes += other.receivedBytes;
    overrun += other.overrun;
    sent += other.sent;
    sentBytes += other.sentBytes;
    trains += other.trains;
    refused += other.refused;
    congested += other.congested;
    return *this;
}

std::span<const Endpoint> UdpSocket::unreachable() {
    Buffers& buffers = *buffers_;
    buffers.unreachable.clear();
    int count = 0;
    do {
        buffers.makeReady();
        count = ::recvmmsg(descriptor_, buffers.in.data(), static_cast<unsigned>(buffers.in.size()),
                           MSG_ERRQUEUE | MSG_DONTWAIT, nullptr);
        for (int i = 0; i < count; ++i) {
            const auto index = static_cast<std::size_t>(i);
            const auto to = toEndpoint(buffers.inFrom[index]);
            if (to && saysPortUnreachable(buffers.in[index].msg_hdr))
                buffers.unreachable.push_back(*to);
        }
    } while (count > 0 && buffers.unreachable.empty());
    return buffers.unreachable;
}

}  // namespace im::net
