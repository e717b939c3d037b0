// SPDX-License-Identifier: BSL-1.0
// kill: kill -9 under as many logins as go, and again; who ever had an Accept is in the roster
// afterwards, at the endpoint that it was for.
#include "tests/bench/crowd.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/parts.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>
#include <string_view>

namespace im::bench {

namespace {

/// NAME,IP:PORT;...;end behind a length, as a .NET string.
std::map<std::string, std::string> fetchRoster(std::uint16_t port) {
    std::string text;
    const int fd = tcpConnect(port);
    if (fd < 0) giveUp("the roster's port is shut");
    std::array<char, 65536> buffer{};
    for (ssize_t got = 0; (got = read(fd, buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(got));
    close(fd);
    std::size_t at = 0;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0x80U) != 0) ++at;
    std::string_view rest = std::string_view(text).substr(std::min(at + 1, text.size()));
    std::map<std::string, std::string> out;
    for (std::size_t end = 0; (end = rest.find(';')) != std::string_view::npos;
         rest.remove_prefix(end + 1)) {
        const std::string_view entry = rest.substr(0, end);
        const std::size_t comma = entry.find(',');
        out.emplace(entry.substr(0, comma), entry.substr(comma + 1));
    }
    if (rest != "end") giveUp("the roster is not whole");
    return out;
}

class KillBench {
public:
    explicit KillBench(const Place& place) : place_(place), state_(emptyState(place)) {}

    void round() {
        {
            Index index = startLimitedIndex(place_, {stateOption(state_)});
            load(index, std::uniform_real_distribution<>(0.05, 0.4)(chance_));
            index.child.killNow();
        }
        hearRest();
        check();
    }

    void print(int rounds) const {
        printTitle("kill: " + std::to_string(rounds) + " rounds of kill -9 under load");
        Figures accepted;
        accepted.add(static_cast<double>(accepted_.size()));
        printRow("logins whose Accept came", accepted, "");
        printNone("of these not in the roster after a restart", missing_);
        printNone("of these in it at another endpoint", elsewhere_);
    }

private:
    static std::uint32_t hostOf(std::size_t i) {
        return kFirstUser + static_cast<std::uint32_t>(i);
    }

    void load(const Index& index, double seconds) {
        const double end = now() + seconds;
        std::size_t answered = 0;
        const std::size_t first = asked_;
        while (now() < end) {
            for (; asked_ - first - answered < kWindow; ++asked_)
                crowd_.send(hostOf(asked_), index.at(),
                            loginBytes(asked_, hostOf(asked_), crowd_.port()));
            answered += hear(0.01);
        }
    }

    std::size_t hear(double patience) {
        std::size_t accepts = 0;
        const auto& some = crowd_.receive(patience);
        for (const Crowd::Arrival& arrival : some) {
            if (!isAccept(arrival.bytes)) continue;
            ++accepts;
            accepted_.emplace(userName(arrival.host - kFirstUser),
                              hostText(arrival.host) + ":" + std::to_string(crowd_.port()));
        }
        heardAny_ = !some.empty();
        return accepts;
    }

    /// What had left the machine when it was killed.
    void hearRest() {
        do {
            hear(0.1);
        } while (heardAny_);
    }

    void check() {
        const Index index = startLimitedIndex(place_, {stateOption(state_)});
        const auto roster = fetchRoster(index.port);
        for (const auto& [name, endpoint] : accepted_) {
            const auto found = roster.find(name);
            if (found == roster.end())
                ++missing_;
            else if (found->second != endpoint)
                ++elsewhere_;
        }
    }

    const Place& place_;
    std::filesystem::path state_;
    Crowd crowd_;
    std::mt19937 chance_{4649};  // NOLINT: the same moments each time, as far as that goes
    std::size_t asked_ = 0;
    bool heardAny_ = false;
    std::map<std::string, std::string> accepted_;
    std::size_t missing_ = 0;
    std::size_t elsewhere_ = 0;
};

}  // namespace

void benchKill(const Place& place, int rounds) {
    KillBench bench(place);
    for (int i = 0; i < rounds; ++i) bench.round();
    bench.print(rounds);
}

}  // namespace im::bench
