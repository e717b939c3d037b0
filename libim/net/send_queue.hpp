// SPDX-License-Identifier: BSL-1.0
// SendQueue: the Sink of a program with sockets.  Gathers what a protocol sends during a turn
// and hands it to the sockets in few calls.  Not thread-safe; it belongs to one loop.
//
// Unicasts are copied.  Fan-outs are kept by reference, as Sink says: flush() after tick() and
// before the protocol's next call.  Memory grows to the largest turn and stays.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/base/datagram.hpp"
#include "libim/base/duration_histogram.hpp"
#include "libim/net/udp_socket.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace im::net {

struct FanOutCounters {
    DurationHistogram times;    ///< of flushing what one turn had to tell, answers not counted
    std::uint64_t last = 0;     ///< datagrams of the last one
    std::uint64_t largest = 0;  ///< of the largest one
    Duration lastTook{0};
};

class SendQueue final : public Sink {
public:
    void send(const Destination& to, BytesView payload) override;
    void fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) override;

    /// Sends everything and is empty afterwards: first the unicasts, in order, then the fan-outs,
    /// in order.  So an answer never waits for what a million others are told.  A datagram
    /// goes by the socket of its path; where there is none, or it is of the other family, by the
    /// first of the destination's family; where there is none, it is dropped and counted.
    void flush(std::span<UdpSocket* const> sockets);
    void flush(UdpSocket& socket);

    [[nodiscard]] bool empty() const { return unicasts_.empty() && fanOuts_.empty(); }
    /// Datagrams dropped because no socket has their family.
    [[nodiscard]] std::uint64_t homeless() const { return homeless_; }
    [[nodiscard]] const FanOutCounters& fanOuts() const { return fanOutCounters_; }

private:
    struct Unicast {
        Destination to;
        std::size_t at;  // in bytes_
        std::size_t size;
    };
    struct FanOut {
        std::span<const BytesView> payloads;
        std::span<const Destination> to;
    };

    void flushUnicasts(std::span<UdpSocket* const> sockets);
    void flushFanOuts(std::span<UdpSocket* const> sockets);
    void flushFanOut(const FanOut& fanOut, std::span<UdpSocket* const> sockets);

    Bytes bytes_;
    std::vector<Unicast> unicasts_;
    std::vector<FanOut> fanOuts_;
    std::vector<UdpSocket::Unicast> batch_;  // scratch of flush()
    std::vector<Destination> destinations_;  // scratch of flush()
    std::uint64_t homeless_ = 0;
    FanOutCounters fanOutCounters_;
};

}  // namespace im::net
