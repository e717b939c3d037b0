// SPDX-License-Identifier: BSL-1.0
// The sending half of UdpSocket.
#include "libim/net/clock.hpp"
#include "libim/net/sockaddr.hpp"
#include "libim/net/udp_buffers.hpp"
#include "libim/net/udp_socket.hpp"

#include <netinet/udp.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace im::net {

namespace {

// A train's datagram must fit a link unfragmented, or the kernel refuses the whole train.  This
// fits the smallest link that IPv6 allows: 1280 less 40 and 8.
constexpr std::size_t kTrainSegment = 1232;
// Before Linux 6.x a train has at most 64 datagrams; it never has more than an IP packet.
constexpr std::size_t kTrainDatagrams = 64;
constexpr std::size_t kTrainBytes = 65535 - 60 - 8;

// IPv4 datagrams that no path on Earth has to fragment: 576 bytes less 20 and 8.
constexpr std::size_t kNeverFragmented = 548;

// A send may return the report of an earlier datagram's unreachable endpoint; asking again gets
// past it.  When that many have been skipped, the error is this datagram's own.
constexpr unsigned kReportsSkipped = 3;

/// How many payloads from the first on can go as one train: equally long, only the last shorter.
std::size_t trainLength(std::span<const BytesView> payloads) {
    const std::size_t segment = payloads.front().size();
    if (segment == 0 || segment > kTrainSegment) return 1;
    std::size_t total = segment;
    std::size_t count = 1;
    while (count < payloads.size() && count < kTrainDatagrams) {
        const std::size_t size = payloads[count].size();
        if (size > segment || size == 0 || total + size > kTrainBytes) break;
        total += size;
        ++count;
        if (size < segment) break;
    }
    return count;
}

iovec pieceOf(BytesView payload) {
    // sendmmsg only reads it; iovec is shared with readv.
    return {const_cast<std::byte*>(payload.data()), payload.size()};
}

template <typename T>
void append(msghdr& header, int level, int type, const T& value) {
    auto* const at = static_cast<std::byte*>(header.msg_control) + header.msg_controllen;
    cmsghdr control{};
    control.cmsg_level = level;
    control.cmsg_type = type;
    control.cmsg_len = CMSG_LEN(sizeof value);
    std::memset(at, 0, CMSG_SPACE(sizeof value));
    std::memcpy(at, &control, sizeof control);
    std::memcpy(at + CMSG_LEN(0), &value, sizeof value);
    header.msg_controllen += CMSG_SPACE(sizeof value);
}

void appendSource(msghdr& header, const Address& local, std::uint32_t interface) {
    if (local.isV4()) {
        in_pktinfo info{};
        const auto bytes = local.v4Bytes();
        std::memcpy(&info.ipi_spec_dst, bytes.data(), bytes.size());
        append(header, IPPROTO_IP, IP_PKTINFO, info);
    } else {
        in6_pktinfo info{};
        std::memcpy(&info.ipi6_addr, local.bytes().data(), local.bytes().size());
        info.ipi6_ifindex = interface;
        append(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
}

}  // namespace

/// Fills in everything of message `index` but its payload.  `segment` 0: no train.
void UdpSocket::address(std::size_t index, const Destination& to, std::size_t segment) {
    const bool ours = socketOf(to.via) == options_.number;
    const std::size_t slot = ours ? to.via & 0x3FFU : 0;
    const Path& path = paths_[slot < paths_.size() ? slot : 0];
    msghdr& header = buffers_->out[index].msg_hdr;
    const bool linkLocal = to.to.address.isLinkLocal();
    header.msg_namelen =
        toSocketAddress(to.to, buffers_->outTo[index], linkLocal ? path.interface : 0);
    header.msg_control = &buffers_->outControl[index];
    header.msg_controllen = 0;
    if (&path != paths_.data()) appendSource(header, path.local, path.interface);
    if (segment != 0) append(header, SOL_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(segment));
    if (header.msg_controllen == 0) header.msg_control = nullptr;
}

void UdpSocket::queueOne(const Destination& to, BytesView payload) {
    if (buffers_->filled == buffers_->out.size()) push();
    const std::size_t index = buffers_->filled++;
    address(index, to, 0);
    buffers_->outPieces[index] = pieceOf(payload);
    buffers_->out[index].msg_hdr.msg_iov = &buffers_->outPieces[index];
    buffers_->out[index].msg_hdr.msg_iovlen = 1;
}

void UdpSocket::queueRun(const Destination& to, const Run& run) {
    iovec* const first = &buffers_->payloads[run.first];
    if (run.count == 1 || trains_ == Trains::No) {
        for (iovec* piece = first; piece != first + run.count; ++piece)
            queueOne(to, {static_cast<const std::byte*>(piece->iov_base), piece->iov_len});
        return;
    }
    if (buffers_->filled == buffers_->out.size()) push();
    const std::size_t index = buffers_->filled++;
    address(index, to, first->iov_len);
    buffers_->out[index].msg_hdr.msg_iov = first;
    buffers_->out[index].msg_hdr.msg_iovlen = run.count;
}

/// Hands over what is queued; false when something was dropped.
bool UdpSocket::push() {
    Buffers& buffers = *buffers_;
    const std::uint64_t dropped = counters_.refused + counters_.congested;
    std::size_t at = 0;
    unsigned attempt = 0;
    while (at < buffers.filled) {
        const int count = ::sendmmsg(descriptor_, &buffers.out[at],
                                     static_cast<unsigned>(buffers.filled - at), 0);
        if (count < 0) {
            if (overcome(at, errno, attempt++)) continue;
            ++at;
        }
        for (int i = 0; i < count; ++i, ++at) {
            const std::size_t datagrams = buffers.out[at].msg_hdr.msg_iovlen;
            counters_.sent += datagrams;
            counters_.sentBytes += buffers.out[at].msg_len;
            if (datagrams == 1) continue;
            ++counters_.trains;
            if (trains_ == Trains::Untried) trains_ = Trains::Yes;
        }
        attempt = 0;
    }
    buffers.filled = 0;
    return counters_.refused + counters_.congested == dropped;
}

/// What to do about an error at message `index`: true to try again, false when it is done with.
bool UdpSocket::overcome(std::size_t index, int errnum, unsigned attempt) {
    if (errnum == EINTR) return true;
    const std::size_t datagrams = buffers_->out[index].msg_hdr.msg_iovlen;
    if (errnum == EAGAIN || errnum == ENOBUFS) {
        if (waitForRoom(errnum)) return true;
        counters_.congested += datagrams;
        return false;
    }
    if (attempt < kReportsSkipped) return true;
    pushSeparately(index);
    return false;
}

/// Message `index` in its simplest form: one by one, and when its path is the trouble (the host
/// has another address by now) by any other.
void UdpSocket::pushSeparately(std::size_t index) {
    const msghdr& message = buffers_->out[index].msg_hdr;
    msghdr single = message;
    // What is behind the packet info is the segment size.
    if (message.msg_iovlen > 1) single.msg_controllen -= CMSG_SPACE(sizeof(std::uint16_t));
    if (single.msg_controllen == 0) single.msg_control = nullptr;
    single.msg_iovlen = 1;
    for (std::size_t i = 0; i < message.msg_iovlen; ++i) {
        single.msg_iov = &message.msg_iov[i];
        Fate fate = trySingle(single);
        // All that was wrong was the train.
        if (fate == Fate::Sent && message.msg_iovlen > 1 && trains_ == Trains::Untried)
            trains_ = Trains::No;
        if (fate == Fate::Refused && single.msg_control != nullptr) {
            single.msg_control = nullptr;
            single.msg_controllen = 0;
            fate = trySingle(single);
        }
        if (fate == Fate::Sent) {
            ++counters_.sent;
            counters_.sentBytes += single.msg_iov->iov_len;
        }
        if (fate == Fate::Refused) ++counters_.refused;
        if (fate == Fate::Congested) ++counters_.congested;
    }
}

UdpSocket::Fate UdpSocket::trySingle(const msghdr& single) {
    unsigned attempt = 0;
    while (::sendmsg(descriptor_, &single, 0) < 0) {
        const bool full = errno == EAGAIN || errno == ENOBUFS;
        if (full && !waitForRoom(errno)) return Fate::Congested;
        if (!full && errno != EINTR && ++attempt > kReportsSkipped) return Fate::Refused;
    }
    return Fate::Sent;
}

bool UdpSocket::waitForRoom(int errnum) {
    const TimePoint before = now();
    patience_ = std::min(kSendPatienceTotal, patience_ + (before - waitedLast_));
    waitedLast_ = before;
    const auto most =
        std::chrono::floor<std::chrono::milliseconds>(std::min(kSendPatience, patience_));
    if (most.count() < 1) return false;
    // ENOBUFS is a full queue of the device, of which poll knows nothing: a short rest.
    pollfd wait{descriptor_, POLLOUT, 0};
    const bool full = errnum == ENOBUFS;
    const int ready = ::poll(&wait, full ? 0 : 1, full ? 1 : static_cast<int>(most.count()));
    waitedLast_ = now();
    patience_ -= waitedLast_ - before;
    return full || ready > 0;
}

/// A datagram that must not be fragmented needs no identification, and to choose one for each
/// destination is a fifteenth of what the kernel does for it (measured).  The others keep the
/// system's way: told that a path takes less, the kernel fragments them.
void UdpSocket::setFragmented(bool fragmented) {
    if (!isV4() || isFragmented_ == fragmented) return;
    int how = IP_PMTUDISC_WANT;
    socklen_t length = sizeof how;
    if (!fragmented) ::getsockopt(descriptor_, IPPROTO_IP, IP_MTU_DISCOVER, &how, &length);
    if (how != IP_PMTUDISC_WANT) return;  // the administrator's, for all sockets
    isFragmented_ = fragmented;
    how = fragmented ? IP_PMTUDISC_WANT : IP_PMTUDISC_PROBE;
    ::setsockopt(descriptor_, IPPROTO_IP, IP_MTU_DISCOVER, &how, sizeof how);
}

bool UdpSocket::send(const Destination& to, BytesView payload) {
    assert(buffers_->filled == 0);
    if (payload.size() > kNeverFragmented) setFragmented(true);
    queueOne(to, payload);
    return push();
}

void UdpSocket::sendBatch(std::span<const Unicast> unicasts) {
    for (const Unicast& unicast : unicasts)
        if (unicast.payload.size() > kNeverFragmented) setFragmented(true);
    for (const Unicast& unicast : unicasts) queueOne(unicast.to, unicast.payload);
    push();
}

void UdpSocket::fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) {
    Buffers& buffers = *buffers_;
    setFragmented(std::ranges::any_of(
        payloads, [](BytesView payload) { return payload.size() > kNeverFragmented; }));
    while (!payloads.empty()) {
        const auto some = payloads.first(std::min(payloads.size(), Buffers::kPayloads));
        std::transform(some.begin(), some.end(), buffers.payloads.begin(), pieceOf);
        buffers.runs.clear();
        for (std::size_t at = 0; at < some.size(); at += buffers.runs.back().count)
            buffers.runs.push_back({at, trainLength(some.subspan(at))});
        for (const Destination& destination : to) {
            for (const Run& run : buffers.runs) queueRun(destination, run);
        }
        push();  // before the shared payloads are replaced
        payloads = payloads.subspan(some.size());
    }
}

}  // namespace im::net
