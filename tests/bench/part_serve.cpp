// SPDX-License-Identifier: BSL-1.0
// memory: bytes a user.  serve: from spawn to serving, and what a kill -9 costs those who listen.
#include "tests/bench/crowd.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/parts.hpp"
#include "tests/bench/rivals.hpp"

#include <poll.h>
#include <unistd.h>

#include <functional>

namespace im::bench {

namespace {

constexpr std::size_t kMillion = 1'000'000;

/// Seconds from here to the first CONNACK or reply; of a rival that is installed.
void firstLogin(const std::function<std::optional<Rival>()>& start, const Dialect& dialect,
                Figures& into) {
    const double begin = now();
    const auto server = start();
    if (!server) return;
    closedLogins(server->port, dialect, 1);
    into.add(now() - begin);
}

class ServeBench {
public:
    explicit ServeBench(const Place& place) : place_(place) {}

    void round() {
        spawn(emptyState(place_), empty_);
        spawn(stateWith(place_, kMillion, 9), million_);
        killed();
        firstLogin([&] { return startMosquitto(place_); }, mosquittoLogin(), mosquitto_);
        // With the file of the first start to read.
        { const auto first = startRedis(place_, true); }
        firstLogin([&] { return startRedis(place_, true); }, redisLogin(), redis_);
    }

    void print() const {
        printTitle("serve: spawn to serving, and kill -9");
        printRow("imindex, empty state", empty_, "ms", 1e3, atMost(5));
        printRow("imindex, 1,000,000 users in it", million_, "ms", 1e3, atMost(1000));
        printRow("imindex, spawn to first Accept, 1,000 users", accept_, "ms", 1e3);
        printRow("mosquitto, spawn to first CONNACK", mosquitto_, "ms", 1e3);
        printRow("redis with AOF, spawn to first login", redis_, "ms", 1e3);
        printRatio("imindex : mosquitto", accept_, mosquitto_);
        printRatio("imindex : redis", accept_, redis_);
        printRow("kill -9 until 1,000 listeners hear again", again_, "ms", 1e3, atMost(100));
        printNone("listeners that do not hear again", deaf_);
    }

private:
    void spawn(const std::filesystem::path& state, Figures& into) const {
        const double begin = now();
        const Index index = startIndex(place_, {stateOption(state)});
        into.add(now() - begin);
    }

    /// Somebody logs in after the restart; everybody who was there before hears it.
    void killed() {
        constexpr std::size_t kUsers = 1000;
        const Listeners listeners;
        const auto state = stateWith(place_, kUsers, listeners.port());
        const int eve = udpSocket(kLoopback, 0);
        const double start = now();
        double begin = 0;
        const Listeners::Heard heard = listeners.during(kUsers, false, [&] {
            Index first = startIndex(place_, {stateOption(state)});
            begin = now();
            first.child.killNow();
            const double spawned = now();
            const Index second = startIndex(place_, {stateOption(state)});
            sendTo(eve, second.at(), loginBytes(kMillion, kLoopback, portOf(eve)));
            pollfd ready{eve, POLLIN, 0};
            if (poll(&ready, 1, 2000) != 1) giveUp("no Accept after a restart");
            accept_.add(now() - spawned);
            sleepFor(0.1);  // second goes when all have been told
        });
        again_.add(start + heard.seconds - begin);
        deaf_ += kUsers - std::min(kUsers, heard.count);
        close(eve);
    }

    const Place& place_;
    Figures empty_, million_, accept_, again_, mosquitto_, redis_;
    std::size_t deaf_ = 0;
};

}  // namespace

void benchServe(const Place& place) {
    ServeBench bench(place);
    for (int i = 0; i < kRounds; ++i) bench.round();
    bench.print();
}

void benchMemory(const Place& place) {
    Figures bytes;
    for (int i = 0; i < kRounds; ++i) {
        const Index empty = startIndex(place, {"--state=none"});
        const Index full = startIndex(place, {stateOption(stateWith(place, kMillion, 9))});
        const auto base = static_cast<double>(empty.child.anonymous());
        bytes.add((static_cast<double>(full.child.anonymous()) - base) / kMillion);
    }
    printTitle("memory: 1,000,000 users online, names of 12 bytes");
    printRow("imindex, over an empty server", bytes, "B/user", 1, atMost(160));
}

}  // namespace im::bench
