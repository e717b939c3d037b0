// SPDX-License-Identifier: BSL-1.0
// TcpClient: a connection of ours to somebody, for any loop: bytes out, bytes in.  What the bytes
// mean, how many may come and how long one waits is its owner's business.  Not thread-safe.  Owns
// its descriptor (close-on-exec, non-blocking).  Free of POCO.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/bytes.hpp"

#include <cstddef>
#include <functional>
#include <optional>

namespace im::net {

class TcpClient {
public:
    /// Begins to connect, from `local` where that is of the same family; else the routing table
    /// decides.  What the network refuses is isOver(); throws Error(OperatingSystem) when no
    /// descriptor is left.
    TcpClient(const Endpoint& to, std::optional<Address> local);
    TcpClient(const TcpClient&) = delete;
    TcpClient& operator=(const TcpClient&) = delete;
    ~TcpClient();

    /// To be watched for wants(), level-triggered; -1 when isOver().
    [[nodiscard]] int fd() const { return fd_; }
    /// Events of poll(2); 0 when isOver().
    [[nodiscard]] short wants() const;
    [[nodiscard]] bool isConnected() const { return isConnected_; }
    /// Refused, broken, closed by the other side, or by us.
    [[nodiscard]] bool isOver() const { return fd_ < 0; }

    /// Sends, now as far as it goes, the rest by advance().
    void write(BytesView bytes);
    /// Goes on without waiting, reading at most 1 MiB so that a loop stays fair.  `take` is given
    /// what came, and may close().
    void advance(const std::function<void(BytesView)>& take);
    /// What was not sent yet is not sent any more.
    void close();

private:
    bool finishConnecting();
    void flush();
    void read(const std::function<void(BytesView)>& take);

    int fd_ = -1;
    bool isConnected_ = false;
    Bytes unsent_;
};

}  // namespace im::net
