// SPDX-License-Identifier: BSL-1.0
// UdpSocket::Buffers: the arrays that recvmmsg and sendmmsg are given, allocated once.  Private
// to UdpSocket.
#pragma once

#include "libim/net/sockaddr.hpp"
#include "libim/net/udp_socket.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace im::net {

struct UdpSocket::Buffers {
    /// Room for packet info, overrun count and segment size, or an error report with its origin.
    struct alignas(cmsghdr) Control {
        std::array<std::byte, 128> bytes;
    };

    /// Payloads of a fan-out prepared at once; more are sent in several goes.
    static constexpr std::size_t kPayloads = 1024;

    Buffers(std::size_t batch, std::size_t longest)
        : bytes(std::make_unique_for_overwrite<std::byte[]>(batch * longest)),
          in(batch),
          inPieces(batch),
          inFrom(batch),
          inControl(batch),
          out(batch),
          outPieces(batch),
          outTo(batch),
          outControl(batch),
          payloads(kPayloads) {
        datagrams.reserve(batch);
        runs.reserve(kPayloads);
        unreachable.reserve(batch);
        for (std::size_t i = 0; i < batch; ++i) {
            inPieces[i] = {&bytes[i * longest], longest};
            in[i].msg_hdr.msg_iov = &inPieces[i];
            in[i].msg_hdr.msg_iovlen = 1;
            in[i].msg_hdr.msg_name = &inFrom[i];
            in[i].msg_hdr.msg_control = &inControl[i];
            out[i].msg_hdr.msg_name = &outTo[i];
        }
    }

    /// The kernel overwrites the lengths with what it used.
    void makeReady() {
        for (mmsghdr& message : in) {
            message.msg_hdr.msg_namelen = sizeof(SocketAddress);
            message.msg_hdr.msg_controllen = sizeof(Control);
        }
    }

    // Not zeroed: the pages that no datagram ever fills are never there.
    std::unique_ptr<std::byte[]> bytes;
    std::vector<mmsghdr> in;
    std::vector<iovec> inPieces;
    std::vector<SocketAddress> inFrom;
    std::vector<Control> inControl;
    std::vector<Datagram> datagrams;
    std::vector<Endpoint> unreachable;

    std::size_t filled = 0;  // of out
    std::vector<mmsghdr> out;
    std::vector<iovec> outPieces;  // of messages with one payload
    std::vector<SocketAddress> outTo;
    std::vector<Control> outControl;
    std::vector<iovec> payloads;  // of a fan-out: shared by all its messages
    std::vector<Run> runs;
};

}  // namespace im::net
