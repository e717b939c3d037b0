// SPDX-License-Identifier: BSL-1.0
// start_bench: what it costs to start a program once per message.  Starts each candidate
// once a round, the order shuffled, so that the machine's other work falls on all
// alike; prints medians of wall time, CPU time (user and system of the child) and page faults.
//
//     start_bench ROUNDS NAME=COMMAND...
//
// A COMMAND is split at blanks; first words like HOME=/x are its environment; {port} is a UDP port
// of 127.0.0.1 at which this program listens: IM_BENCH_PORT, or a free one.  Ratios are printed
// for the candidates whose name begins with "imsend".
//
//     start_bench session DIRECTORY USERS     a session of so many users in DIRECTORY/im, among
//                                             them `bob`, who is at IM_BENCH_PORT
//     start_bench port                        prints a port that is free
#include "libim/node/session_file.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

extern char** environ;  // NOLINT: POSIX's

namespace {

using Microseconds = std::chrono::duration<double, std::micro>;

/// Somebody who listens, so that nothing is refused; IM_BENCH_PORT or a free port.
class Sink {
public:
    Sink() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        const char* wanted = std::getenv("IM_BENCH_PORT");
        sockaddr_in local{};
        local.sin_family = AF_INET;
        local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        local.sin_port = htons(static_cast<std::uint16_t>(wanted ? std::atoi(wanted) : 0));
        socklen_t length = sizeof local;
        auto* address = reinterpret_cast<sockaddr*>(&local);
        if (bind(fd_, address, length) < 0 || getsockname(fd_, address, &length) < 0)
            throw std::runtime_error("cannot bind the listening socket");
        port_ = ntohs(local.sin_port);
    }
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    ~Sink() { close(fd_); }

    std::string port() const { return std::to_string(port_); }

    /// Throws away what has come; returns how much that was.
    int drain() const {
        std::array<char, 4096> buffer{};
        int count = 0;
        while (recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT) >= 0) ++count;
        return count;
    }

private:
    int fd_;
    std::uint16_t port_ = 0;
};

struct Candidate {
    std::string name;
    std::vector<std::string> words;
    std::vector<std::string> environment;
    std::vector<double> wall;
    std::vector<double> cpu;
    std::vector<double> faults;
};

std::vector<std::string> split(std::string_view text, const std::string& port) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t blank = text.find(' ');
        std::string word(text.substr(0, blank));
        if (const auto at = word.find("{port}"); at != std::string::npos) word.replace(at, 6, port);
        if (!word.empty()) out.push_back(std::move(word));
        text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
    }
    return out;
}

bool isAssignment(const std::string& word) {
    return word.find('=') != std::string::npos && word.front() >= 'A' && word.front() <= 'Z';
}

/// Ours, but for what `own` sets.
std::vector<std::string> environmentWith(const std::vector<std::string>& own) {
    std::vector<std::string> out = own;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view inherited(*entry);
        const std::string_view name = inherited.substr(0, inherited.find('=') + 1);
        const bool replaced = std::any_of(
            own.begin(), own.end(), [&](const std::string& one) { return one.starts_with(name); });
        if (!replaced) out.emplace_back(inherited);
    }
    return out;
}

Candidate parse(std::string_view argument, const std::string& port) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string_view::npos) throw std::runtime_error("NAME=COMMAND wanted");
    Candidate out;
    out.name = argument.substr(0, equals);
    out.words = split(argument.substr(equals + 1), port);
    const auto command = std::find_if_not(out.words.begin(), out.words.end(), isAssignment);
    if (command == out.words.end()) throw std::runtime_error(out.name + ": no command");
    out.environment = environmentWith({out.words.begin(), command});
    out.words.erase(out.words.begin(), command);
    return out;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> out;
    out.reserve(words.size() + 1);
    for (std::string& word : words) out.push_back(word.data());
    out.push_back(nullptr);
    return out;
}

double microseconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
}

/// Candidates read nothing and print to nobody.
class Quiet {
public:
    Quiet() {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;
    ~Quiet() { posix_spawn_file_actions_destroy(&actions_); }

    const posix_spawn_file_actions_t* actions() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

void runOnce(Candidate& candidate, bool counts) {
    static const Quiet quiet;
    const std::vector<char*> words = pointers(candidate.words);
    const std::vector<char*> environment = pointers(candidate.environment);
    const auto start = std::chrono::steady_clock::now();
    pid_t child = 0;
    if (posix_spawnp(&child, words[0], quiet.actions(), nullptr, words.data(),
                     environment.data()) != 0)
        throw std::runtime_error(candidate.name + ": cannot be started");
    int status = 0;
    rusage usage{};
    if (wait4(child, &status, 0, &usage) < 0) throw std::runtime_error("wait4");
    const Microseconds wall = std::chrono::steady_clock::now() - start;
    if (status != 0)
        throw std::runtime_error(candidate.name + ": ended with " +
                                 std::to_string(WEXITSTATUS(status)));
    if (!counts) return;
    candidate.wall.push_back(wall.count());
    candidate.cpu.push_back(microseconds(usage.ru_utime) + microseconds(usage.ru_stime));
    candidate.faults.push_back(static_cast<double>(usage.ru_minflt));
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

void print(const std::vector<Candidate>& candidates) {
    std::printf("%-28s %9s %9s %7s\n", "medians", "wall us", "CPU us", "faults");
    for (const Candidate& row : candidates)
        std::printf("%-28s %9.0f %9.0f %7.0f\n", row.name.c_str(), median(row.wall),
                    median(row.cpu), median(row.faults));
    for (const Candidate& ours : candidates) {
        if (!ours.name.starts_with("imsend")) continue;
        std::printf("\n%-28s %9s %9s\n", (ours.name + ": x").c_str(), "wall", "CPU");
        for (const Candidate& other : candidates) {
            if (other.name.starts_with("imsend")) continue;
            std::printf("%-28s %9.2f %9.2f\n", other.name.c_str(),
                        median(ours.wall) / median(other.wall),
                        median(ours.cpu) / median(other.cpu));
        }
    }
}

/// Shuffled anew each round: a program pays for the caches that the one before it has emptied.
void measure(int rounds, std::vector<Candidate>& candidates, const Sink& sink) {
    constexpr int kWarmUp = 5;
    std::vector<Candidate*> order;
    order.reserve(candidates.size());
    for (Candidate& candidate : candidates) order.push_back(&candidate);
    std::mt19937 chance(4649);  // NOLINT: the same order each time, on purpose
    for (int round = -kWarmUp; round < rounds; ++round) {
        std::shuffle(order.begin(), order.end(), chance);
        for (Candidate* candidate : order) runOnce(*candidate, round >= 0);
        sink.drain();
    }
}

int bench(int rounds, const std::vector<std::string_view>& arguments) {
    const Sink sink;
    std::vector<Candidate> candidates;
    candidates.reserve(arguments.size());
    for (const std::string_view argument : arguments)
        candidates.push_back(parse(argument, sink.port()));
    measure(rounds, candidates, sink);
    print(candidates);
    return 0;
}

int writeSession(const std::string& directory, int users) {
    const std::string port = Sink().port();
    const auto endpoint = [](const std::string& text) { return im::Endpoint::parse(text).value(); };
    im::talk::Contacts::Map map{{"bob", endpoint("127.0.0.1:" + port)}};
    for (int i = 1; i < users; ++i)
        map.emplace("user" + std::to_string(i), endpoint("127.0.0.1:" + std::to_string(i)));
    const im::node::Session session{im::Name::orThrow("alice", im::ErrorKind::Usage),
                                    endpoint("127.0.0.1:40112"), endpoint("127.0.0.1:4649"),
                                    "localhost:4649", 4649};
    im::node::SessionDirectory(directory + "/im").write(session, map);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> arguments(argv + std::min(argc, 1), argv + argc);
    try {
        if (arguments.size() == 1 && arguments[0] == "port")
            return std::printf("%s\n", Sink().port().c_str()) > 0 ? 0 : 74;
        if (arguments.size() == 3 && arguments[0] == "session")
            return writeSession(argv[2], std::atoi(argv[3]));
        if (arguments.size() >= 2)
            return bench(std::atoi(argv[1]), {arguments.begin() + 1, arguments.end()});
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "start_bench: %s\n", problem.what());
        return 70;
    }
    std::fprintf(stderr, "usage: start_bench ROUNDS NAME=COMMAND...\n");
    return 64;
}
