// SPDX-License-Identifier: BSL-1.0
// The clients of rivals.hpp.
#include "tests/bench/crowd.hpp"
#include "tests/bench/rivals.hpp"
#include "tests/bench/yardstick.hpp"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace im::bench {

namespace {

constexpr int kEvents = 256;

int connectOrGiveUp(std::uint16_t port) {
    const int fd = tcpConnect(port);
    if (fd < 0) giveUp("a rival refuses a connection");
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

void writeAll(int socket, std::string_view bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t sent = ::send(socket, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
        if (sent <= 0) return;
        done += static_cast<std::size_t>(sent);
    }
}

void watch(int epoll, int socket, std::size_t client) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = client;
    epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
}

}  // namespace

double closedLogins(std::uint16_t port, const Dialect& dialect, std::size_t count) {
    struct Login {
        int socket = -1;
        std::string answer;
    };
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    std::vector<Login> logins(count);
    std::size_t begun = 0;
    std::size_t done = 0;
    std::array<epoll_event, kEvents> events{};
    std::array<char, 4096> buffer{};
    const double begin = now();
    while (done < count) {
        for (; begun < count && begun - done < kWindow; ++begun) {
            logins[begun].socket = connectOrGiveUp(port);
            watch(epoll, logins[begun].socket, begun);
            writeAll(logins[begun].socket, dialect.hello(begun));
        }
        const int ready = epoll_wait(epoll, events.data(), kEvents, 5000);
        if (ready <= 0) giveUp("a rival does not answer");
        for (int i = 0; i < ready; ++i) {
            Login& login = logins[events[static_cast<std::size_t>(i)].data.u64];
            const ssize_t got = read(login.socket, buffer.data(), buffer.size());
            if (got <= 0) giveUp("a rival closes a login");
            login.answer.append(buffer.data(), static_cast<std::size_t>(got));
            if (!dialect.isIn(login.answer)) continue;
            writeAll(login.socket, dialect.goodbye);
            close(login.socket);
            ++done;
        }
    }
    close(epoll);
    return now() - begin;
}

TcpCrowd::TcpCrowd(std::uint16_t port) : port_(port), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

TcpCrowd::~TcpCrowd() {
    for (const Client& client : clients_) close(client.socket);
    close(epoll_);
}

void TcpCrowd::join(const Dialect& dialect, std::size_t count) {
    const std::size_t last = clients_.size() + count;
    std::size_t in = clients_.size();
    bool none = false;
    while (in < last) {
        for (; clients_.size() < last && clients_.size() - in < kWindow;) {
            const std::size_t client = clients_.size();
            clients_.push_back({connectOrGiveUp(port_), false, {}});
            watch(epoll_, clients_.back().socket, client);
            send(client, dialect.hello(client));
        }
        in += read(&dialect, 5000, none);
        if (none) giveUp("a rival does not answer");
    }
}

void TcpCrowd::send(std::size_t client, std::string_view bytes) const {
    writeAll(clients_[client].socket, bytes);
}

void TcpCrowd::await(std::size_t expected, double patience) {
    for (bool none = false; heard_ < expected && !none;)
        read(nullptr, static_cast<int>(patience * 1e3), none);
}

std::size_t TcpCrowd::read(const Dialect* dialect, int patienceMs, bool& none) {
    static std::vector<char> buffer(1 << 18);
    std::array<epoll_event, kEvents> events{};
    const int ready = epoll_wait(epoll_, events.data(), kEvents, patienceMs);
    none = ready <= 0;
    std::size_t in = 0;
    for (int i = 0; i < ready; ++i) {
        Client& client = clients_[events[static_cast<std::size_t>(i)].data.u64];
        const ssize_t got = recv(client.socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got <= 0) giveUp("a rival closes a connection");
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
        const auto told = std::count(bytes.begin(), bytes.end(), '~');
        heard_ += static_cast<std::size_t>(told);
        if (told > 0) lastAt_ = now();
        if (client.isIn || dialect == nullptr) continue;
        client.answer += bytes;
        client.isIn = dialect->isIn(client.answer);
        if (client.isIn) ++in;
    }
    if (dialect == nullptr && ready < kEvents) usleep(kReaderRest);
    return in;
}

}  // namespace im::bench
