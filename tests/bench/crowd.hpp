// SPDX-License-Identifier: BSL-1.0
// The classic users: a closed loop of logins, and sockets that are thousands of listeners.
#pragma once

#include "tests/bench/support.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace im::bench {

/// Room for whatever comes while the reader is not scheduled: a datagram takes some 800 bytes of
/// it.
constexpr int kBuffer = 1'000'000'000;

/// Logins under way at once where a part does not say otherwise.
constexpr std::size_t kWindow = 64;

/// Sends every request to `server` and waits for as many answers, kWindow under way.  Of a request
/// with a `second` (or none) both go out, and one answer comes.  Seconds it took.
double closedLoop(int socket, const sockaddr_in& server, const std::vector<std::string>& requests,
                  const std::vector<std::string>& second = {});

/// Sends every request, kWindow each half millisecond: the answers go elsewhere.
void sendPaced(int socket, const sockaddr_in& server, const std::vector<std::string>& requests);

/// Receives on all of 127.0.0.0/8 in a thread of its own.
class Listeners {
public:
    Listeners();
    Listeners(const Listeners&) = delete;
    Listeners& operator=(const Listeners&) = delete;
    ~Listeners();

    struct Heard {
        double seconds;     // from the beginning of `act` until the last was there
        std::size_t count;  // datagrams
    };
    std::uint16_t port() const { return portOf(socket_); }
    int socket() const { return socket_; }
    /// Runs `act` and waits until `expected` datagrams are here, or nothing comes any more;
    /// with UDP_GRO, as imlisten, where `coalesce`.
    Heard during(std::size_t expected, bool coalesce, const std::function<void()>& act) const;

private:
    int socket_;
};

/// Users at addresses of their own on one socket that knows which of them a datagram is for, and
/// when the kernel had it: what waits in this socket is not the index's time.
class Crowd {
public:
    struct Arrival {
        std::uint32_t host;      // whom it was sent to
        double at;               // on the clock of calendar()
        std::string_view bytes;  // valid until the next receive()
    };

    /// `coalesce`: with UDP_GRO, as imlisten.
    explicit Crowd(bool coalesce = false);
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;
    ~Crowd();

    std::uint16_t port() const { return portOf(socket_); }
    /// As the user at `host`.
    void send(std::uint32_t host, const sockaddr_in& to, std::string_view bytes) const;
    /// The datagrams that came within `patience` seconds; empty when nothing did.
    const std::vector<Arrival>& receive(double patience);

    /// Seconds of the clock that Arrival::at is on.
    static double calendar();

private:
    int socket_;
    std::size_t longest_;  // of what comes in one piece
    std::vector<char> space_;
    std::vector<Arrival> arrivals_;
};

/// Whether these are the bytes of an `Accept`.
bool isAccept(std::string_view bytes);

}  // namespace im::bench
