// SPDX-License-Identifier: BSL-1.0
#include "libim/net/confine.hpp"

#include "tests/support/catch.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

using im::net::confine;
using im::net::Confinement;

namespace {

/// A directory of the test's own, outside of what the C library may read.
class Folder {
public:
    Folder() {
        char name[] = "/tmp/im-confine-XXXXXX";
        path_ = ::mkdtemp(name);
        for (const char* const sub : {"/state", "/config", "/other"})
            ::mkdir((path_ + sub).c_str(), 0700);
        for (const char* const file : {"/state/a", "/config/a", "/other/a"})
            std::ofstream(path_ + file) << "text";
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        for (const char* const file : {"/state/a", "/state/b", "/config/a", "/other/a"})
            ::unlink((path_ + file).c_str());
        for (const char* const sub : {"/state", "/config", "/other", ""})
            ::rmdir((path_ + sub).c_str());
    }
    std::string operator/(const char* below) const { return path_ + "/" + below; }
    Confinement allowed() const {
        return {.readable = {*this / "config", *this / "config/not/there/yet"},
                .writable = {*this / "state"}};
    }

private:
    std::string path_;
};

/// What `judge` says in a process of its own that is confined; the number of the first claim that
/// does not hold, from 1, or 0.
int inConfinement(const Confinement& allowed, const std::function<std::vector<bool>()>& judge) {
    const pid_t child = ::fork();
    if (child == 0) {
        confine(allowed);
        const std::vector<bool> claims = judge();
        const auto wrong = std::find(claims.begin(), claims.end(), false);
        ::_exit(wrong == claims.end() ? 0 : static_cast<int>(wrong - claims.begin()) + 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

bool isRefused(long result, int error) {
    return result == -1 && errno == error;
}

bool canOpen(const std::string& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (descriptor >= 0) ::close(descriptor);
    return descriptor >= 0;
}

bool has(const std::vector<std::string>& lacking, const std::string& what) {
    return std::any_of(lacking.begin(), lacking.end(),
                       [&](const std::string& one) { return one.rfind(what, 0) == 0; });
}

/// What this kernel cannot do, found out in a process of its own.
bool lacks(const std::string& what) {
    const Folder folder;
    const pid_t child = ::fork();
    if (child == 0) ::_exit(has(confine(folder.allowed()), what) ? 1 : 0);
    int status = 0;
    ::waitpid(child, &status, 0);
    return status != 0;
}

bool isSkippedWithout(const char* what) {
    const bool skipped = lacks(what);
    if (skipped) WARN("SKIPPED: this kernel has no " << what);
    return skipped;
}

std::string statusOf(const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind(key + ":\t", 0) == 0) return line.substr(key.size() + 2);
    return {};
}

/// As on a kernel without `call`: it fails with ENOSYS from now on.
bool forget(long call) {
    std::array<sock_filter, 4> program{{
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<std::uint32_t>(call)},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
    }};
    const sock_fprog filter{program.size(), program.data()};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace

TEST_CASE("What a kernel lacks is left out and told, and the rest is done", "[net]") {
    if (isSkippedWithout("seccomp")) return;
    struct Lack {
        long call;
        std::string told;
    };
    for (const Lack& lack : {Lack{SYS_landlock_create_ruleset, "landlock: "},
                             Lack{SYS_seccomp, "seccomp: "}, Lack{SYS_capget, "capabilities: "}}) {
        const Folder folder;
        const pid_t child = ::fork();
        if (child == 0) {
            if (!forget(lack.call)) ::_exit(9);
            const auto lacking = confine(folder.allowed());
            ::_exit(has(lacking, lack.told) && statusOf("NoNewPrivs") == "1" &&
                            canOpen(folder / "state/a", O_RDWR)
                        ? 0
                        : 1);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        INFO(lack.told);
        CHECK(status == 0);
    }
}

TEST_CASE("A confined process cannot run another program or trace one", "[net]") {
    if (isSkippedWithout("seccomp")) return;
    const Folder folder;
    CHECK(inConfinement(folder.allowed(), [] {
              char name[] = "/bin/true";
              std::array<char*, 2> arguments{name, nullptr};
              return std::vector{
                  isRefused(::execv(name, arguments.data()), EPERM),
                  isRefused(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr), EPERM),
                  isRefused(::syscall(SYS_unshare, 0x10000000), EPERM),
                  isRefused(::syscall(SYS_bpf, 0, nullptr, 0), EPERM),
                  isRefused(::syscall(SYS_io_uring_setup, 1, nullptr), EPERM),
                  isRefused(::syscall(SYS_keyctl, 0, 0), EPERM),
                  isRefused(::syscall(SYS_clone3, nullptr, 0), ENOSYS),
                  isRefused(::syscall(SYS_clone, 0x10000000 | SIGCHLD, nullptr), EPERM),
              };
          }) == 0);
}

TEST_CASE("A debugger's way in stays open where it is asked for", "[net]") {
    if (isSkippedWithout("seccomp")) return;
    Confinement allowed;
    allowed.traceable = true;
    CHECK(inConfinement(allowed, [] {
              return std::vector{::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0,
                                 ::prctl(PR_GET_DUMPABLE) == 1};
          }) == 0);
}

TEST_CASE("A confined process has IP, Unix and netlink sockets and no others", "[net]") {
    if (isSkippedWithout("seccomp")) return;
    CHECK(inConfinement({}, [] {
              std::vector<bool> claims;
              for (const int family : {AF_UNIX, AF_INET, AF_NETLINK})
                  claims.push_back(::socket(family, SOCK_DGRAM, 0) >= 0);
              for (const int family : {AF_PACKET, AF_ALG, AF_VSOCK, AF_BLUETOOTH})
                  claims.push_back(isRefused(::socket(family, SOCK_RAW, 0), EAFNOSUPPORT));
              return claims;
          }) == 0);
}

TEST_CASE("A confined process makes, writes and removes files in its directory alone", "[net]") {
    if (isSkippedWithout("landlock")) return;
    const Folder folder;
    CHECK(inConfinement(folder.allowed(), [&] {
              const auto path = [&folder](const char* below) { return folder / below; };
              return std::vector{
                  canOpen(path("state/a"), O_RDWR),
                  canOpen(path("state/b"), O_RDWR | O_CREAT),
                  canOpen(path("state/b"), O_WRONLY | O_TRUNC),
                  ::unlink(path("state/b").c_str()) == 0,
                  canOpen(path("config/a"), O_RDONLY),
                  canOpen("/dev/null", O_RDWR),
                  canOpen("/proc/self/status", O_RDONLY),
                  !canOpen(path("config/a"), O_WRONLY),
                  !canOpen(path("config/b"), O_WRONLY | O_CREAT),
                  !canOpen(path("other/a"), O_RDONLY),
                  !canOpen(path("other/b"), O_WRONLY | O_CREAT),
                  ::unlink(path("config/a").c_str()) != 0,
                  ::mkdir(path("state/c").c_str(), 0700) != 0,
                  !canOpen("/etc/im-confine-test", O_WRONLY | O_CREAT),
              };
          }) == 0);
}

TEST_CASE("A confined process gets no privileges, and has none", "[net]") {
    const Folder folder;
    CHECK(inConfinement(folder.allowed(), [] {
              return std::vector{
                  statusOf("NoNewPrivs") == "1",
                  statusOf("CapEff") == std::string(16, '0'),
                  statusOf("CapPrm") == std::string(16, '0'),
                  ::prctl(PR_GET_DUMPABLE) == 0,
              };
          }) == 0);
}

TEST_CASE("A process that is confined twice, or has nothing to give up, goes on", "[net]") {
    const Folder folder;
    CHECK(inConfinement(folder.allowed(), [&] {
              confine(folder.allowed());
              return std::vector{canOpen(folder / "state/a", O_RDWR)};
          }) == 0);
}

TEST_CASE("Threads there are and threads to come share the filter", "[net]") {
    if (isSkippedWithout("seccomp")) return;
    const auto cannotTrace = [](bool& answer) {
        answer = isRefused(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr), EPERM);
    };
    const pid_t child = ::fork();
    if (child == 0) {
        std::array<int, 2> gate{};
        if (::pipe(gate.data()) != 0) ::_exit(9);
        bool early = false;
        std::thread before([&] {
            char byte = 0;
            if (::read(gate[0], &byte, 1) == 1) cannotTrace(early);
        });
        confine({});
        if (::write(gate[1], "x", 1) != 1) ::_exit(9);
        before.join();
        bool late = false;
        std::thread(cannotTrace, std::ref(late)).join();
        ::_exit(early && late ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
}
