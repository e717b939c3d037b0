// SPDX-License-Identifier: BSL-1.0
// The rivals, where they are installed: each is started at a free port with a directory of its
// own, and spoken to by hand over TCP.  A broker's part is played as it would be used for
// presence: the login stays as a connection, and a message to all says so.
#pragma once

#include "tests/bench/index_server.hpp"
#include "tests/bench/support.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::bench {

struct Rival {
    Child child;
    std::uint16_t port;
};

/// What a client writes once connected, and whether it has all that it waits for.
struct Dialect {
    std::function<std::string(std::size_t client)> hello;
    std::function<bool(std::string_view answer)> isIn;
    /// Written before the connection closes.
    std::string goodbye;
};

/// Full path of a program of PATH or of /usr/sbin; nothing when it is not installed.
std::optional<std::string> findProgram(const std::string& name);

// Each serves on return; nothing when it is not installed.
std::optional<Rival> startMosquitto(const Place& place);
/// `durable`: with an append-only file.
std::optional<Rival> startRedis(const Place& place, bool durable = false);
std::optional<Rival> startNats(const Place& place);

/// CONNECT to CONNACK.
Dialect mosquittoLogin();
/// HELLO and HSET of who is where.
Dialect redisLogin();
/// To hear everything told from now on.
Dialect redisSubscriber();
/// Told to all who are in; then hears what comes.
Dialect redisArrival();
Dialect natsSubscriber();
Dialect natsArrival();
/// What one client publishes to all redisSubscriber()s.
std::string redisPublish();

/// Logs in `count` clients one after the other, kWindow under way, each closing at once.  Seconds.
double closedLogins(std::uint16_t port, const Dialect& dialect, std::size_t count);

/// Connections that stay and count what they are told.
class TcpCrowd {
public:
    explicit TcpCrowd(std::uint16_t port);
    TcpCrowd(const TcpCrowd&) = delete;
    TcpCrowd& operator=(const TcpCrowd&) = delete;
    ~TcpCrowd();

    /// `count` more, kWindow under way; all are in on return.
    void join(const Dialect& dialect, std::size_t count);
    void send(std::size_t client, std::string_view bytes) const;
    /// Reads until `expected` messages have come in all, or none does for `patience` seconds.
    void await(std::size_t expected, double patience);

    /// Messages of presence that came so far, to all together; when the last did.
    std::size_t heard() const { return heard_; }
    double lastAt() const { return lastAt_; }

private:
    struct Client {
        int socket;
        bool isIn = false;
        std::string answer;  // until it is in
    };
    /// Returns how many became in; `none` is set when nothing came.
    std::size_t read(const Dialect* dialect, int patienceMs, bool& none);

    std::uint16_t port_;
    int epoll_;
    std::vector<Client> clients_;
    std::size_t heard_ = 0;
    double lastAt_ = 0;
};

}  // namespace im::bench
