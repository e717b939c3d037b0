// SPDX-License-Identifier: BSL-1.0
#include "libim/net/one_shot_udp.hpp"

#include "libim/net/clock.hpp"
#include "libim/net/sockaddr.hpp"
#include "tests/support/catch.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using im::Address;
using im::Endpoint;
using im::net::Delivery;
using im::net::OneShotUdp;

namespace {

/// Somebody who listens on a free port of `address` until he is destroyed.
class Listener {
public:
    explicit Listener(const Address& address = Address::v4({127, 0, 0, 1}),
                      std::uint16_t port = 0) {
        im::net::SocketAddress local{};
        const socklen_t length = im::net::toSocketAddress({address, port}, local);
        fd_ = socket(local.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        REQUIRE(bind(fd_, &local.any, length) == 0);
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() { close(fd_); }

    Endpoint endpoint() const { return im::net::localEndpoint(fd_); }

    /// The next datagram that is there already; `from` its source.
    std::string heard(Endpoint* from = nullptr) const {
        std::array<char, 65536> buffer{};
        im::net::SocketAddress source{};
        socklen_t length = sizeof source;
        const ssize_t count =
            recvfrom(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT, &source.any, &length);
        if (count < 0) return "(nothing)";
        if (from != nullptr) *from = im::net::toEndpoint(source).value();
        return {buffer.data(), static_cast<std::size_t>(count)};
    }

private:
    int fd_ = -1;
};

Endpoint silentPort() {
    return Listener().endpoint();
}

}  // namespace

TEST_CASE("A datagram to somebody who listens is sent", "[net]") {
    const Listener bob;
    OneShotUdp socket(bob.endpoint(), {});
    CHECK(socket.send(im::asBytes("hello")) == Delivery::Sent);
    CHECK(bob.heard() == "hello");
    CHECK(socket.isLocal());
}

TEST_CASE("On this host a refusal is known before send returns", "[net]") {
    for (int i = 0; i < 100; ++i) {
        OneShotUdp socket(silentPort(), {});
        REQUIRE(socket.send(im::asBytes("hello")) == Delivery::Refused);
    }
}

TEST_CASE("A refused socket sends again once somebody listens", "[net]") {
    const Endpoint place = silentPort();
    OneShotUdp socket(place, {});
    CHECK(socket.send(im::asBytes("one")) == Delivery::Refused);
    const Listener bob(place.address, place.port);
    CHECK(socket.send(im::asBytes("two")) == Delivery::Sent);
    CHECK(bob.heard() == "two");
    CHECK(socket.takeLateRefusal() == Delivery::Sent);
}

TEST_CASE("A message comes from the address the sender is known by", "[net]") {
    const Listener bob;
    const auto mine = Address::v4({127, 7, 7, 2});
    OneShotUdp socket(bob.endpoint(), mine);
    CHECK(socket.send(im::asBytes("hello")) == Delivery::Sent);
    Endpoint from;
    CHECK(bob.heard(&from) == "hello");
    CHECK(from.address == mine);
}

TEST_CASE("An address that is not ours does not keep a message back", "[net]") {
    const Listener bob;
    for (const auto& other : {Address::v4({192, 0, 2, 1}), Address(), Address::v6({0x20, 0x01})}) {
        OneShotUdp socket(bob.endpoint(), other);
        CHECK(socket.send(im::asBytes("hello")) == Delivery::Sent);
        CHECK(bob.heard() == "hello");
    }
}

TEST_CASE("An endpoint that no way leads to is unreachable", "[net]") {
    for (const auto& nowhere : {Address::v4({255, 255, 255, 255}), Address::v4({0, 0, 0, 0})}) {
        OneShotUdp socket({nowhere, 9}, {});
        const Delivery said = socket.send(im::asBytes("hello"));
        CHECK(said != Delivery::Sent);
    }
}

TEST_CASE("A datagram of the largest size goes", "[net]") {
    const Listener bob;
    OneShotUdp socket(bob.endpoint(), {});
    const std::string large(65'507, 'x');
    CHECK(socket.send(im::asBytes(large)) == Delivery::Sent);
    CHECK(bob.heard() == large);
}

TEST_CASE("Settling sockets of this host takes no time", "[net]") {
    const Listener bob;
    OneShotUdp one(bob.endpoint(), {});
    OneShotUdp two(bob.endpoint(), {});
    std::vector<OneShotUdp*> sockets{&one, &two};
    const auto before = im::net::now();
    CHECK(im::net::settle(sockets, 10s) == std::vector{Delivery::Sent, Delivery::Sent});
    CHECK(im::net::now() - before < 5s);
}
