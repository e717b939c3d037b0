// SPDX-License-Identifier: BSL-1.0
// HttpDoor: the sockets under HttpServer, for which POCO's own wait too long.  A visitor's socket
// has one deadline for everything and a bound on what is read from it; the listening one can be
// woken to stop, and rests when descriptors run out.  Private to HttpServer.
#pragma once

#include "libim/base/address.hpp"
#include "libim/net/http_server.hpp"

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/ServerSocketImpl.h>

namespace im::net {

class HttpDoor final : public Poco::Net::ServerSocketImpl {
public:
    /// Binds and listens; throws BindError.  Counted by POCO: hand it to a ServerSocket.
    HttpDoor(const Endpoint& local, Duration longestVisit);

    /// poll() returns at once from now on.  For any thread.
    void wake() const;

    Poco::Net::SocketImpl* acceptConnection(Poco::Net::SocketAddress& from) override;
    /// Waits for a visitor or wake(), however long: POCO would look four times a second whether
    /// it is to stop.
    bool poll(const Poco::Timespan& timeout, int mode) override;

private:
    ~HttpDoor() override;

    int bell_;
    Duration longestVisit_;
};

/// What TCPServer wants.
class HttpServerSocket final : public Poco::Net::ServerSocket {
public:
    /// Takes `door`.
    explicit HttpServerSocket(HttpDoor* door) : ServerSocket(door, true) {}
};

}  // namespace im::net
