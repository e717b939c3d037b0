// SPDX-License-Identifier: BSL-1.0
#include "libim/net/tcp_client.hpp"

#include "libim/base/bytes.hpp"
#include "libim/net/clock.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/net/plain_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>

using namespace std::chrono_literals;
using im::BytesView;
using im::net::TcpClient;
using im::net::test::at;
using im::net::test::PlainSocket;

namespace {

/// A server that takes one visitor.
struct Server {
    Server() { ::listen(door.descriptor(), 1); }
    ~Server() {
        if (visitor >= 0) ::close(visitor);
    }
    void accept() { visitor = ::accept(door.descriptor(), nullptr, nullptr); }

    PlainSocket door{SOCK_STREAM, at("127.0.0.1:0")};
    int visitor = -1;
};

/// Advances until `done`, for two seconds at the most.
bool until(TcpClient& client, std::string& got, const std::function<bool()>& done) {
    const auto end = im::net::now() + 2s;
    while (!done() && im::net::now() < end) {
        pollfd ready{client.fd(), client.wants(), 0};
        ::poll(&ready, 1, 5);
        client.advance([&](BytesView bytes) {
            for (const std::byte byte : bytes) got += static_cast<char>(byte);
        });
    }
    return done();
}

BytesView bytesOf(const std::string& text) {
    return std::as_bytes(std::span(text));
}

}  // namespace

TEST_CASE("What is written before the connection stands arrives, and what is answered comes") {
    Server server;
    TcpClient client(server.door.local(), im::Address::parse("127.0.0.1"));
    client.write(bytesOf("hello"));
    server.accept();
    std::string got;
    REQUIRE(until(client, got, [&] { return client.isConnected(); }));
    std::string heard(5, '-');
    CHECK(::recv(server.visitor, heard.data(), heard.size(), MSG_WAITALL) == 5);
    CHECK(heard == "hello");
    CHECK(::send(server.visitor, "welcome", 7, 0) == 7);
    CHECK(until(client, got, [&] { return got == "welcome"; }));
}

TEST_CASE("A connection that is refused, or closed by the other side, is over") {
    std::string got;
    {
        const PlainSocket closed(SOCK_STREAM, at("127.0.0.1:0"));
        TcpClient client(closed.local(), {});
        CHECK(until(client, got, [&] { return client.isOver(); }));
    }
    Server server;
    TcpClient client(server.door.local(), {});
    server.accept();
    ::close(server.visitor);
    server.visitor = -1;
    CHECK(until(client, got, [&] { return client.isOver(); }));
    CHECK(got.empty());
}

TEST_CASE("More than the kernel takes at once is sent as the other side reads") {
    Server server;
    TcpClient client(server.door.local(), {});
    server.accept();
    const std::string much(std::size_t{8} << 20U, 'x');
    client.write(bytesOf(much));
    std::size_t heard = 0;
    std::string piece(std::size_t{1} << 20U, '-');
    std::string got;
    CHECK(until(client, got, [&] {
        const ssize_t count = ::recv(server.visitor, piece.data(), piece.size(), MSG_DONTWAIT);
        if (count > 0) heard += static_cast<std::size_t>(count);
        return heard == much.size();
    }));
}
