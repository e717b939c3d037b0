// SPDX-License-Identifier: BSL-1.0
// fanout: one event to everybody there.
#include "tests/bench/crowd.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/parts.hpp"
#include "tests/bench/rivals.hpp"
#include "tests/bench/yardstick.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <vector>

namespace im::bench {

namespace {

constexpr int kEvents = 10;
constexpr std::size_t kEve = 3'000'000;  // her name's number

class FanoutBench {
public:
    FanoutBench(const Place& place, std::size_t users)
        : place_(place), users_(users), client_(udpSocket(kLoopback, 0)) {}
    FanoutBench(const FanoutBench&) = delete;
    FanoutBench& operator=(const FanoutBench&) = delete;
    ~FanoutBench() { close(client_); }

    void run() {
        // Users without a state file have to come one by one: once for all rounds.
        const Index volatileIndex = startIndex(place_, {"--state=none"});
        enterAll(volatileIndex);
        for (int i = 0; i < kRounds; ++i) {
            imindex(volatileIndex, none_);
            {
                const Index index =
                    startIndex(place_, {stateOption(stateWith(place_, users_, listeners_.port()))});
                imindex(index, default_);
            }
            raw();
            redis();
        }
    }

    void print() const {
        printTitle("fanout: one event to " + std::to_string(users_) + " users");
        printRow("imindex, default state, CPU a delivery", default_.cpu, "us", 1e6);
        printRow("imindex, --state=none, CPU a delivery", none_.cpu, "us", 1e6);
        printRatio("default state : none", default_.cpu, none_.cpu, atMost(1.5));
        printRow("raw sendmmsg to the same, CPU", raw_.cpu, "us", 1e6);
        printRatio("imindex, default state : raw", default_.cpu, raw_.cpu);
        printRatio("imindex, --state=none : raw", none_.cpu, raw_.cpu, atMost(1.1));
        printRow("redis, PUBLISH, CPU a delivery", redis_.cpu, "us", 1e6);
        printRatio("imindex, --state=none : redis", none_.cpu, redis_.cpu, atMost(0.5));
        printRow("imindex, until the last has it", default_.time, "ms", 1e3);
        printRow("raw, until the last has it", raw_.time, "ms", 1e3);
        printRow("redis, until the last has it", redis_.time, "ms", 1e3);
        printNone("announcements missing", missing_);
    }

private:
    struct Costs {
        Figures cpu;   // a delivery
        Figures time;  // an event
    };

    /// Storms of arrivals, in steps that the listeners' buffer has room for.
    void enterAll(const Index& index) const {
        constexpr std::size_t kStep = 500;
        for (std::size_t there = 0; there < users_; there += kStep) {
            std::vector<std::string> requests;
            for (std::size_t i = there; i < there + kStep; ++i)
                requests.push_back(
                    loginBytes(i, kFirstUser + static_cast<std::uint32_t>(i), listeners_.port()));
            const std::size_t told = kStep * there + kStep * (kStep - 1) / 2;
            const Listeners::Heard heard = listeners_.during(
                told + kStep, true, [&] { sendPaced(client_, index.at(), requests); });
            if (heard.count != told + kStep) giveUp("not all users could log in");
        }
    }

    void imindex(const Index& index, Costs& into) {
        const double before = index.child.cpu();
        double took = 0;
        for (int i = 0; i < kEvents; ++i) {
            const std::string event = i % 2 == 0 ? loginBytes(kEve, kLoopback, portOf(client_))
                                                 : logoutBytes(kEve, kLoopback, portOf(client_));
            took += expect([&] { sendTo(client_, index.at(), event); });
        }
        add(index.child.cpu() - before, took, into);
    }

    /// A process that is woken by a datagram, as the index is.  Who runs already when he begins to
    /// send is ahead of the listener for a millisecond, and pays 1.5 times less for 1,000 users.
    void raw() {
        const auto to = userAddresses(users_, listeners_.port());
        const std::string payload = loginBytes(kEve, kLoopback, portOf(client_));
        const int socket = udpSocket(kLoopback, 0);
        const Child child = Child::forked([&] { tellServer(socket, payload, to); });
        const sockaddr_in server = address(kLoopback, portOf(socket));
        const double before = child.cpu();
        double took = 0;
        for (int i = 0; i < kEvents; ++i) took += expect([&] { sendTo(client_, server, payload); });
        add(child.cpu() - before, took, raw_);
        close(socket);
    }

    /// Runs `act` and waits until everybody there has heard of it.  Seconds.
    double expect(const std::function<void()>& act) {
        const Listeners::Heard heard = listeners_.during(users_, false, act);
        missing_ += users_ - std::min(users_, heard.count);
        return heard.seconds;
    }

    void redis() {
        const auto server = startRedis(place_);
        if (!server) return;
        TcpCrowd crowd(server->port);
        crowd.join(redisSubscriber(), users_);
        TcpCrowd publisher(server->port);
        publisher.join(redisLogin(), 1);
        const double before = server->child.cpu();
        double took = 0;
        for (std::size_t i = 1; i <= kEvents; ++i) {
            const double begin = now();
            publisher.send(0, redisPublish());
            crowd.await(i * users_, 1);
            took += crowd.lastAt() - begin;
        }
        add(server->child.cpu() - before, took, redis_);
    }

    void add(double cpu, double took, Costs& into) const {
        into.cpu.add(cpu / kEvents / static_cast<double>(users_));
        into.time.add(took / kEvents);
    }

    const Place& place_;
    std::size_t users_;
    Listeners listeners_;
    int client_;
    Costs default_, none_, raw_, redis_;
    std::size_t missing_ = 0;
};

}  // namespace

void benchFanout(const Place& place) {
    for (const std::size_t users : std::array<std::size_t, 2>{1'000, 10'000}) {
        FanoutBench bench(place, users);
        bench.run();
        bench.print();
    }
}

}  // namespace im::bench
