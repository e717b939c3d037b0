// SPDX-License-Identifier: BSL-1.0
// pipe: lines into imsend's stdin, out of imlisten's stdout.  At 1,000 lines a second what a line
// waits; and as many as go at once, where the classic profile and plain UDP, which have no flow
// control, lose some: that is printed.
#include "tests/bench/parts.hpp"
#include "tests/bench/people.hpp"
#include "tests/bench/pipe_pair.hpp"
#include "tests/bench/rivals.hpp"

#include <optional>
#include <string>
#include <vector>

namespace im::bench {

namespace {

/// Of other names: those of the sealed pair have their owners.
Pair classicPair(const Place& place, const Index& index) {
    const std::string at = "127.0.0.1:" + std::to_string(freePort());
    Pair pair;
    pair.name = "imsend | imlisten, classic";
    pair.receiver = [=, &place, &index](int out) {
        return Child::ready({place.tool("imlisten"), "--classic", "-u", "rob", "-s",
                             "127.0.0.1:" + std::to_string(index.port), "-b", at, "-T", "talk"},
                            {-1, out});
    };
    pair.sender = [=, &place](int in) {
        return Child::program({place.tool("imsend"), "--classic", "-u", "ann", "rob@" + at},
                              {in, -1});
    };
    return pair;
}

Pair sealedPair(const People& people) {
    Pair pair;
    pair.name = "imsend | imlisten, sealed";
    pair.receiver = [&people](int out) { return people.listen("bob", out); };
    pair.sender = [&people](int in) { return people.send("alice", {"bob"}, in); };
    pair.flat = 1'000'000;
    return pair;
}

class PipeBench {
public:
    explicit PipeBench(const Place& place)
        : place_(place),
          index_(startIndex(place, {"--state=none"})),
          people_(place, index_),
          mosquitto_(startMosquitto(place)),
          redis_(startRedis(place)) {
        people_.logIn("alice");
        if (!findProgram("mosquitto_sub") || !findProgram("mosquitto_pub")) mosquitto_.reset();
        if (!findProgram("redis-cli")) redis_.reset();
        if (mosquitto_) addMosquitto();
        if (redis_) addRedis();
    }

    void run() {
        for (int round = 0; round < kRounds; ++round)
            for (Pair* pair : all()) {
                paced(*pair);
                flatOut(*pair);
            }
    }

    void print() {
        printPaced();
        printFlat();
    }

private:
    std::vector<Pair*> all() {
        std::vector<Pair*> pairs{&sealed_, &classic_, &raw_, &trains_};
        for (auto* rival : {&pub0_, &pub1_, &redisCli_})
            if (*rival) pairs.push_back(&**rival);
        return pairs;
    }

    void addMosquitto() {
        const std::string port = std::to_string(mosquitto_->port);
        const auto pair = [&](const std::string& quality) {
            return programPair(
                "mosquitto_pub | mosquitto_sub, -q " + quality,
                {"mosquitto_sub", "-p", port, "-t", "bob", "-q", quality},
                {"mosquitto_pub", "-p", port, "-t", "bob", "-l", "-q", quality, "--nodelay"},
                mosquitto_->child);
        };
        pub0_ = pair("0");
        pub1_ = pair("1");
        pub1_->flat = 20'000;
    }
    void addRedis() {
        const std::string port = std::to_string(redis_->port);
        redisCli_ = programPair("redis-cli", {"redis-cli", "-p", port, "SUBSCRIBE", "bob"},
                                {"redis-cli", "-p", port}, redis_->child);
        redisCli_->prefix = "PUBLISH bob ";
        redisCli_->flat = 20'000;  // a round trip each
    }

    void printPaced() {
        printTitle("pipe: 1,000 lines a second of 100 bytes, stdin to stdout");
        for (const Pair* pair : all()) {
            printRow(pair->name + ", p50", pair->mid, "us", 1e6);
            printRow("    p99", pair->late, "us", 1e6);
            printRow("    p999", pair->latest, "us", 1e6);
            printRow("    CPU a line, all processes", pair->cpu, "us", 1e6);
        }
        if (pub1_) {
            printRatio("sealed : mosquitto -q 1, p50", sealed_.mid, pub1_->mid, atMost(0.6));
            printRatio("    p99", sealed_.late, pub1_->late, atMost(0.6));
        }
        if (redisCli_) {
            printRatio("sealed : redis-cli, p50", sealed_.mid, redisCli_->mid, atMost(1));
            printRatio("    p99", sealed_.late, redisCli_->late, atMost(1));
        }
        printRatio("sealed : classic, CPU a line", sealed_.cpu, classic_.cpu);
    }

    void printFlat() {
        printTitle("pipe: as fast as they go");
        for (const Pair* pair : all()) {
            printRow(pair->name + ", arrived", pair->rate, "/s");
            printRow("    lost", pair->lost, "%", 100);
            printRow("    CPU a line, all processes", pair->flatCpu, "us", 1e6);
        }
        printRow("sealed, lost", sealed_.lost, "%", 100, atMost(0));
        printRow("sealed, shown twice", sealed_.twice, "", 1, atMost(0));
        printRatio("sealed : raw UDP in trains, rate", sealed_.rate, trains_.rate);
        if (pub0_)
            printRatio("sealed : mosquitto -q 0, rate", sealed_.rate, pub0_->rate, atLeast(10));
        if (pub1_)
            printRatio("sealed : mosquitto -q 1, rate", sealed_.rate, pub1_->rate, atLeast(40));
    }

    const Place& place_;
    Index index_;
    People people_;
    std::optional<Rival> mosquitto_, redis_;
    Pair sealed_ = sealedPair(people_);
    Pair classic_ = classicPair(place_, index_);
    Pair raw_ = rawPair(freePort(), false);
    Pair trains_ = rawPair(freePort(), true);
    std::optional<Pair> pub0_, pub1_, redisCli_;
};

}  // namespace

void benchPipe(const Place& place) {
    PipeBench bench(place);
    bench.run();
    bench.print();
}

}  // namespace im::bench
