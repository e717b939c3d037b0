// SPDX-License-Identifier: BSL-1.0
// OneShotUdp: a UDP socket for one destination, from a port of its own, that learns whether the
// other side refused what it was sent.  For imsend: no loop, no POCO, few system calls.
// Blocking; a full socket buffer is waited for.  Not thread-safe.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/bytes.hpp"
#include "libim/base/time.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace im::net {

/// What is known of a datagram handed to the kernel.
enum class Delivery : std::uint8_t {
    Sent,         ///< handed to the network and, as far as is known, not refused
    Refused,      ///< nobody listens there (port unreachable)
    Unreachable,  ///< no way to that host (no route, host or network unreachable)
};

class OneShotUdp {
public:
    /// How long a refusal from another host is worth waiting for: a round trip on a local
    /// network takes 1 ms, across a country 30 ms, and nobody minds 50 ms after a message.  On
    /// this host it is there before send() returns.
    static constexpr Duration kRefusalTime = std::chrono::milliseconds(50);

    /// Connects to `to`, from the address `from` where it is one of this host's (so that the
    /// peer sees the address it knows us by), else from what routing chooses; and from `port`
    /// where that is free there, else from any.
    /// Throws Error(OperatingSystem) when no descriptor is left.
    OneShotUdp(const Endpoint& to, const std::optional<Address>& from, std::uint16_t port = 0);
    OneShotUdp(OneShotUdp&& other) noexcept;
    OneShotUdp& operator=(OneShotUdp&& other) noexcept;
    ~OneShotUdp();

    /// Sends one datagram and looks, without waiting, whether it was refused.  A refusal of an
    /// earlier datagram that has come meanwhile is noted for takeLateRefusal(), and does not
    /// keep this one from being sent.  Throws Error(OperatingSystem) where it is neither the
    /// other side's nor the way's fault (out of memory).
    Delivery send(BytesView payload);

    /// What is known now of the last datagram, beyond what send() said.
    Delivery check();

    /// What an earlier datagram than the last came to after its send() had said Sent.
    [[nodiscard]] Delivery takeLateRefusal();

    /// Whether the destination is on this host, where a refusal does not keep one waiting.
    [[nodiscard]] bool isLocal() const { return local_; }
    /// Reports POLLERR when check() has something to say.
    [[nodiscard]] int fd() const { return fd_; }

private:
    [[nodiscard]] int handOver(BytesView payload) const;

    int fd_ = -1;
    bool local_ = false;
    Delivery noWay_ = Delivery::Sent;  // connect(2) already said so
    Delivery late_ = Delivery::Sent;
};

/// check() of each, after waiting for refusals no longer than `most` altogether.  Sockets that
/// are local are not waited for.
[[nodiscard]] std::vector<Delivery> settle(std::span<OneShotUdp* const> sockets, Duration most);

}  // namespace im::net
