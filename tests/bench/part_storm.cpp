// SPDX-License-Identifier: BSL-1.0
// storm: 1,000 logins into 1,000 users, everybody told, and how long each login waits for its
// Accept meanwhile.  Names of one length make trains; names of many lengths are the other half of
// the truth.
#include "tests/bench/crowd.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/parts.hpp"
#include "tests/bench/rivals.hpp"
#include "tests/bench/yardstick.hpp"

#include <unistd.h>

#include <atomic>
#include <thread>
#include <unordered_map>

namespace im::bench {

namespace {

constexpr std::size_t kUsers = 1000;
constexpr std::size_t kStorm = 1000;
// Everybody there hears every newcomer; newcomer i hears those after him.
constexpr std::size_t kDeliveries = kUsers * kStorm + kStorm * (kStorm - 1) / 2;
constexpr std::size_t kNewcomer = 5'000'000;
constexpr std::uint32_t kFirstNewcomer = kFirstUser + 0x100000U;

struct Storm {
    Figures cpu;   // a delivery
    Figures time;  // of the storm
    Figures acceptMid, acceptLate;
    std::size_t missing = 0;  // datagrams, in all rounds
};

/// Of many lengths, in no order.
std::string unevenName(std::size_t i) {
    std::string name(i * 7919 % 20 + 1, 'x');
    return name.append(std::to_string(i));
}

/// The newcomers: they claim endpoints on a Crowd, which knows when each had its Accept.
class Newcomers {
public:
    Newcomers(bool coalesce, bool even) : crowd_(coalesce) {
        for (std::size_t i = 0; i < kStorm; ++i) {
            const std::string name = even ? userName(kNewcomer + i) : unevenName(i);
            requests_.push_back(utf16("login," + name + "," + hostText(hostOf(i)) + ":" +
                                      std::to_string(crowd_.port())));
        }
    }

    /// kWindow logins each half millisecond.  Their own share of the deliveries is read meanwhile.
    void come(const sockaddr_in& server) {
        for (std::size_t i = 0; i < kStorm; ++i) {
            sentAt_.emplace(hostOf(i), Crowd::calendar());
            crowd_.send(hostOf(i), server, requests_[i]);
            if (i % kWindow == kWindow - 1) usleep(500);
        }
    }
    /// Reads until `expected` datagrams have come or none does any more.
    void hear(std::size_t expected) {
        while (heard_ < expected) {
            const auto& some = crowd_.receive(5);
            if (some.empty()) return;
            for (const Crowd::Arrival& arrival : some) {
                if (isAccept(arrival.bytes)) answeredAt_.emplace_back(arrival.host, arrival.at);
            }
            heard_ += some.size();
        }
        endAt_ = now();
    }

    std::size_t heard() const { return heard_; }
    double endAt() const { return endAt_; }
    /// Seconds from login to Accept, of those who had it.
    std::vector<double> waits() const {
        std::vector<double> out;
        for (const auto& [host, at] : answeredAt_) out.push_back(at - sentAt_.at(host));
        return out;
    }

private:
    static std::uint32_t hostOf(std::size_t i) {
        return kFirstNewcomer + static_cast<std::uint32_t>(i);
    }

    Crowd crowd_;
    std::vector<std::string> requests_;
    std::unordered_map<std::uint32_t, double> sentAt_;
    std::vector<std::pair<std::uint32_t, double>> answeredAt_;
    std::size_t heard_ = 0;
    double endAt_ = 0;
};

class StormBench {
public:
    explicit StormBench(const Place& place) : place_(place) {}

    void round() {
        imindex(true, stateWith(place_, kUsers, listeners_.port()), true, coalesced_);
        imindex(false, stateWith(place_, kUsers, listeners_.port()), true, plain_);
        imindex(true, stateWith(place_, kUsers, listeners_.port()), false, uneven_);
        imindex(false, stateWith(place_, kUsers, listeners_.port()), false, unevenPlain_);
        volatileStorm();
        raw(true, rawCoalesced_);
        raw(false, rawPlain_);
        rival(startRedis(place_), redisSubscriber(), redisArrival(), redis_);
        rival(startNats(place_), natsSubscriber(), natsArrival(), nats_);
    }

    void print() const {
        printTitle("storm: 1,000 logins into 1,000 users");
        printKind("UDP_GRO listeners", coalesced_, rawCoalesced_);
        printRow("the same, --state=none, CPU a delivery", volatile_.cpu, "us", 1e6);
        printRatio("default state : none", coalesced_.cpu, volatile_.cpu, atMost(1.5));
        printRow("redis, CPU a delivery", redis_.cpu, "us", 1e6);
        printRow("redis, until the last has it", redis_.time, "ms", 1e3);
        printRatio("UDP_GRO listeners : redis, CPU", coalesced_.cpu, redis_.cpu, atMost(0.4));
        printRatio("UDP_GRO listeners : redis, time", coalesced_.time, redis_.time, atMost(0.4));
        printKind("classic listeners", plain_, rawPlain_);
        printRow("nats, CPU a delivery", nats_.cpu, "us", 1e6);
        printRow("nats, until the last has it", nats_.time, "ms", 1e3);
        printRatio("classic listeners : nats, CPU", plain_.cpu, nats_.cpu, atMost(0.5));
        printRatio("classic listeners : nats, time", plain_.time, nats_.time);
        printTitle("storm: the same with names of 2 to 23 letters");
        printKind("UDP_GRO listeners", uneven_, rawCoalesced_);
        printRatio("UDP_GRO listeners : redis, CPU", uneven_.cpu, redis_.cpu);
        printKind("classic listeners", unevenPlain_, rawPlain_);
        printRatio("classic listeners : nats, CPU", unevenPlain_.cpu, nats_.cpu);
    }

private:
    static void printKind(const std::string& kind, const Storm& ours, const Storm& raw) {
        printRow("imindex, " + kind + ", CPU a delivery", ours.cpu, "us", 1e6);
        printRow("raw trains of 16, " + kind + ", CPU", raw.cpu, "us", 1e6);
        printRatio("imindex : raw trains", ours.cpu, raw.cpu, atMost(1.3));
        printRow("imindex, until the last has it", ours.time, "ms", 1e3);
        printRow("login to Accept meanwhile, p50", ours.acceptMid, "ms", 1e3);
        printRow("login to Accept meanwhile, p99", ours.acceptLate, "ms", 1e3, atMost(50));
        printNone("announcements and Accepts missing", ours.missing);
    }

    void imindex(bool coalesce, const std::filesystem::path& state, bool even, Storm& into) {
        const Index index = startIndex(place_, {stateOption(state)});
        storm(index, coalesce, even, into);
    }

    /// Without a state file the users have to come by the wire.
    void volatileStorm() {
        const Index index = startIndex(place_, {"--state=none"});
        std::vector<std::string> requests;
        for (std::size_t i = 0; i < kUsers; ++i)
            requests.push_back(
                loginBytes(i, kFirstUser + static_cast<std::uint32_t>(i), listeners_.port()));
        const int client = udpSocket(kLoopback, 0);
        listeners_.during(kUsers + kUsers * (kUsers - 1) / 2, true,
                          [&] { sendPaced(client, index.at(), requests); });
        close(client);
        storm(index, true, true, volatile_);
    }

    void storm(const Index& index, bool coalesce, bool even, Storm& into) {
        Newcomers newcomers(coalesce, even);
        const double before = index.child.cpu();
        const double begin = now();
        const Listeners::Heard heard = listeners_.during(kUsers * kStorm, coalesce, [&] {
            newcomers.come(index.at());
            newcomers.hear(kStorm + kStorm * (kStorm - 1) / 2);
        });
        const std::size_t all = heard.count + newcomers.heard();
        into.missing += kDeliveries + kStorm - std::min(kDeliveries + kStorm, all);
        into.cpu.add((index.child.cpu() - before) / static_cast<double>(kDeliveries));
        into.time.add(std::max(heard.seconds, newcomers.endAt() - begin));
        into.acceptMid.add(percentile(newcomers.waits(), 0.5));
        into.acceptLate.add(percentile(newcomers.waits(), 0.99));
    }

    void raw(bool coalesce, Storm& into) {
        constexpr std::size_t kTrain = 16;
        constexpr std::size_t kTrains = kStorm / kTrain;
        const auto to = userAddresses(kUsers, listeners_.port());
        const std::string payload = loginBytes(kNewcomer, kFirstNewcomer, listeners_.port());
        const int client = udpSocket(kLoopback, 0);
        double cpu = 0;
        listeners_.during(kUsers * kTrain * kTrains, coalesce, [&] {
            const double before = threadCpu();
            for (std::size_t i = 0; i < kTrains; ++i) sendTrains(client, payload, kTrain, to);
            cpu = threadCpu() - before;
        });
        close(client);
        into.cpu.add(cpu / static_cast<double>(kUsers * kTrain * kTrains));
    }

    static void rival(const std::optional<Rival>& server, const Dialect& subscriber,
                      const Dialect& arrival, Storm& into) {
        if (!server) return;
        TcpCrowd crowd(server->port);
        crowd.join(subscriber, kUsers);
        const double before = server->child.cpu();
        const double begin = now();
        crowd.join(arrival, kStorm);
        // Two who come at once may hear each other or not: it ends when nobody hears any more.
        crowd.await(2 * kDeliveries, 0.3);
        const auto heard = static_cast<double>(crowd.heard());
        into.cpu.add((server->child.cpu() - before) / heard);
        into.time.add((crowd.lastAt() - begin) * kDeliveries / heard);
    }

    const Place& place_;
    Listeners listeners_;
    Storm coalesced_, plain_, uneven_, unevenPlain_, volatile_, rawCoalesced_, rawPlain_, redis_,
        nats_;
};

}  // namespace

void benchStorm(const Place& place) {
    StormBench bench(place);
    for (int i = 0; i < kRounds; ++i) bench.round();
    bench.print();
}

}  // namespace im::bench
