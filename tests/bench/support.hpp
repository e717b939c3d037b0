// SPDX-License-Identifier: BSL-1.0
// What the benches share: a child process and its CPU time, classic datagrams by hand, medians.
// The benches speak the protocol themselves and use raw sockets, so that they measure the
// programs and the kernel, not libim's own client side.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace im::bench {

using Seconds = std::chrono::duration<double>;

/// Monotonic seconds.
double now();

/// A running child; ended with SIGTERM (then SIGKILL) and reaped when it dies.
class Child {
public:
    /// Runs a program of PATH or with a slash; waits until it has written a line to --ready-fd
    /// where `readyFd` is true (adds that option).  stdout and stderr go to /dev/null.
    static Child program(std::vector<std::string> argv, bool readyFd);
    /// Runs `body` in a forked child.
    static Child forked(const std::function<void()>& body);

    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;
    ~Child();

    pid_t pid() const { return pid_; }
    /// CPU seconds of all its threads so far (from schedstat, nanoseconds).
    double cpu() const;
    /// Resident bytes.
    std::size_t resident() const;
    /// Bytes of anonymous memory (page cache of mapped files not counted).
    std::size_t anonymous() const;
    void kill(int signal) const;
    /// Waits for it; the status of waitpid.
    int wait();

private:
    explicit Child(pid_t pid) : pid_(pid) {}
    pid_t pid_ = -1;
};

/// UTF-16LE of ASCII text.
std::string utf16(std::string_view ascii);

sockaddr_in address(std::uint32_t hostOrder, std::uint16_t port);
constexpr std::uint32_t kLoopback = 0x7F000001;

/// A UDP socket; port 0: any.  `receiveBuffer` is forced where we may.
int udpSocket(std::uint32_t host, std::uint16_t port, int receiveBuffer = 0);
std::uint16_t portOf(int socket);
/// A free UDP and TCP port of 127.0.0.1.
std::uint16_t freePort();

double median(std::vector<double> values);
double percentile(std::vector<double> values, double p);

/// Rows of a table: name, median, spread, ratio.
void printRow(const char* name, double value, const char* unit, double low, double high);

}  // namespace im::bench
