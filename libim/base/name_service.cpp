// SPDX-License-Identifier: BSL-1.0
#include "libim/base/name_service.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

extern char** environ;  // NOLINT: POSIX's

namespace im {

namespace {

constexpr std::size_t kMost = 64U << 10U;

/// What a child may say to its parent.
class Pipe {
public:
    Pipe() {
        if (::pipe2(ends_.data(), O_CLOEXEC) < 0) ends_ = {-1, -1};
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        closeWriter();
        if (ends_[0] >= 0) ::close(ends_[0]);
    }

    int writer() const { return ends_[1]; }
    void closeWriter() {
        if (ends_[1] >= 0) ::close(ends_[1]);
        ends_[1] = -1;
    }

    std::string readAll() const {
        std::string out;
        std::array<char, 4096> piece{};
        while (ends_[0] >= 0 && out.size() < kMost) {
            const ssize_t count = ::read(ends_[0], piece.data(), piece.size());
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) break;
            out.append(piece.data(), static_cast<std::size_t>(count));
        }
        return out;
    }

private:
    std::array<int, 2> ends_{-1, -1};
};

/// The child's process id, or -1.  It reads nothing and shares our stderr.
pid_t spawn(std::array<char*, 4> words, int output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    pid_t child = -1;
    const int problem = posix_spawnp(&child, words[0], &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    return problem == 0 ? child : -1;
}

}  // namespace

std::string askNameService(const std::string& database, const std::string& key) {
    if (key.empty() || key.front() == '-') return {};  // getent would take it for an option
    std::string program = "getent";
    std::string databaseWord = database;
    std::string keyWord = key;
    Pipe pipe;
    if (pipe.writer() < 0) return {};
    const pid_t child =
        spawn({program.data(), databaseWord.data(), keyWord.data(), nullptr}, pipe.writer());
    if (child < 0) return {};
    pipe.closeWriter();
    std::string out = pipe.readAll();
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? out : std::string();
}

}  // namespace im
