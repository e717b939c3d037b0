// SPDX-License-Identifier: BSL-1.0
// What the tests of the app floor share: argv, errors as values, pipes, the environment.
#pragma once

#include "libim/app/options.hpp"
#include "libim/base/error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace im::app::test {

/// An argv with its null pointer; owns the words.
class Args {
public:
    Args(std::initializer_list<const char*> words) {
        for (const char* word : words) words_.emplace_back(word);
        for (std::string& word : words_) pointers_.push_back(word.data());
        pointers_.push_back(nullptr);
    }
    int count() const { return static_cast<int>(words_.size()); }
    char** argv() { return pointers_.data(); }
    const std::vector<std::string>& words() const { return words_; }

private:
    std::vector<std::string> words_;
    std::vector<char*> pointers_;
};

/// What `step` threw, as "STATUS what"; "no error" when it threw none.
template <typename Step>
std::string errorOf(Step step) {
    try {
        step();
    } catch (const Error& error) {
        return std::to_string(static_cast<int>(error.kind())) + " " + error.what();
    }
    return "no error";
}

/// A variable of the environment for the length of a scope; nullopt: unset.
class Variable {
public:
    Variable(const char* name, std::optional<std::string> value) : name_(name) {
        if (const char* old = std::getenv(name)) old_ = old;
        set(value);
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    ~Variable() { set(old_); }

private:
    void set(const std::optional<std::string>& value) const {
        if (value) {
            ::setenv(name_, value->c_str(), 1);
        } else {
            ::unsetenv(name_);
        }
    }
    const char* name_;
    std::optional<std::string> old_;
};

/// A pipe whose two ends can be closed apart.
class Pipe {
public:
    Pipe() {
        if (::pipe2(ends_.data(), O_CLOEXEC) != 0) std::abort();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        closeReader();
        closeWriter();
    }

    int reader() const { return ends_[0]; }
    int writer() const { return ends_[1]; }
    void closeReader() { close(ends_[0]); }
    void closeWriter() { close(ends_[1]); }
    void forgetWriter() { ends_[1] = -1; }

    /// Bytes that fit into the pipe without waiting.
    void put(std::string_view bytes) const {
        if (::write(ends_[1], bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
            std::abort();
    }

    /// Up to `most` bytes of what is in the pipe now.
    std::string get(std::size_t most = 1U << 20U) const {
        std::string bytes(most, '\0');
        ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
        std::size_t count = 0;
        for (;;) {
            const ssize_t got = ::read(ends_[0], bytes.data() + count, most - count);
            if (got <= 0) break;
            count += static_cast<std::size_t>(got);
        }
        bytes.resize(count);
        return bytes;
    }

private:
    static void close(int& fd) {
        if (fd >= 0) ::close(std::exchange(fd, -1));
    }
    std::array<int, 2> ends_{};
};

}  // namespace im::app::test
