// SPDX-License-Identifier: BSL-1.0
#include "tests/bench/support.hpp"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace im::bench {

double now() {
    return Seconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Child Child::program(std::vector<std::string> argv, bool readyFd) {
    int ready[2] = {-1, -1};
    if (readyFd) {
        if (pipe(ready) != 0) throw std::runtime_error("pipe");
        argv.push_back("--ready-fd=3");
    }
    const pid_t pid = fork();
    if (pid == 0) {
        const int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        if (getenv("IM_BENCH_VERBOSE") == nullptr) dup2(null, 2);
        if (readyFd) {
            if (ready[1] != 3) {
                dup2(ready[1], 3);
                close(ready[1]);
            }
            if (ready[0] != 3) close(ready[0]);
        }
        std::vector<char*> raw;
        for (std::string& argument : argv) raw.push_back(argument.data());
        raw.push_back(nullptr);
        execvp(raw[0], raw.data());
        _exit(127);
    }
    if (readyFd) {
        close(ready[1]);
        char byte = 0;
        const ssize_t got = read(ready[0], &byte, 1);
        close(ready[0]);
        if (got != 1) throw std::runtime_error(argv[0] + " did not start");
    }
    return Child(pid);
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

Child::Child(Child&& other) noexcept : pid_(other.pid_) {
    other.pid_ = -1;
}

Child::~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    for (int i = 0; i < 500; ++i) {
        if (waitpid(pid_, nullptr, WNOHANG) == pid_) return;
        usleep(10'000);
    }
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

void Child::kill(int signal) const {
    ::kill(pid_, signal);
}

int Child::wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
}

double Child::cpu() const {
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

int udpSocket(std::uint32_t host, std::uint16_t port, int receiveBuffer) {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (receiveBuffer != 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receiveBuffer, sizeof receiveBuffer) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof receiveBuffer);
    const sockaddr_in local = address(host, port);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0)
        throw std::runtime_error("bind");
    return fd;
}

std::uint16_t portOf(int socket) {
    sockaddr_in local{};
    socklen_t length = sizeof local;
    getsockname(socket, reinterpret_cast<sockaddr*>(&local), &length);
    return ntohs(local.sin_port);
}

std::uint16_t freePort() {
    const int fd = udpSocket(kLoopback, 0);
    const std::uint16_t port = portOf(fd);
    close(fd);
    return port;
}

double median(std::vector<double> values) {
    return percentile(std::move(values), 0.5);
}

double percentile(std::vector<double> values, double p) {
    if (values.empty()) return NAN;
    std::sort(values.begin(), values.end());
    const auto last = static_cast<double>(values.size() - 1);
    return values[static_cast<std::size_t>(std::lround(p * last))];
}

void printRow(const char* name, double value, const char* unit, double low, double high) {
    std::printf("  %-44s %10.3f %-12s (%.3f-%.3f)\n", name, value, unit, low, high);
    std::fflush(stdout);
}

}  // namespace im::bench
