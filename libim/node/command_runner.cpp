// SPDX-License-Identifier: BSL-1.0
#include "libim/node/command_runner.hpp"

#include "libim/base/error.hpp"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace im::node {
namespace {

constexpr std::array<std::string_view, 6> kVariables = {
    "IM_TYPE=", "IM_FROM=", "IM_ID=", "IM_TIME=", "IM_TRUST=", "IM_ENDPOINT="};

bool isOurs(std::string_view variable) {
    return std::ranges::any_of(kVariables,
                               [&](std::string_view name) { return variable.starts_with(name); });
}

std::string withoutNul(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\0')
            out += "\xEF\xBF\xBD";
        else
            out += c;
    }
    return out;
}

/// A closed descriptor at the end of a scope.
class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

void writeAll(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw systemError(ErrorKind::OperatingSystem, "text for the command", errno);
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

/// A file in memory, and not a pipe: a command that does not read its input keeps nobody waiting,
/// and one that reads late loses nothing when we have ended.
int fileOf(std::string_view text) {
    const int fd = ::memfd_create("im-record", MFD_CLOEXEC);
    if (fd < 0) throw systemError(ErrorKind::OperatingSystem, "text for the command", errno);
    try {
        writeAll(fd, text);
    } catch (...) {
        ::close(fd);
        throw;
    }
    ::lseek(fd, 0, SEEK_SET);
    return fd;
}

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

/// What POCO or we have blocked or ignored is the command's as if we had never been.
class CleanSignals {
public:
    CleanSignals() {
        sigset_t none;
        sigset_t pipe;
        sigemptyset(&none);
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        posix_spawnattr_init(&attributes_);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &pipe);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~CleanSignals() { posix_spawnattr_destroy(&attributes_); }
    CleanSignals(const CleanSignals&) = delete;
    CleanSignals& operator=(const CleanSignals&) = delete;
    [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

class InputFrom {
public:
    explicit InputFrom(int fd) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_adddup2(&actions_, fd, STDIN_FILENO);
    }
    ~InputFrom() { posix_spawn_file_actions_destroy(&actions_); }
    InputFrom(const InputFrom&) = delete;
    InputFrom& operator=(const InputFrom&) = delete;
    [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

pid_t spawnShell(std::string command, int input, std::vector<std::string>& environment) {
    std::vector<std::string> words = {"sh", "-c", std::move(command)};
    const std::vector<char*> argv = pointersTo(words);
    const std::vector<char*> envp = pointersTo(environment);
    const CleanSignals signals;
    const InputFrom actions(input);
    pid_t child = -1;
    const int problem =
        ::posix_spawn(&child, "/bin/sh", actions.get(), signals.get(), argv.data(), envp.data());
    if (problem != 0) throw systemError(ErrorKind::OperatingSystem, "/bin/sh", problem);
    return child;
}

}  // namespace

std::vector<std::string> commandEnvironment(const Event& event, std::string_view time,
                                            const char* const* inherited) {
    std::vector<std::string> out;
    for (const char* const* variable = inherited; *variable != nullptr; ++variable)
        if (!isOurs(*variable)) out.emplace_back(*variable);
    const std::array<std::string, 6> values = {
        std::string(toString(event.type)),
        withoutNul(event.user),
        withoutNul(event.id),
        std::string(time),
        event.trust == Trust::Absent ? std::string() : std::string(toString(event.trust)),
        event.endpoint ? event.endpoint->toString() : std::string()};
    for (std::size_t i = 0; i < kVariables.size(); ++i)
        out.push_back(std::string(kVariables[i]) + values[i]);
    return out;
}

std::size_t CommandRunner::Job::size() const {
    return sizeof(Job) + event.text.size() + event.user.size() + event.sent.size();
}

CommandRunner::CommandRunner(net::Loop& loop, std::string command) : command_(std::move(command)) {
    // Ignored, as some parents leave it, the kernel would reap the command and tell nobody.
    ::signal(SIGCHLD, SIG_DFL);
    loop.onSignal(SIGCHLD, [this] { reap(); });
}

void CommandRunner::add(const Event& event, std::string_view time) {
    waiting_.push_back({event, std::string(time)});
    waitingBytes_ += waiting_.back().size();
    if (child_ < 0) startNext();
}

void CommandRunner::startNext() {
    const Job job = std::move(waiting_.front());
    waiting_.pop_front();
    waitingBytes_ -= job.size();
    const Descriptor input(fileOf(job.event.text));
    std::vector<std::string> environment = commandEnvironment(job.event, job.time, environ);
    child_ = spawnShell(command_, input.get(), environment);
}

void CommandRunner::reap() {
    int status = 0;
    if (child_ < 0 || ::waitpid(child_, &status, WNOHANG) == 0) return;
    child_ = -1;
    if (ended_) ended_(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    if (child_ < 0 && !waiting_.empty()) startNext();
}

}  // namespace im::node
