// SPDX-License-Identifier: BSL-1.0
#include "libim/app/paths.hpp"

#include "libim/base/error.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
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

std::string home() {
    const char* value = std::getenv("HOME");
    if (value != nullptr && *value != '\0') return value;
    const passwd* entry = ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe): before threads
    return entry == nullptr ? "" : entry->pw_dir;
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
    const passwd* entry = ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe): before threads
    return entry == nullptr ? "" : entry->pw_name;
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
