// SPDX-License-Identifier: BSL-1.0
// What the benches share: a child process and its CPU time, classic datagrams by hand, sockets.
// The benches speak the protocol themselves and use raw sockets, so that they measure the
// programs and the kernel, not libim's own client side.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace im::bench {

using Seconds = std::chrono::duration<double>;

/// Monotonic seconds.
double now();
/// Seconds of CPU that this thread has had.
double threadCpu();
void sleepFor(double seconds);
/// Ends the program with a word on stderr: what is measured next would mean nothing.
[[noreturn]] void giveUp(const std::string& why);

/// What a child has as stdin and stdout, where -1 is /dev/null; variables before those of ours.
struct Streams {
    int in = -1;
    int out = -1;
    std::vector<std::string> variables = {};
};

/// A running child; ended with SIGTERM (then SIGKILL) and reaped when it dies.
class Child {
public:
    /// Runs a program of PATH or with a slash; stderr goes to /dev/null unless IM_BENCH_VERBOSE.
    static Child program(std::vector<std::string> argv, const Streams& streams = {});
    /// The same with --ready-fd; waits until it has said that it is ready.
    static Child ready(std::vector<std::string> argv, const Streams& streams = {});
    /// Runs `body` in a forked child.
    static Child forked(const std::function<void()>& body);

    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;
    ~Child();

    pid_t pid() const { return pid_; }
    /// CPU seconds of all its threads so far (from schedstat, nanoseconds); after wait() of all
    /// its life.
    double cpu() const;
    /// Resident bytes.
    std::size_t resident() const;
    /// Bytes of anonymous memory (page cache of mapped files not counted).
    std::size_t anonymous() const;
    void kill(int signal) const;
    /// Waits for it; the status of waitpid.
    int wait();
    /// SIGKILL, and reaps it.
    void killNow();

private:
    explicit Child(pid_t pid) : pid_(pid) {}
    static pid_t spawn(std::vector<std::string>& argv, const Streams& streams, int readyFd);
    pid_t pid_ = -1;
    double cpuOfLife_ = 0;
};

/// UTF-16LE of ASCII text.
std::string utf16(std::string_view ascii);

sockaddr_in address(std::uint32_t hostOrder, std::uint16_t port);
std::string hostText(std::uint32_t hostOrder);
constexpr std::uint32_t kLoopback = 0x7F000001;

/// A UDP socket; port 0: any.  `receiveBuffer` is forced where we may.
int udpSocket(std::uint32_t host, std::uint16_t port, int receiveBuffer = 0);
/// A listening TCP socket at any port of 127.0.0.1.
int tcpListener();
/// Connects to a TCP port of 127.0.0.1; -1 when refused.
int tcpConnect(std::uint16_t port);
std::uint16_t portOf(int socket);
/// A free UDP and TCP port of 127.0.0.1.
std::uint16_t freePort();
void sendTo(int socket, const sockaddr_in& to, std::string_view bytes);

}  // namespace im::bench
