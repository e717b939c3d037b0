// SPDX-License-Identifier: BSL-1.0
#include "libim/net/tcp_listener.hpp"

#include "libim/net/clock.hpp"
#include "libim/net/udp_socket.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/net/plain_socket.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using im::Address;
using im::net::BindError;
using im::net::Loop;
using im::net::TcpLimits;
using im::net::TcpListener;
using im::net::test::at;
using im::net::test::PlainSocket;

namespace {

/// Descriptors that a child would inherit.
int inheritable() {
    int count = 0;
    for (int descriptor = 0; descriptor < 256; ++descriptor) {
        const int flags = ::fcntl(descriptor, F_GETFD);
        if (flags >= 0 && (flags & FD_CLOEXEC) == 0) ++count;
    }
    return count;
}

/// From now on epoll takes nothing new of this thread: as when the user watches as many as he may.
void forbidToWatch() {
    constexpr auto kCall = static_cast<std::uint32_t>(offsetof(seccomp_data, nr));
    constexpr auto kSecond = static_cast<std::uint32_t>(offsetof(seccomp_data, args[1]));
    std::array<sock_filter, 6> filter{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kCall),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_epoll_ctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kSecond),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, EPOLL_CTL_ADD, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSPC),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog program{filter.size(), filter.data()};
    static_cast<void>(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    static_cast<void>(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

/// A listener with its loop, and visitors of the system.
struct Tavern {
    explicit Tavern(std::size_t size, const TcpLimits& limits = {})
        : text(std::make_shared<im::SharedText>(std::string(size, 'r'))),
          listener(
              loop, at("127.0.0.1:0"), [this](const Address&) { return text; }, limits) {}

    PlainSocket visitor(const char* from = "127.0.0.1:0") {
        PlainSocket socket(SOCK_STREAM, at(from));
        socket.connect(listener.local());
        ::fcntl(socket.descriptor(), F_SETFL, O_NONBLOCK);
        return socket;
    }
    /// Turns until `done` or for `longest`.
    bool until(const std::function<bool()>& done, im::Duration longest = 5s) {
        const auto end = im::net::now() + longest;
        while (!done() && im::net::now() < end) loop.runOnce(5ms);
        return done();
    }
    /// What a visitor gets until the connection ends; nothing when it is reset or does not end.
    std::optional<std::string> readAll(const PlainSocket& visitor) {
        std::string got;
        int ended = 0;  // 1: end, -1: reset
        const auto readSome = [&] {
            std::array<char, 65536> piece{};
            ssize_t count = 0;
            while ((count = ::recv(visitor.descriptor(), piece.data(), piece.size(), 0)) > 0)
                got.append(piece.data(), static_cast<std::size_t>(count));
            if (count == 0) ended = 1;
            if (count < 0 && errno != EAGAIN) ended = -1;
            return ended != 0;
        };
        until(readSome);
        if (ended != 1) return {};
        return got;
    }

    Loop loop;
    std::shared_ptr<const im::SharedText> text;
    TcpListener listener;
};

}  // namespace

TEST_CASE("A visitor gets the text whole and then the end", "[net]") {
    const std::size_t size = GENERATE(0U, 5U, 5000U, 5'000'000U);
    Tavern tavern(size);
    auto visitor = tavern.visitor();
    CHECK(tavern.readAll(visitor) == tavern.text->str());
    CHECK(tavern.listener.counters().served == 1);
    CHECK(tavern.listener.counters().bytes == size);
    visitor.close();
    CHECK(tavern.until([&] { return tavern.listener.connections() == 0; }));
}

TEST_CASE("A text in pieces of any size comes in order, whatever the kernel takes", "[net]") {
    Tavern tavern(0);
    im::SharedText text;
    for (std::size_t i = 0; i < 300; ++i)
        text.append(std::make_shared<const std::string>(i * i, static_cast<char>('a' + i % 26)));
    tavern.text = std::make_shared<const im::SharedText>(text);
    const auto first = tavern.visitor();
    const auto second = tavern.visitor();
    CHECK(tavern.readAll(first) == text.str());
    CHECK(tavern.readAll(second) == text.str());
    CHECK(tavern.listener.counters().bytes == 2 * text.size());
}

TEST_CASE("A roster of 10,000 leaves in the turn of its visitor while few are there", "[net]") {
    Tavern tavern(300'000);
    const auto sleeper = tavern.visitor();
    REQUIRE(tavern.until([&] { return tavern.listener.counters().accepted == 1; }));
    CHECK(tavern.listener.counters().served == 1);
    std::vector<PlainSocket> sleepers;
    while (sleepers.size() < TcpListener::kFew) {
        sleepers.push_back(tavern.visitor());
        tavern.loop.runOnce(0ms);
    }
    REQUIRE(tavern.until([&] { return tavern.listener.counters().accepted == 65; }));
    CHECK(tavern.listener.counters().served == 64);
    CHECK(tavern.readAll(sleepers.back()) == tavern.text->str());
}

TEST_CASE("Who has got everything and gone is soon not counted, however many there are", "[net]") {
    Tavern tavern(5);
    std::size_t most = 0;
    for (std::uint64_t i = 1; i <= 3 * TcpListener::kFew; ++i) {
        auto visitor = tavern.visitor();
        REQUIRE(tavern.until([&] { return tavern.listener.counters().served == i; }));
        most = std::max(most, tavern.listener.connections());
        visitor.close();
    }
    CHECK(most <= TcpListener::kFew / 2 + 1);
    CHECK(tavern.listener.counters().shed == 0);
}

TEST_CASE("While it is paused nobody is let in, and nobody is lost", "[net]") {
    Tavern tavern(5000);
    auto inside = tavern.visitor();
    REQUIRE(tavern.until([&] { return tavern.listener.connections() == 1; }));
    tavern.listener.setPaused(true);
    auto outside = tavern.visitor();
    CHECK(tavern.readAll(inside) == tavern.text->str());
    CHECK_FALSE(tavern.until([&] { return tavern.listener.counters().accepted == 2; }, 50ms));
    tavern.listener.setPaused(false);
    CHECK(tavern.readAll(outside) == tavern.text->str());
}

TEST_CASE("A visitor that talks first still gets everything", "[net]") {
    const std::size_t size = GENERATE(5U, 5'000'000U);
    Tavern tavern(size);
    auto visitor = tavern.visitor();
    const std::string chatter(100'000, 'c');
    REQUIRE(::send(visitor.descriptor(), chatter.data(), chatter.size(), 0) > 0);
    SECTION("and goes on") {}
    SECTION("and says that it has no more to say") {
        ::shutdown(visitor.descriptor(), SHUT_WR);
    }
    CHECK(tavern.readAll(visitor) == tavern.text->str());
}

TEST_CASE("A visitor for whom there is no answer is sent away at once", "[net]") {
    Tavern tavern(5);
    tavern.text.reset();
    const auto visitor = tavern.visitor();
    CHECK(tavern.readAll(visitor) == "");
    CHECK(tavern.listener.counters().refused == 1);
    CHECK(tavern.listener.connections() == 0);
}

TEST_CASE("Visitors that leave in the middle or reset are forgotten", "[net]") {
    Tavern tavern(5'000'000);
    auto visitor = tavern.visitor();
    REQUIRE(tavern.until([&] { return tavern.listener.connections() == 1; }));
    const linger reset{1, 0};
    SECTION("reset") {
        ::setsockopt(visitor.descriptor(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    SECTION("closed with the text unread") {}
    visitor.close();
    CHECK(tavern.until([&] { return tavern.listener.connections() == 0; }));
}

TEST_CASE("Hundreds who do not read keep nobody waiting", "[net]") {
    Tavern tavern(5'000'000);
    std::vector<PlainSocket> sleepers;
    for (int i = 0; i < 300; ++i) {
        sleepers.push_back(tavern.visitor());
        tavern.loop.runOnce(0ms);
    }
    REQUIRE(tavern.until([&] { return tavern.listener.connections() == 300; }));
    const auto start = im::net::now();
    const auto visitor = tavern.visitor();
    CHECK(tavern.readAll(visitor) == tavern.text->str());
    CHECK(im::net::now() - start < 2s);
    // And late risers get theirs.
    CHECK(tavern.readAll(sleepers.front()) == tavern.text->str());
}

TEST_CASE("Who takes nothing for the patience allowed is cut off", "[net]") {
    Tavern tavern(5'000'000, {.patience = 50ms});
    const auto sleeper = tavern.visitor();
    CHECK(tavern.until([&] { return tavern.listener.counters().slow == 1; }));
    CHECK(tavern.listener.connections() == 0);
}

TEST_CASE("Who got everything but never closes is let go, too", "[net]") {
    Tavern tavern(5, {.patience = 50ms});
    const auto sleeper = tavern.visitor();
    CHECK(tavern.until([&] { return tavern.listener.counters().served == 1; }));
    CHECK(tavern.until([&] { return tavern.listener.connections() == 0; }));
    CHECK(tavern.listener.counters().slow == 0);
    CHECK(tavern.readAll(sleeper) == tavern.text->str());
}

TEST_CASE("A drip reader is cut off when the longest time is over", "[net]") {
    Tavern tavern(50'000'000, {.patience = 10s, .longest = 100ms});
    const auto dripper = tavern.visitor();
    std::array<char, 65536> piece{};
    CHECK(tavern.until([&] {
        static_cast<void>(::recv(dripper.descriptor(), piece.data(), piece.size(), 0));
        return tavern.listener.counters().slow == 1;
    }));
}

TEST_CASE("Too many visitors of one source push out their own eldest, not another's", "[net]") {
    Tavern tavern(5'000'000, {.total = 100, .perSource = 2});
    const auto other = tavern.visitor("127.0.0.9:0");
    REQUIRE(tavern.until([&] { return tavern.listener.connections() == 1; }));
    const auto eldest = tavern.visitor();
    REQUIRE(tavern.until([&] { return tavern.listener.connections() == 2; }));
    std::vector<PlainSocket> greedy;
    for (int i = 0; i < 2; ++i) greedy.push_back(tavern.visitor());
    REQUIRE(tavern.until([&] { return tavern.listener.counters().accepted == 4; }));
    CHECK(tavern.listener.connections() == 3);
    CHECK(tavern.listener.counters().shed == 1);
    CHECK(tavern.readAll(other) == tavern.text->str());
    CHECK(tavern.readAll(eldest) != tavern.text->str());
    CHECK(tavern.readAll(greedy.back()) == tavern.text->str());
}

TEST_CASE("Too many visitors in all push out the one without progress for longest", "[net]") {
    Tavern tavern(5'000'000, {.total = 2});
    const auto eldest = tavern.visitor("127.0.0.7:0");
    REQUIRE(tavern.until([&] { return tavern.listener.connections() == 1; }));
    const auto middle = tavern.visitor("127.0.0.8:0");
    const auto youngest = tavern.visitor("127.0.0.9:0");
    REQUIRE(tavern.until([&] { return tavern.listener.counters().shed == 1; }));
    CHECK(tavern.readAll(youngest) == tavern.text->str());
    CHECK(tavern.readAll(middle) == tavern.text->str());
    CHECK(tavern.readAll(eldest) != tavern.text->str());
}

TEST_CASE("Out of descriptors, the listener waits instead of spinning, and goes on", "[net]") {
    Tavern tavern(5);
    const auto visitor = tavern.visitor();  // in the backlog
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(visitor.descriptor()) + 1;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    int turns = 0;
    const auto end = im::net::now() + 350ms;
    while (im::net::now() < end) {
        tavern.loop.runOnce(350ms);
        ++turns;
    }
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(tavern.listener.counters().noDescriptor >= 2);
    CHECK(turns < 20);
    CHECK(tavern.readAll(visitor) == tavern.text->str());
}

TEST_CASE(
    "When the system watches no more descriptors, a slow visitor is let go, and others are served",
    "[net]") {
    Tavern slow(8 << 20);
    Tavern quick(5);
    const auto patient = slow.visitor();
    const auto visitor = quick.visitor();
    // The filter is its thread's alone.
    std::thread([&] {
        forbidToWatch();
        slow.until([&] { return slow.listener.counters().noDescriptor == 1; }, 1s);
        quick.until([&] { return quick.listener.counters().served == 1; }, 1s);
        quick.loop.runOnce(30ms);
    }).join();
    CHECK(slow.listener.counters().noDescriptor == 1);
    CHECK(slow.listener.connections() == 0);
    CHECK(quick.readAll(visitor) == quick.text->str());
    const auto next = slow.visitor();
    CHECK(slow.readAll(next) == slow.text->str());
}

TEST_CASE("A second listener on the port is refused, a restart over TIME_WAIT is not", "[net]") {
    auto first = std::make_unique<Tavern>(5);
    const im::Endpoint local = first->listener.local();
    const auto nobody = [](const Address&) { return std::shared_ptr<const im::SharedText>(); };
    Loop loop;
    try {
        TcpListener second(loop, local, nobody);
        FAIL("shares the port");
    } catch (const BindError& e) {
        CHECK(e.errnum() == EADDRINUSE);
    }
    const auto visitor = first->visitor();
    CHECK(first->readAll(visitor) == "rrrrr");  // we closed first: TIME_WAIT is ours
    first.reset();
    CHECK_NOTHROW(TcpListener(loop, local, nobody));
}

TEST_CASE("IPv4 and IPv6 visitors can be served on one port by a listener each", "[net]") {
    Loop loop;
    const auto nobody = [](const Address&) { return std::shared_ptr<const im::SharedText>(); };
    TcpListener v6(loop, at("[::]:0"), nobody);
    im::Endpoint local = at("0.0.0.0:0");
    local.port = v6.local().port;
    TcpListener v4(loop, local, nobody);
    CHECK(v4.local().port == v6.local().port);
}

TEST_CASE("A child inherits neither the listener nor its connections", "[net]") {
    const int before = inheritable();
    Tavern tavern(5'000'000);
    const auto visitor = tavern.visitor();
    REQUIRE(tavern.until([&] { return tavern.listener.connections() == 1; }));
    CHECK(inheritable() == before);
}
