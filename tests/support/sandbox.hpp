// SPDX-License-Identifier: BSL-1.0
// Sandbox: a directory for one test, gone with it.  And what tests say of refusals.
#pragma once

#include "libim/base/error.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace im::test {

class Sandbox {
public:
    Sandbox() {
        std::string pattern = (std::filesystem::temp_directory_path() / "im-test-XXXXXX").string();
        root_ = ::mkdtemp(pattern.data());
    }
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;
    ~Sandbox() {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }

    [[nodiscard]] std::string path(const std::string& below) const {
        return (root_ / below).string();
    }

    [[nodiscard]] std::string read(const std::string& below) const {
        std::ifstream in(root_ / below, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void write(const std::string& below, const std::string& text, unsigned mode = 0600) const {
        namespace fs = std::filesystem;
        fs::create_directories((root_ / below).parent_path());
        std::ofstream(root_ / below, std::ios::binary | std::ios::trunc) << text;
        fs::permissions(root_ / below, static_cast<fs::perms>(mode));
    }
    [[nodiscard]] unsigned mode(const std::string& below) const {
        return static_cast<unsigned>(std::filesystem::status(root_ / below).permissions());
    }
    /// Names in a directory.
    [[nodiscard]] std::size_t count(const std::string& below) const {
        namespace fs = std::filesystem;
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(root_ / below), fs::directory_iterator()));
    }

private:
    std::filesystem::path root_;
};

/// The Error that `act` throws; nothing when it throws none.
template <typename Act>
std::optional<Error> errorOf(Act act) {
    try {
        act();
    } catch (const Error& error) {
        return error;
    }
    return {};
}

/// Its kind; `No`, which no file is refused with, when there was none.
template <typename Act>
ErrorKind kindOf(Act act) {
    const auto error = errorOf(act);
    return error ? error->kind() : ErrorKind::No;
}

/// What it says; empty when there was none.
template <typename Act>
std::string whatOf(Act act) {
    const auto error = errorOf(act);
    return error ? error->what() : "";
}

}  // namespace im::test
