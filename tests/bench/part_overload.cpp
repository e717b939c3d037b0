// SPDX-License-Identifier: BSL-1.0
// overload: one source floods the index as fast as a process can send, and others log in
// meanwhile.  With the limits that imindex has by default.
#include "tests/bench/crowd.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/parts.hpp"
#include "tests/bench/yardstick.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <new>
#include <string>
#include <unordered_map>
#include <vector>

namespace im::bench {

namespace {

constexpr std::uint32_t kFlooder = 0x7F000042;  // 127.0.0.66
constexpr double kLoginsPerSecond = 500;
// Who has no Accept by then counts as lost: a client would ask again.
constexpr double kPatience = 1;

/// Sends `garbage`, round and round, until it is ended; counts in memory that it shares.
class Flood {
public:
    Flood(const sockaddr_in& server, const std::vector<std::string>& garbage)
        : sent_(shared()), child_(Child::forked([&] { run(server, garbage); })) {}

    std::uint64_t sent() const { return *sent_; }

private:
    using Counter = std::atomic<std::uint64_t>;

    static Counter* shared() {
        void* const page = mmap(nullptr, sizeof(Counter), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) giveUp("no memory");
        return new (page) Counter(0);
    }

    [[noreturn]] void run(const sockaddr_in& server,
                          const std::vector<std::string>& garbage) const {
        const int fd = udpSocket(kFlooder, 0);
        const std::vector<sockaddr_in> to(64, server);
        for (std::size_t i = 0;; ++i) {
            sendToAll(fd, garbage[i % garbage.size()], to);
            *sent_ += to.size();
        }
    }

    Counter* sent_;
    Child child_;
};

/// Honest users, each from an address of his own, who come, get their Accept, and leave.
class HonestUsers {
public:
    explicit HonestUsers(const Index& index) : server_(index.at()) {}

    void logInFor(double seconds) {
        const double begin = now();
        double next = begin;
        while (now() < begin + seconds) {
            for (; next <= now(); next += 1 / kLoginsPerSecond) come();
            hear(std::max(0.001, next - now()));
        }
        const double end = now();
        while (now() < end + kPatience && waits_.size() < sentAt_.size()) hear(0.1);
    }

    const Figures& waits() const { return figures_; }
    std::size_t asked() const { return sentAt_.size(); }
    std::size_t lost() const { return sentAt_.size() - waits_.size(); }

private:
    void come() {
        const auto host = kFirstUser + static_cast<std::uint32_t>(sentAt_.size());
        sentAt_.emplace(host, Crowd::calendar());
        crowd_.send(host, server_, loginBytes(host, host, crowd_.port()));
    }

    void hear(double patience) {
        for (const Crowd::Arrival& arrival : crowd_.receive(patience)) {
            const auto asked = sentAt_.find(arrival.host);
            if (asked == sentAt_.end() || !isAccept(arrival.bytes)) continue;
            const double took = arrival.at - asked->second;
            if (took > kPatience || !waits_.emplace(arrival.host, took).second) continue;
            figures_.add(took);
            crowd_.send(arrival.host, server_,
                        logoutBytes(arrival.host, arrival.host, crowd_.port()));
        }
    }

    Crowd crowd_;
    sockaddr_in server_;
    std::unordered_map<std::uint32_t, double> sentAt_;
    std::unordered_map<std::uint32_t, double> waits_;
    Figures figures_;
};

struct Kind {
    const char* name;
    std::function<std::string(std::size_t)> garbage;
};

/// One kind of garbage, for so long.
void flood(const Place& place, const Kind& kind, double seconds) {
    const Index index = startLimitedIndex(place, {stateOption(emptyState(place))});
    std::vector<std::string> garbage;
    for (std::size_t i = 0; i < 1000; ++i) garbage.push_back(kind.garbage(i));
    {
        HonestUsers before(index);  // so that what a first user takes is taken
        before.logInFor(1);
    }
    const auto residentBefore = static_cast<double>(index.child.resident());
    HonestUsers honest(index);
    Figures rate, growth, late, lost;
    {
        const Flood storm(index.at(), garbage);
        const double begin = now();
        honest.logInFor(seconds);
        rate.add(static_cast<double>(storm.sent()) / (now() - begin));
    }
    growth.add(static_cast<double>(index.child.resident()) - residentBefore);
    // Who is never answered waits for ever: with more than one in a hundred of them the p99 is
    // that.
    const double share = static_cast<double>(honest.lost()) / static_cast<double>(honest.asked());
    late.add(share > 0.01 ? kPatience : honest.waits().at(0.99));
    lost.add(share);
    printTitle("overload: " + std::string(kind.name) + ", " +
               std::to_string(static_cast<int>(seconds)) + " s");
    printRow("garbage from one source", rate, "/s");
    printRow("login of others to Accept, p50 (min-max)", honest.waits(), "ms", 1e3);
    printRow("login of others to Accept, p99", late, "ms", 1e3, atMost(200));
    printRow("first tries without an Accept in 1 s", lost, "%", 100);
    // Tables of fixed size, of which a flood touches every page.
    printRow("resident memory grown by", growth, "KiB", 1.0 / 1024, atMost(2048));
}

}  // namespace

void benchOverload(const Place& place, int seconds) {
    const std::vector<Kind> kinds{
        {"undecodable", [](std::size_t i) { return std::string(20 + i % 200, '\xD8'); }},
        {"logins beyond the rate",
         [](std::size_t i) { return loginBytes(i, kFlooder, static_cast<std::uint16_t>(9)); }},
        {"logouts of nobody",
         [](std::size_t i) {
             return logoutBytes(9'000'000 + i, kFlooder, static_cast<std::uint16_t>(9));
         }},
    };
    for (const Kind& kind : kinds) flood(place, kind, seconds);
}

}  // namespace im::bench
