// SPDX-License-Identifier: BSL-1.0
#include "libim/app/paths.hpp"

#include "libim/base/error.hpp"
#include "libim/base/name_service.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string_view>

namespace im::app {

namespace {

/// The variable's absolute path without a "/" at its end; empty when it is not one.
std::string absoluteVariable(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value != '/') return {};
    std::string path = value;
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path == "/" ? "" : path;
}

/// The fields of a line of passwd(5).
constexpr std::size_t kNameField = 0;
constexpr std::size_t kUserIdField = 2;
constexpr std::size_t kHomeField = 5;

std::string_view fieldOf(std::string_view line, std::size_t number) {
    for (; number > 0; --number) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return {};
        line.remove_prefix(colon + 1);
    }
    return line.substr(0, line.find(':'));
}

/// The line of user `id` in `lines`, or nothing.
std::string_view lineOf(std::string_view lines, std::string_view id) {
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        if (fieldOf(line, kUserIdField) == id) return line;
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    }
    return {};
}

std::string passwordFile() {
    std::string out;
    const int fd = ::open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return out;
    std::array<char, 4096> piece;  // NOLINT: filled by read
    for (ssize_t count = 1; count > 0;) {
        count = ::read(fd, piece.data(), piece.size());
        if (count > 0) out.append(piece.data(), static_cast<std::size_t>(count));
    }
    ::close(fd);
    return out;
}

/// A field of who we are.  The file first, which has nearly everybody and takes a tenth of the
/// time; and not getpwuid, which a static program cannot link (base/name_service.hpp).
std::string passwordField(std::size_t number) {
    const std::string id = std::to_string(::getuid());
    const std::string file = passwordFile();
    const std::string_view line = lineOf(file, id);
    if (!line.empty()) return std::string(fieldOf(line, number));
    const std::string answer = askNameService("passwd", id);
    return std::string(fieldOf(lineOf(answer, id), number));
}

std::string home() {
    const char* value = std::getenv("HOME");
    if (value != nullptr && *value != '\0') return value;
    return passwordField(kHomeField);
}

std::string directory(const char* variable, std::string_view belowHome) {
    const std::string base = absoluteVariable(variable);
    return (base.empty() ? home() + std::string(belowHome) : base) + "/im";
}

bool isDirectory(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

std::string configDirectory() {
    return directory("XDG_CONFIG_HOME", "/.config");
}
std::string dataDirectory() {
    return directory("XDG_DATA_HOME", "/.local/share");
}
std::string stateDirectory() {
    return directory("XDG_STATE_HOME", "/.local/state");
}

std::string sessionDirectory() {
    const std::string runtime = absoluteVariable("XDG_RUNTIME_DIR");
    return runtime.empty() ? stateDirectory() + "/run" : runtime + "/im";
}

std::string loginName() {
    return passwordField(kNameField);
}

void makeDirectory(const std::string& path) {
    if (::mkdir(path.c_str(), S_IRWXU) == 0) return;
    int why = errno;
    const std::size_t slash = path.find_last_of('/');
    if (why == ENOENT && slash != std::string::npos && slash > 0) {
        makeDirectory(path.substr(0, slash));
        if (::mkdir(path.c_str(), S_IRWXU) == 0) return;
        why = errno;
    }
    // EEXIST also when another tool was faster; EROFS and EACCES above a directory that is there.
    if (isDirectory(path)) return;
    throw systemError(ErrorKind::CannotCreate, path, why == EEXIST ? ENOTDIR : why);
}

}  // namespace im::app
