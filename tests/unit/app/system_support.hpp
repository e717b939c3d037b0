// SPDX-License-Identifier: BSL-1.0
// For the tests of the app floor that need files and processes.
#pragma once

#include "libim/app/tool.hpp"
#include "tests/unit/app/support.hpp"

#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>

namespace im::app::test {

/// A directory of its own, gone at the end of the scope.
class Directory {
public:
    Directory() {
        std::string name = (std::filesystem::temp_directory_path() / "im-app-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name;
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() { std::filesystem::remove_all(path_); }

    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

    /// Writes a file, with the directories above it; returns its path.
    std::string write(const std::string& name, std::string_view text) const {
        const std::filesystem::path file = path_ + "/" + name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << text;
        return file.string();
    }

private:
    std::string path_;
};

/// How a program ended.
struct Ended {
    std::string how;  ///< "exit 64", "signal 13"
    std::string out;
    std::string err;
};

inline std::string drain(int fd) {
    std::string text;
    std::array<char, 4096> block{};
    for (;;) {
        const ssize_t count = ::read(fd, block.data(), block.size());
        if (count <= 0) return text;  // a pty ends with EIO
        text.append(block.data(), static_cast<std::size_t>(count));
    }
}

inline Ended await(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return {"signal " + std::to_string(WTERMSIG(status)), "", ""};
    return {"exit " + std::to_string(WEXITSTATUS(status)), "", ""};
}

/// Runs `program` in a process of its own, with `before` called there first.
inline Ended inChild(const std::function<int()>& program,
                     const std::function<void()>& before = {}) {
    Pipe out;
    Pipe err;
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(out.writer(), STDOUT_FILENO);
        ::dup2(err.writer(), STDERR_FILENO);
        if (before) before();
        ::_exit(program());
    }
    out.closeWriter();
    err.closeWriter();
    std::string outText = drain(out.reader());
    std::string errText = drain(err.reader());
    Ended ended = await(child);
    ended.out = std::move(outText);
    ended.err = std::move(errText);
    return ended;
}

}  // namespace im::app::test
