// SPDX-License-Identifier: BSL-1.0
#include "tests/bench/support.hpp"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>

namespace im::bench {

double now() {
    return Seconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double threadCpu() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void sleepFor(double seconds) {
    usleep(static_cast<useconds_t>(seconds * 1e6));
}

void giveUp(const std::string& why) {
    std::fprintf(stderr, "index_bench: %s\n", why.c_str());
    std::exit(70);
}

namespace {

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
    std::vector<char*> raw;
    for (std::string& text : texts) raw.push_back(text.data());
    raw.push_back(nullptr);
    return raw;
}

}  // namespace

/// Without a copy of this process: of what is measured here some take less than a fork.
pid_t Child::spawn(std::vector<std::string>& argv, const Streams& streams, int readyFd) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const auto set = [&](int wanted, int descriptor, int flags) {
        if (descriptor < 0)
            posix_spawn_file_actions_addopen(&actions, wanted, "/dev/null", flags, 0);
        else
            posix_spawn_file_actions_adddup2(&actions, descriptor, wanted);
    };
    set(0, streams.in, O_RDONLY);
    set(1, streams.out, O_WRONLY);
    if (getenv("IM_BENCH_VERBOSE") == nullptr) set(2, -1, O_WRONLY);
    if (readyFd >= 0) set(3, readyFd, 0);
    std::vector<std::string> variables = streams.variables;
    for (char** variable = environ; *variable != nullptr; ++variable)
        variables.emplace_back(*variable);
    pid_t pid = -1;
    const auto raw = pointersTo(argv);
    const int error =
        posix_spawnp(&pid, raw[0], &actions, nullptr, raw.data(), pointersTo(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) giveUp("cannot start " + argv[0]);
    return pid;
}

Child Child::program(std::vector<std::string> argv, const Streams& streams) {
    return Child(spawn(argv, streams, -1));
}

Child Child::ready(std::vector<std::string> argv, const Streams& streams) {
    int ready[2] = {-1, -1};
    if (pipe2(ready, O_CLOEXEC) != 0) giveUp("no pipe");
    argv.emplace_back("--ready-fd=3");
    Child child(spawn(argv, streams, ready[1]));
    close(ready[1]);
    char byte = 0;
    const ssize_t got = read(ready[0], &byte, 1);
    close(ready[0]);
    if (got != 1) giveUp(argv[0] + " did not start");
    return child;
}

Child Child::forked(const std::function<void()>& body) {
    fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
        body();
        _exit(0);
    }
    return Child(pid);
}

Child::Child(Child&& other) noexcept : pid_(other.pid_), cpuOfLife_(other.cpuOfLife_) {
    other.pid_ = -1;
}

Child::~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    for (int i = 0; i < 5000; ++i) {
        if (waitpid(pid_, nullptr, WNOHANG) == pid_) return;
        usleep(1'000);
    }
    killNow();
}

void Child::kill(int signal) const {
    ::kill(pid_, signal);
}

void Child::killNow() {
    ::kill(pid_, SIGKILL);
    wait();
}

int Child::wait() {
    int status = 0;
    rusage usage{};
    wait4(pid_, &status, 0, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    cpuOfLife_ = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    pid_ = -1;
    return status;
}

double Child::cpu() const {
    if (pid_ <= 0) return cpuOfLife_;
    const std::string tasks = "/proc/" + std::to_string(pid_) + "/task";
    double nanoseconds = 0;
    DIR* folder = opendir(tasks.c_str());
    if (folder == nullptr) return 0;
    while (const dirent* entry = readdir(folder)) {
        if (entry->d_name[0] == '.') continue;
        std::ifstream in(tasks + "/" + entry->d_name + "/schedstat");
        double ran = 0;
        if (in >> ran) nanoseconds += ran;
    }
    closedir(folder);
    return nanoseconds / 1e9;
}

namespace {

std::size_t statusKilobytes(pid_t pid, const std::string& key) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/status");
    std::string word;
    while (in >> word)
        if (word == key + ":") {
            std::size_t kilobytes = 0;
            in >> kilobytes;
            return kilobytes;
        }
    return 0;
}

}  // namespace

std::size_t Child::resident() const {
    return statusKilobytes(pid_, "VmRSS") * 1024;
}
std::size_t Child::anonymous() const {
    return statusKilobytes(pid_, "RssAnon") * 1024;
}

std::string utf16(std::string_view ascii) {
    std::string out;
    out.reserve(ascii.size() * 2);
    for (const char c : ascii) {
        out.push_back(c);
        out.push_back('\0');
    }
    return out;
}

sockaddr_in address(std::uint32_t hostOrder, std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(hostOrder);
    out.sin_port = htons(port);
    return out;
}

std::string hostText(std::uint32_t hostOrder) {
    const in_addr raw{htonl(hostOrder)};
    std::array<char, INET_ADDRSTRLEN> text{};
    return inet_ntop(AF_INET, &raw, text.data(), text.size());
}

namespace {

bool bindTo(int socket, const sockaddr_in& local) {
    return bind(socket, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0;
}

}  // namespace

int udpSocket(std::uint32_t host, std::uint16_t port, int receiveBuffer) {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (receiveBuffer != 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receiveBuffer, sizeof receiveBuffer) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof receiveBuffer);
    if (!bindTo(fd, address(host, port))) giveUp("cannot bind a UDP socket");
    return fd;
}

int tcpListener() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!bindTo(fd, address(kLoopback, 0)) || listen(fd, 64) != 0)
        giveUp("cannot listen on a TCP socket");
    return fd;
}

int tcpConnect(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in server = address(kLoopback, port);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0) return fd;
    close(fd);
    return -1;
}

std::uint16_t portOf(int socket) {
    sockaddr_in local{};
    socklen_t length = sizeof local;
    getsockname(socket, reinterpret_cast<sockaddr*>(&local), &length);
    return ntohs(local.sin_port);
}

std::uint16_t freePort() {
    for (int i = 0; i < 100; ++i) {
        const int tcp = tcpListener();
        const std::uint16_t port = portOf(tcp);
        const int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        const bool both = bindTo(udp, address(kLoopback, port));
        close(udp);
        close(tcp);
        if (both) return port;
    }
    giveUp("no free port");
}

void sendTo(int socket, const sockaddr_in& to, std::string_view bytes) {
    sendto(socket, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to),
           sizeof to);
}

}  // namespace im::bench
