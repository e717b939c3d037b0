// SPDX-License-Identifier: BSL-1.0
#include "libim/net/activation.hpp"

#include "libim/base/error.hpp"
#include "libim/net/loop.hpp"
#include "libim/net/tcp_listener.hpp"
#include "libim/net/udp_socket.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/net/plain_socket.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

using im::Error;
using im::ErrorKind;
using im::net::GivenSocket;
using im::net::givenSockets;
using im::net::lookAtSocket;
using im::net::test::at;
using im::net::test::PlainSocket;

namespace {

/// The exit status that looking at `descriptor` ends with; 0 when there is no fault in it.
int faultOf(int descriptor) {
    try {
        static_cast<void>(lookAtSocket(descriptor));
        return 0;
    } catch (const Error& e) {
        return static_cast<int>(e.kind());
    }
}

struct Environment {
    Environment(const std::string& process, const std::string& count) {
        ::setenv("LISTEN_PID", process.c_str(), 1);
        ::setenv("LISTEN_FDS", count.c_str(), 1);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment() {
        ::unsetenv("LISTEN_PID");
        ::unsetenv("LISTEN_FDS");
    }
};

}  // namespace

TEST_CASE("A given socket is what the kernel says it is", "[net]") {
    const PlainSocket udp(SOCK_DGRAM, at("127.0.0.1:0"));
    const GivenSocket given = lookAtSocket(udp.descriptor());
    CHECK(given.descriptor == udp.descriptor());
    CHECK(given.local == udp.local());
    CHECK_FALSE(given.stream);
    const PlainSocket tcp(SOCK_STREAM, at("127.0.0.1:0"));
    REQUIRE(::listen(tcp.descriptor(), 1) == 0);
    CHECK(lookAtSocket(tcp.descriptor()).stream);
}

TEST_CASE("What is no socket to serve from is refused", "[net]") {
    constexpr int kWrong = static_cast<int>(ErrorKind::Configuration);
    CHECK(faultOf(-1) == static_cast<int>(ErrorKind::OperatingSystem));
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    CHECK(faultOf(ends[0]) == kWrong);
    ::close(ends[0]);
    ::close(ends[1]);
    const int local = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK(faultOf(local) == kWrong);
    ::close(local);
    const int unbound = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK(faultOf(unbound) == kWrong);
    ::close(unbound);
    const PlainSocket deaf(SOCK_STREAM, at("127.0.0.1:0"));
    CHECK(faultOf(deaf.descriptor()) == kWrong);
    PlainSocket connected(SOCK_DGRAM, at("127.0.0.1:0"));
    connected.connect(at("127.0.0.1:9"));
    CHECK(faultOf(connected.descriptor()) == kWrong);
}

TEST_CASE("A given socket that takes IPv4 in IPv6 is refused", "[net]") {
    const int both = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (both < 0) return;  // a host without IPv6 has none to give
    const int off = 0;
    ::setsockopt(both, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    im::net::SocketAddress address{};
    const socklen_t length = im::net::toSocketAddress(at("[::]:0"), address);
    REQUIRE(::bind(both, &address.any, length) == 0);
    CHECK(faultOf(both) == static_cast<int>(ErrorKind::Configuration));
    ::close(both);
}

TEST_CASE("Sockets are given to the process of LISTEN_PID alone", "[net]") {
    CHECK(givenSockets().empty());
    {
        const Environment others("1", "1");
        CHECK(givenSockets().empty());
    }
    {
        const Environment none(std::to_string(::getpid()), "0");
        CHECK(givenSockets().empty());
    }
    for (const char* const nonsense : {"many", "-1", "100000"}) {
        const Environment wrong(std::to_string(::getpid()), nonsense);
        CHECK_THROWS_AS(givenSockets(), Error);
    }
}

TEST_CASE("An adopted UDP socket receives what waited in it, and loses none of its past", "[net]") {
    PlainSocket made(SOCK_DGRAM, at("127.0.0.1:0"));
    const PlainSocket peer(SOCK_DGRAM, at("127.0.0.1:0"));
    peer.sendTo(made.local(), "waited");
    const int descriptor = ::dup(made.descriptor());
    {
        im::net::UdpSocket adopted(lookAtSocket(descriptor));
        CHECK((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
        CHECK((::fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0);
        const auto batch = adopted.receive();
        REQUIRE(batch.size() == 1);
        CHECK(batch[0].from == peer.local());
        CHECK(batch[0].lostBefore == 0);
        CHECK(adopted.receive().empty());
        CHECK(adopted.counters().overrun == 0);
    }
    CHECK(::fcntl(descriptor, F_GETFD) < 0);
}

TEST_CASE("What was lost in a socket before it was adopted is not counted", "[net]") {
    PlainSocket made(SOCK_DGRAM, at("127.0.0.1:0"));
    const int small = 1;
    ::setsockopt(made.descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    const PlainSocket peer(SOCK_DGRAM, at("127.0.0.1:0"));
    for (int i = 0; i < 100; ++i) peer.sendTo(made.local(), std::string(1000, 'x'));
    im::net::UdpSocket adopted(lookAtSocket(::dup(made.descriptor())));
    std::size_t received = 0;
    for (auto batch = adopted.receive(); !batch.empty(); batch = adopted.receive())
        received += batch.size();
    CHECK(received < 100);
    CHECK(adopted.takeLost() == 0);
    CHECK(adopted.counters().overrun == 0);
}

TEST_CASE("An adopted TCP socket serves", "[net]") {
    PlainSocket made(SOCK_STREAM, at("127.0.0.1:0"));
    REQUIRE(::listen(made.descriptor(), 1) == 0);
    im::net::Loop loop;
    const auto text = std::make_shared<const im::SharedText>("roster");
    const im::net::TcpListener listener(loop, lookAtSocket(::dup(made.descriptor())),
                                        [&](const im::Address&) { return text; });
    CHECK(listener.local() == made.local());
    PlainSocket visitor(SOCK_STREAM, at("127.0.0.1:0"));
    visitor.connect(listener.local());
    while (listener.counters().accepted == 0) loop.runOnce(std::chrono::seconds(5));
    CHECK(listener.counters().served == 1);
}
