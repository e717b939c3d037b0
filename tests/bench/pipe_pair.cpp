// SPDX-License-Identifier: BSL-1.0
#include "tests/bench/pipe_pair.hpp"

#include "tests/bench/yardstick.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace im::bench {

namespace {

constexpr std::size_t kPaced = 1000;
constexpr double kPerSecond = 1000;

/// Number `i` stands behind a mark that no program prints of its own.
std::string lineOf(std::size_t i) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "#%08zu-", i);
    return std::string(text.data()).append(kLine - 11, 'x').append("\n");
}

struct Pipe {
    std::array<int, 2> ends{-1, -1};
    Pipe() {
        if (pipe2(ends.data(), O_CLOEXEC) != 0) giveUp("no pipe");
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        shut(0);
        shut(1);
    }
    void shut(std::size_t end) {
        if (ends[end] >= 0) close(ends[end]);
        ends[end] = -1;
    }
};

void writeAll(int fd, std::string_view bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t written = write(fd, bytes.data() + done, bytes.size() - done);
        if (written <= 0) return;
        done += static_cast<std::size_t>(written);
    }
}

/// A pair that runs, and what comes out of it.
class Running {
public:
    explicit Running(const Pair& pair)
        : pair_(pair), receiver_(pair.receiver(out_.ends[1])), sender_(startSender(pair)) {
        out_.shut(1);
        in_.shut(0);
    }

    int in() const { return in_.ends[1]; }
    void endInput() { in_.shut(1); }
    void waitForSender() { sender_.wait(); }
    double cpu() const {
        return sender_.cpu() + receiver_.cpu() + (pair_.server ? pair_.server->cpu() : 0);
    }

    /// Calls `each` with the numbers of lines that come within `patience` seconds; false: none did.
    bool read(double patience, const std::function<void(std::size_t)>& each) {
        pollfd ready{out_.ends[0], POLLIN, 0};
        const auto nanoseconds = static_cast<long>(std::max(0.0, patience) * 1e9);
        const timespec wait{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
        if (ppoll(&ready, 1, &wait, nullptr) <= 0) return false;
        static std::vector<char> buffer(1 << 18);
        const ssize_t got = ::read(out_.ends[0], buffer.data(), buffer.size());
        if (got <= 0) return false;
        rest_.append(buffer.data(), static_cast<std::size_t>(got));
        std::size_t at = 0;
        for (std::size_t end = 0; (end = rest_.find('\n', at)) != std::string::npos; at = end + 1)
            if (const std::size_t mark = rest_.find('#', at); mark < end)
                each(static_cast<std::size_t>(std::atol(&rest_[mark + 1])));
        rest_.erase(0, at);
        return true;
    }

private:
    Child startSender(const Pair& pair) {
        sleepFor(0.3);  // a subscription takes its time
        return pair.sender(in_.ends[0]);
    }

    const Pair& pair_;
    Pipe in_, out_;
    Child receiver_;
    Child sender_;
    std::string rest_;
};

}  // namespace

void paced(Pair& pair) {
    Running running(pair);
    std::vector<double> sentAt(kPaced, 0);
    std::vector<double> waits;
    const auto take = [&](std::size_t i) {
        if (i < kPaced) waits.push_back(now() - sentAt[i]);
    };
    sleepFor(0.2);
    const double before = running.cpu();
    const double begin = now();
    for (std::size_t i = 0; i < kPaced; ++i) {
        const double due = begin + static_cast<double>(i) / kPerSecond;
        while (now() < due) running.read(due - now(), take);
        sentAt[i] = now();
        writeAll(running.in(), pair.prefix + lineOf(i));
    }
    while (waits.size() < kPaced && running.read(1, take)) {
    }
    pair.cpu.add((running.cpu() - before) / kPaced);
    pair.mid.add(percentile(waits, 0.5));
    pair.late.add(percentile(waits, 0.99));
    pair.latest.add(percentile(waits, 0.999));
}

void flatOut(Pair& pair) {
    Running running(pair);
    std::string all;
    for (std::size_t i = 0; i < pair.flat; ++i) all += pair.prefix + lineOf(i);
    std::vector<bool> seen(pair.flat);
    std::size_t came = 0, twice = 0;
    const double before = running.cpu();
    const double begin = now();
    double last = begin;
    std::thread writer([&] {
        writeAll(running.in(), all);
        running.endInput();
        running.waitForSender();
    });
    const auto take = [&](std::size_t i) {
        if (i >= seen.size()) return;
        ++(seen[i] ? twice : came);
        seen[i] = true;
    };
    while (came < pair.flat && running.read(1, take)) last = now();
    writer.join();
    const auto lines = static_cast<double>(pair.flat);
    pair.rate.add(static_cast<double>(came) / (last - begin));
    pair.lost.add(1 - static_cast<double>(came) / lines);
    pair.twice.add(static_cast<double>(twice));
    pair.flatCpu.add((running.cpu() - before) / lines);
}

// The raw kernel -----------------------------------------------------------------------------

namespace {

/// A forked child has copies of all ends of all pipes, and would wait for itself.
int keepOnly(int descriptor, int other) {
    constexpr int kKept = 100;
    dup2(descriptor, kKept);
    dup2(other, kKept + 1);
    close_range(3, kKept - 1, 0);
    close_range(kKept + 2, ~0U, 0);
    return kKept;
}

}  // namespace

Pair rawPair(std::uint16_t port, bool trains) {
    Pair pair;
    pair.name = trains ? "raw UDP in trains" : "raw UDP";
    pair.receiver = [=](int out) {
        const int fd = udpSocket(kLoopback, port);
        Child child = Child::forked([=] {
            const int kept = keepOnly(fd, out);
            linesFromDatagrams(kept, kept + 1, trains);
        });
        close(fd);
        return child;
    };
    pair.sender = [=](int in) {
        return Child::forked(
            [=] { linesToDatagrams(keepOnly(in, in), address(kLoopback, port), kLine, trains); });
    };
    return pair;
}

Pair programPair(std::string name, std::vector<std::string> receiver,
                 std::vector<std::string> sender, const Child& server) {
    Pair pair;
    pair.name = std::move(name);
    pair.receiver = [receiver](int out) { return Child::program(receiver, {-1, out}); };
    pair.sender = [sender](int in) { return Child::program(sender, {in, -1}); };
    pair.server = &server;
    return pair;
}

}  // namespace im::bench
