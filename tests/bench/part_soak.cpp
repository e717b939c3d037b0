// SPDX-License-Identifier: BSL-1.0
// soak: at half the highest rate, users come from ever new addresses with ever new names, and the
// oldest leave, so that a few are always there; resident memory is looked at each second.
#include "tests/bench/crowd.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/parts.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace im::bench {

namespace {

constexpr std::size_t kThere = 16;          // users online, each told of all who come and go
constexpr std::uint32_t kHosts = 1U << 18;  // addresses that they come from, in turn
// A logout that the network loses would leave somebody there for ever.
constexpr const char* kLease = "--classic-lease=5s";
constexpr double kWarmUp = 60;  // seconds after which memory is to be flat
// Flat: what the trend adds over the whole time is less than this.
constexpr double kFlatBytes = 512 * 1024;

class Churn {
public:
    explicit Churn(const Index& index) : server_(index.at()), sentAt_(kHosts) {}

    /// One comes, and when kThere are there the one who has been for longest goes.
    void step() {
        const std::uint32_t host = hostOf(come_);
        sentAt_[host - kFirstUser] = Crowd::calendar();
        crowd_.send(host, server_, loginBytes(come_, host, crowd_.port()));
        ++come_;
        if (come_ <= kThere) return;
        const std::size_t leaver = come_ - kThere - 1;
        crowd_.send(hostOf(leaver), server_, logoutBytes(leaver, hostOf(leaver), crowd_.port()));
    }

    void hear(double patience) {
        for (const Crowd::Arrival& arrival : crowd_.receive(patience)) {
            if (!isAccept(arrival.bytes)) continue;
            ++accepted_;
            waits_.push_back(arrival.at - sentAt_[arrival.host - kFirstUser]);
        }
    }

    std::size_t asked() const { return come_; }
    std::size_t accepted() const { return accepted_; }
    /// Seconds from login to Accept since the last call.
    std::vector<double> takeWaits() { return std::exchange(waits_, {}); }

private:
    static std::uint32_t hostOf(std::size_t i) {
        return kFirstUser + static_cast<std::uint32_t>(i) % kHosts;
    }

    Crowd crowd_;
    sockaddr_in server_;
    std::vector<double> sentAt_;
    std::vector<double> waits_;
    std::size_t come_ = 0;
    std::size_t accepted_ = 0;
};

/// Logins a second when kWindow are under way.
double highestRate(const Place& place) {
    constexpr double kSeconds = 3;
    const Index index = startLimitedIndex(place, {stateOption(emptyState(place)), kLease});
    Churn churn(index);
    const double begin = now();
    while (now() < begin + kSeconds) {
        while (churn.asked() - churn.accepted() < kWindow) churn.step();
        churn.hear(0.1);
    }
    return static_cast<double>(churn.accepted()) / kSeconds;
}

/// Of a straight line through `values`, per step.
double slope(const std::vector<double>& values) {
    const auto count = static_cast<double>(values.size());
    const double middle = (count - 1) / 2;
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
    double rise = 0;
    double run = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double x = static_cast<double>(i) - middle;
        rise += x * (values[i] - mean);
        run += x * x;
    }
    return run > 0 ? rise / run : 0;
}

struct Samples {
    std::vector<double> resident;  // each second after the warm-up
    Figures late;                  // p99 of each second
};

Samples soak(Churn& churn, const Child& server, double rate, double seconds, double warmUp) {
    Samples out;
    const double begin = now();
    double next = begin;
    double sampleAt = begin + 1;
    while (now() < begin + seconds) {
        // After a pause of ours, for want of a processor, what is due comes in pieces that the
        // index's receive buffer has room for; more than it holds would be our loss, not its.
        for (std::size_t i = 0; i < kWindow && next <= now(); ++i, next += 1 / rate) churn.step();
        churn.hear(std::max(0.001, next - now()));
        if (now() < sampleAt) continue;
        sampleAt += 1;
        const std::vector<double> waits = churn.takeWaits();
        if (now() < begin + warmUp || waits.empty()) continue;
        out.resident.push_back(static_cast<double>(server.resident()));
        out.late.add(percentile(waits, 0.99));
    }
    for (int i = 0; i < 10; ++i) churn.hear(0.1);
    return out;
}

}  // namespace

void benchSoak(const Place& place, int minutes) {
    const double rate = highestRate(place) / 2;
    const std::filesystem::path state = emptyState(place);
    const Index index = startLimitedIndex(place, {stateOption(state), kLease});
    Churn churn(index);
    const double seconds = minutes * 60.0;
    const Samples samples = soak(churn, index.child, rate, seconds, std::min(kWarmUp, seconds / 2));

    Figures offered, resident, trend, file;
    offered.add(rate);
    for (const double bytes : samples.resident) resident.add(bytes);
    trend.add(std::fabs(slope(samples.resident)) * static_cast<double>(samples.resident.size()));
    file.add(static_cast<double>(std::filesystem::file_size(state)));
    printTitle("soak: " + std::to_string(minutes) + " min at half the highest rate, " +
               std::to_string(kThere) + " there, default state");
    printRow("logins, and as many logouts", offered, "/s");
    printRow("login to Accept, p99 of each second", samples.late, "ms", 1e3, atMost(50));
    printRow("resident after the first minute", resident, "KiB", 1.0 / 1024);
    printRow("its trend over the whole time", trend, "KiB", 1.0 / 1024, atMost(kFlatBytes / 1024));
    printRow("state file at the end", file, "KiB", 1.0 / 1024);
    printNone("logins without an Accept", churn.asked() - churn.accepted());
}

}  // namespace im::bench
