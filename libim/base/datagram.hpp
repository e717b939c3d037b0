// SPDX-License-Identifier: BSL-1.0
// Datagram and Sink: the whole edge between a protocol and the network.  A protocol takes a
// datagram and the time, and writes what it wants sent into a Sink; it knows no socket.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/bytes.hpp"
#include "libim/base/time.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>

namespace im {

/// Which socket and which local address a datagram came in by; give it back to send by the same.
/// A host with several addresses then answers from the one that was asked.  Opaque above net.
using PathId = std::uint16_t;
/// Any path: the routing table decides.
inline constexpr PathId kAnyPath = 0;
/// A TCP connection, known by its remote endpoint.
inline constexpr PathId kStreamPath = 1;

/// Where to send to, and by which path.
struct Destination {
    Endpoint to;
    PathId via = kAnyPath;
};

/// A received datagram.  `bytes` is borrowed: valid until receive() returns.
struct Datagram {
    Endpoint from;
    BytesView bytes;
    PathId via = kAnyPath;
    /// The datagram was longer than the receiver's buffer and `bytes` is only its beginning.
    bool truncated = false;
    /// How many the kernel dropped between the datagram before and this one, for want of room.
    std::uint32_t lostBefore = 0;
};

/// Takes what a protocol sends.  Not thread-safe: it belongs to the loop that owns the protocol.
class Sink {
public:
    Sink() = default;
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    virtual ~Sink() = default;

    /// One payload to one destination.  `payload` is copied.
    virtual void send(const Destination& to, BytesView payload) = 0;

    /// Every payload, in order, to every destination: one buffer and N addresses, never N
    /// copies.  Several payloads are a train, which the network may hand to the kernel in one
    /// call; on the wire each stays a datagram of its own.  Nothing is copied: the spans and
    /// what they point to stay valid until the protocol's next receive() or tick().
    virtual void fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) = 0;
};

/// What net::Loop drives, and what the simulated network of the tests drives just the same.
template <typename P>
concept Protocol = requires(P p, const P& constP, const Datagram& d, TimePoint now, Sink& sink) {
    /// Called for each datagram of a batch.
    p.receive(d, now, sink);
    /// Called once after a batch and whenever nextDeadline() has come.
    p.tick(now, sink);
    { constP.nextDeadline() } -> std::same_as<std::optional<TimePoint>>;
};

}  // namespace im
