// SPDX-License-Identifier: BSL-1.0
// roster: the list of who is online, over TCP; with 500 readers that never read; and from the
// shell.
#include "tests/bench/figures.hpp"
#include "tests/bench/parts.hpp"
#include "tests/bench/rivals.hpp"
#include "tests/bench/yardstick.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace im::bench {

namespace {

/// Fetches what a TCP port writes, `count` times; seconds a fetch.
double fetchAll(std::uint16_t port, int count, std::size_t& size) {
    static std::vector<char> buffer(1 << 20);
    const double begin = now();
    for (int i = 0; i < count; ++i) {
        const int fd = tcpConnect(port);
        if (fd < 0) giveUp("cannot connect");
        size = 0;
        for (ssize_t got = 0; (got = read(fd, buffer.data(), buffer.size())) > 0;)
            size += static_cast<std::size_t>(got);
        close(fd);
    }
    return (now() - begin) / count;
}

/// Visitors that take next to nothing.
class SlowReaders {
public:
    SlowReaders(std::uint16_t port, int count) {
        for (int i = 0; i < count; ++i) {
            const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            const int small = 4096;
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
            const sockaddr_in server = address(kLoopback, port);
            if (connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0)
                giveUp("cannot connect");
            sockets_.push_back(fd);
        }
        sleepFor(0.2);  // until each has got what it takes
    }
    SlowReaders(const SlowReaders&) = delete;
    SlowReaders& operator=(const SlowReaders&) = delete;
    ~SlowReaders() {
        for (const int fd : sockets_) close(fd);
    }

private:
    std::vector<int> sockets_;
};

double wallOf(const std::vector<std::string>& argv) {
    const double begin = now();
    Child child = Child::program(argv);
    if (child.wait() != 0) giveUp(argv[0] + " failed");
    return now() - begin;
}

class RosterBench {
public:
    /// `fetches` of each, in turn, `batches` times a round.
    RosterBench(const Place& place, std::size_t users, int batches, int fetches)
        : place_(place), users_(users), batches_(batches), fetches_(fetches) {}

    /// In turn and often, because where the system lets two processes run decides more than what
    /// they do: on one processor a fetch takes half the time that it takes on two.
    void round() {
        const Index index = start();
        fetchAll(index.port, 2, size_);
        const int listener = tcpListener();
        const Child raw =
            Child::forked([&, body = std::string(size_, 'x')] { rosterServer(listener, body); });
        const Index crowded = start();
        const SlowReaders readers(crowded.port, 500);
        const auto redis = isSmall() ? startRedis(place_) : std::optional<Rival>();
        const std::size_t answer = redis ? fill(*redis) : 0;
        std::size_t size = 0;
        for (int i = 0; i < batches_; ++i) {
            ours_.add(fetchAll(index.port, fetches_, size_));
            raw_.add(fetchAll(portOf(listener), fetches_, size));
            beside_.add(fetchAll(crowded.port, fetches_, size));
            if (redis) redis_.add(askAll(*redis, answer));
        }
        close(listener);
        if (isSmall()) fromShell(index, redis);
    }

    void print() const {
        printTitle("roster: " + std::to_string(users_) + " users, " + std::to_string(size_) +
                   " bytes");
        printRow("imindex, a fetch", ours_, "ms", 1e3);
        printRow("raw accept, write, close", raw_, "ms", 1e3);
        printRatio("imindex : raw, fetches a second", raw_, ours_, atLeast(0.9));
        printRow("imindex beside 500 who do not read", beside_, "ms", 1e3);
        printRatio("beside 500 : alone", beside_, ours_, atMost(1.15));
        printRow("redis, HGETALL", redis_, "ms", 1e3);
        printRatio("imindex : redis", ours_, redis_, atMost(0.2));
        printRow("imlogin -l, spawn to exit", imlogin_, "ms", 1e3);
        printRow("redis-cli HGETALL, spawn to exit", redisCli_, "ms", 1e3);
        printRatio("imlogin -l : redis-cli", imlogin_, redisCli_, atMost(0.3));
    }

private:
    bool isSmall() const { return users_ <= 10'000; }
    Index start() const { return startIndex(place_, {stateOption(stateWith(place_, users_, 9))}); }

    /// The same names and endpoints as a hash; the bytes of the answer to who asks for it.
    std::size_t fill(const Rival& redis) const {
        std::string fill = "HSET online";
        for (std::size_t i = 0; i < users_; ++i) {
            fill.append(" ").append(userName(i)).append(" ");
            fill.append(hostText(kFirstUser + static_cast<std::uint32_t>(i))).append(":9");
            if (i % 1000 != 999) continue;
            exchange(redis.port, fill + "\r\n", 5);
            fill = "HSET online";
        }
        return exchange(redis.port, "HGETALL online\r\n", 0);
    }

    /// Seconds for each of so many fetches, a connection each.
    double askAll(const Rival& redis, std::size_t answer) const {
        const double begin = now();
        for (int i = 0; i < fetches_; ++i) exchange(redis.port, "HGETALL online\r\n", answer);
        return (now() - begin) / fetches_;
    }

    /// Writes `request` and reads `size` bytes; 0: until nothing has come for 0.1 s.
    static std::size_t exchange(std::uint16_t port, const std::string& request, std::size_t size) {
        static std::vector<char> buffer(1 << 20);
        const int fd = tcpConnect(port);
        if (size == 0) {
            const timeval patience{0, 100'000};
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        }
        if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) giveUp("redis is gone");
        std::size_t got = 0;
        while (size == 0 || got < size) {
            const ssize_t some = read(fd, buffer.data(), buffer.size());
            if (some <= 0) break;
            got += static_cast<std::size_t>(some);
        }
        close(fd);
        return got;
    }

    void fromShell(const Index& index, const std::optional<Rival>& redis) {
        constexpr int kStarts = 20;
        const auto redisCli = findProgram("redis-cli");
        for (int i = 0; i < kStarts; ++i) {
            imlogin_.add(wallOf(
                {place_.tool("imlogin"), "-l", "-s", "127.0.0.1:" + std::to_string(index.port)}));
            if (redis && redisCli)
                redisCli_.add(
                    wallOf({*redisCli, "-p", std::to_string(redis->port), "HGETALL", "online"}));
        }
    }

    const Place& place_;
    std::size_t users_;
    int batches_;
    int fetches_;
    std::size_t size_ = 0;
    Figures ours_, beside_, raw_, redis_, imlogin_, redisCli_;
};

}  // namespace

void benchRoster(const Place& place) {
    RosterBench small(place, 10'000, 10, 20);
    RosterBench large(place, 350'000, 6, 1);
    for (int i = 0; i < kRounds; ++i) {
        small.round();
        large.round();
    }
    small.print();
    large.print();
}

}  // namespace im::bench
