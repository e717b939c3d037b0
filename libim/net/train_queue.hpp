// SPDX-License-Identifier: BSL-1.0
// TrainQueue: the Sink of a program that sends much to few.  What goes to the same place one behind
// the other is handed to the kernel as trains (UdpSocket::fanOut), so that a stream costs one call
// for dozens of frames.  Order is kept.  Not thread-safe; memory grows to the largest turn and
// stays.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/base/datagram.hpp"
#include "libim/net/udp_socket.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace im::net {

class TrainQueue final : public Sink {
public:
    /// Copies.
    void send(const Destination& to, BytesView payload) override;
    /// Copies, too.
    void fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) override;

    /// Which socket sends to that endpoint; nullptr: none can, and it is dropped.
    using SocketFor = std::function<UdpSocket*(const Endpoint& to)>;
    /// Sends everything and is empty afterwards.
    void flush(const SocketFor& socketFor);

    [[nodiscard]] bool empty() const { return waiting_.empty(); }

private:
    struct Waiting {
        Destination to;
        std::size_t at;  // in bytes_
        std::size_t size;
    };

    Bytes bytes_;
    std::vector<Waiting> waiting_;
    std::vector<BytesView> train_;
};

}  // namespace im::net
