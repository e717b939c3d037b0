// SPDX-License-Identifier: BSL-1.0
// login: 64 logins under way, each from its request to its Accept, and nobody is told.  That is so
// for unconfirmed logins; for those that count when each is followed by its logout, so that
// nobody else is ever there (those of one commit may cancel out, so what writing costs is better
// seen in the storm); and for renewals.
#include "tests/bench/crowd.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/parts.hpp"
#include "tests/bench/rivals.hpp"
#include "tests/bench/yardstick.hpp"

#include <unistd.h>

#include <optional>

namespace im::bench {

namespace {

constexpr std::size_t kCount = 100'000;
// TCP leaves a port of the client behind for each connection, and there are 28,000.
constexpr std::size_t kRivalCount = 5'000;
constexpr std::size_t kUnknown = 2'000'000;  // names from here on are in no state file

struct Rates {
    Figures perSecond;
    Figures cpu;

    void add(const Child& server, double cpuBefore, double took, std::size_t count) {
        const auto logins = static_cast<double>(count);
        perSecond.add(logins / took);
        cpu.add((server.cpu() - cpuBefore) / logins);
    }
};

class LoginBench {
public:
    explicit LoginBench(const Place& place) : place_(place) {}

    void round() {
        client_ = udpSocket(kLoopback, 0, kBuffer);
        const std::uint16_t port = portOf(client_);
        fresh_.clear();
        leaving_.clear();
        again_.clear();
        for (std::size_t i = 0; i < kCount; ++i) {
            fresh_.push_back(loginBytes(kUnknown + i, kLoopback, port));
            leaving_.push_back(logoutBytes(kUnknown + i, kLoopback, port));
            again_.push_back(loginBytes(i % 10, kLoopback, port));
        }
        unconfirmed();
        echo();
        unconfirmedAmongMillion();
        counted("--state=none", none_);
        counted(stateOption(emptyState(place_)), default_);
        renewal("--state=none", renewal_);
        renewal(stateOption(emptyState(place_)), renewalDefault_);
        rival(startMosquitto(place_), mosquittoLogin(), mosquitto_);
        rival(startRedis(place_), redisLogin(), redis_);
        close(client_);
    }

    void print() const {
        printTitle("login: 64 under way, login to Accept, nobody told");
        constexpr double kMicro = 1e6;
        printRow("imindex, CPU a login", ours_.cpu, "us", kMicro);
        printRow("raw echo of the same sizes, CPU", echo_.cpu, "us", kMicro);
        printRatio("imindex : raw echo", ours_.cpu, echo_.cpu, atMost(2.5));
        printRow("imindex with 1,000,000 users there, CPU", million_.cpu, "us", kMicro);
        printRatio("1,000,000 there : nobody there", million_.cpu, ours_.cpu, atMost(1.15));
        printRow("imindex, login and logout, --state=none, CPU", none_.cpu, "us", kMicro);
        printRow("imindex, login and logout, default state, CPU", default_.cpu, "us", kMicro);
        printRatio("default state : none", default_.cpu, none_.cpu, atMost(1.5));
        printRow("imindex, renewal, --state=none, CPU", renewal_.cpu, "us", kMicro);
        printRow("imindex, renewal, default state, CPU", renewalDefault_.cpu, "us", kMicro);
        printRatio("default state : none", renewalDefault_.cpu, renewal_.cpu, atMost(1.5));
        printRow("mosquitto, CONNECT to CONNACK, CPU", mosquitto_.cpu, "us", kMicro);
        printRatio("imindex : mosquitto", ours_.cpu, mosquitto_.cpu, atMost(1.0 / 3));
        printRatio("imindex, default state : mosquitto", default_.cpu, mosquitto_.cpu,
                   atMost(1.0 / 3));
        printRow("redis, HELLO and HSET, CPU", redis_.cpu, "us", kMicro);
        printRatio("imindex, default state : redis", default_.cpu, redis_.cpu);
        printRow("imindex, rate", ours_.perSecond, "/s");
        printRow("raw echo, rate", echo_.perSecond, "/s");
        printRow("imindex, login and logout, none, rate", none_.perSecond, "/s");
        printRow("imindex, login and logout, default, rate", default_.perSecond, "/s");
        printRow("mosquitto, rate", mosquitto_.perSecond, "/s");
        printRow("redis, rate", redis_.perSecond, "/s");
        printRatio("imindex : mosquitto, rate", ours_.perSecond, mosquitto_.perSecond, atLeast(2));
        printRatio("imindex, default state : mosquitto, rate", default_.perSecond,
                   mosquitto_.perSecond, atLeast(2));
    }

private:
    void measure(const Child& server, std::uint16_t port, const std::vector<std::string>& requests,
                 Rates& into, const std::vector<std::string>& second = {}) const {
        const double before = server.cpu();
        const double took = closedLoop(client_, address(kLoopback, port), requests, second);
        into.add(server, before, took, requests.size());
    }
    void unconfirmed() {
        const Index index = startIndex(place_, {"--state=none", "--classic-confirm=tcp"});
        measure(index.child, index.port, fresh_, ours_);
    }
    void unconfirmedAmongMillion() {
        const Index index = startIndex(
            place_, {stateOption(stateWith(place_, 1'000'000, 9)), "--classic-confirm=tcp"});
        measure(index.child, index.port, fresh_, million_);
    }
    void echo() {
        const int server = udpSocket(kLoopback, 0, kBuffer);
        const std::string answer = utf16("Accept,47628");
        const Child child = Child::forked([&] { echoServer(server, answer); });
        measure(child, portOf(server), fresh_, echo_);
        close(server);
    }
    void counted(const std::string& state, Rates& into) const {
        const Index index = startIndex(place_, {state});
        measure(index.child, index.port, fresh_, into, leaving_);
    }
    void renewal(const std::string& state, Rates& into) const {
        const Index index = startIndex(place_, {state});
        closedLoop(client_, index.at(), {again_.begin(), again_.begin() + 10});
        sleepFor(0.05);
        drain(client_, 1000, false);  // the ten have told each other
        measure(index.child, index.port, again_, into);
    }
    static void rival(const std::optional<Rival>& server, const Dialect& dialect, Rates& into) {
        if (!server) return;
        const double before = server->child.cpu();
        const double took = closedLogins(server->port, dialect, kRivalCount);
        into.add(server->child, before, took, kRivalCount);
    }

    const Place& place_;
    int client_ = -1;
    std::vector<std::string> fresh_, leaving_, again_;
    Rates ours_, echo_, million_, none_, default_, renewal_, renewalDefault_, mosquitto_, redis_;
};

}  // namespace

void benchLogin(const Place& place) {
    LoginBench bench(place);
    for (int i = 0; i < kRounds; ++i) bench.round();
    bench.print();
}

}  // namespace im::bench
