// SPDX-License-Identifier: BSL-1.0
// The raw kernel: what the same bytes cost without any program of ours.  Every ratio that
// scripts/bench prints is against one of these, measured in the same run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <netinet/in.h>

namespace im::bench {

/// Answers every datagram with `answer` to its source, in batches of 64 by recvmmsg and
/// sendmmsg.  Never returns.
[[noreturn]] void echoServer(int socket, std::string_view answer);

/// Accepts, writes `body`, closes, one connection after the other.  Never returns.
[[noreturn]] void rosterServer(int listener, const std::string& body);

/// `payload` once to each destination by sendmmsg 64.
void sendToAll(int socket, std::string_view payload, std::span<const sockaddr_in> to);

/// For every datagram that comes to `socket`: sendToAll().  Never returns.
[[noreturn]] void tellServer(int socket, std::string_view payload, std::span<const sockaddr_in> to);

/// `count` equal payloads to each destination as one train each (UDP_SEGMENT).
void sendTrains(int socket, std::string_view payload, std::size_t count,
                std::span<const sockaddr_in> to);

/// Whoever is told would be on another machine: to wake him is none of the sender's business.  Here
/// it would be, once a datagram, and half of its price, so readers take what came in so many
/// microseconds at a time, those of the rivals too.
inline constexpr unsigned kReaderRest = 100;

/// Reads from `socket` until `expected` datagrams have come or nothing has for a second; with
/// UDP_GRO where `coalesce`.  Returns how many came.
std::size_t drain(int socket, std::size_t expected, bool coalesce);

/// What a descriptor brings, as datagrams of `line` bytes each; `trains`: many a call
/// (UDP_SEGMENT).  Until the end of `in`.
void linesToDatagrams(int in, const sockaddr_in& to, std::size_t line, bool trains);

/// What comes to `socket`, written to `out` as it is, one write for what is there; with UDP_GRO
/// where `trains`.  Never returns.
[[noreturn]] void linesFromDatagrams(int socket, int out, bool trains);

}  // namespace im::bench
