// SPDX-License-Identifier: BSL-1.0
// PlainSocket: the other side in the tests of net: a blocking socket of the system with a time
// limit, nothing of ours.
#pragma once

#include "libim/net/sockaddr.hpp"

#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace im::net::test {

inline Endpoint at(std::string_view text) {
    return Endpoint::parse(text).value();
}

class PlainSocket {
public:
    /// SOCK_DGRAM or SOCK_STREAM, bound to `local`.
    PlainSocket(int type, const Endpoint& local)
        : descriptor_(::socket(local.address.isV4() ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0)) {
        const timeval patience{2, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        SocketAddress address{};
        const socklen_t length = toSocketAddress(local, address);
        if (::bind(descriptor_, &address.any, length) != 0) throw std::runtime_error("bind");
    }
    PlainSocket(PlainSocket&& other) noexcept : descriptor_(other.descriptor_) {
        other.descriptor_ = -1;
    }
    PlainSocket(const PlainSocket&) = delete;
    PlainSocket& operator=(const PlainSocket&) = delete;
    ~PlainSocket() { close(); }

    void close() {
        if (descriptor_ >= 0) ::close(descriptor_);
        descriptor_ = -1;
    }

    [[nodiscard]] Endpoint local() const { return localEndpoint(descriptor_); }
    [[nodiscard]] int descriptor() const { return descriptor_; }

    void sendTo(const Endpoint& to, std::string_view text) const {
        SocketAddress address{};
        const socklen_t length = toSocketAddress(to, address);
        static_cast<void>(::sendto(descriptor_, text.data(), text.size(), 0, &address.any, length));
    }

    struct Received {
        std::string text;
        Endpoint from;
    };
    /// Nothing when none comes in time.
    [[nodiscard]] std::optional<Received> receive() const {
        std::string text(65536, '\0');
        SocketAddress address{};
        socklen_t length = sizeof address;
        const ssize_t count =
            ::recvfrom(descriptor_, text.data(), text.size(), 0, &address.any, &length);
        if (count < 0) return {};
        text.resize(static_cast<std::size_t>(count));
        return Received{text, toEndpoint(address).value()};
    }
    [[nodiscard]] bool hasSomething() const {
        char byte = 0;
        return ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
    }

    void connect(const Endpoint& to) const {
        SocketAddress address{};
        const socklen_t length = toSocketAddress(to, address);
        if (::connect(descriptor_, &address.any, length) != 0) throw std::runtime_error("connect");
    }

private:
    int descriptor_;
};

/// A port of 127.0.0.1 that nobody has: bound and given back.
inline Endpoint deadEndpoint() {
    return PlainSocket(SOCK_DGRAM, at("127.0.0.1:0")).local();
}

}  // namespace im::net::test
