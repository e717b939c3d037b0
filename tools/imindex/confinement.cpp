// SPDX-License-Identifier: BSL-1.0
#include "tools/imindex/confinement.hpp"

#include "libim/app/paths.hpp"
#include "libim/net/confine.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace im::tools {

namespace {

// The leak checker of a sanitizer attaches to its own process.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kChecked = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kChecked = true;
#else
constexpr bool kChecked = false;
#endif
#else
constexpr bool kChecked = false;
#endif

std::string directoryOf(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

/// Where the file really is: SQLite makes its journal there.
std::string resolved(const std::string& path) {
    char* const real = ::realpath(path.c_str(), nullptr);
    if (real == nullptr) return path;
    std::string text = real;
    std::free(real);
    return text;
}

bool belongsToAnother(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && status.st_uid != ::geteuid();
}

/// The directories of the files that HUP reads: an editor replaces a file by another.
std::vector<std::string> configDirectories(const app::Tool& tool) {
    const std::string chosen(tool.settings().text(app::kConfig));
    if (!chosen.empty()) return {directoryOf(chosen), directoryOf(resolved(chosen))};
    const std::string user = app::configDirectory();
    return {user, directoryOf(resolved(user + "/im.conf")),
            directoryOf(resolved("/etc/im/im.conf"))};
}

}  // namespace

void keepTemporaryFilesBeside(const std::string& state) {
    if (!state.empty()) ::setenv("SQLITE_TMPDIR", directoryOf(resolved(state)).c_str(), 0);
}

void confineTo(const app::Tool& tool, const std::string& state, const std::string& users) {
    net::Confinement allowed;
    allowed.traceable = kChecked;
    allowed.readable = configDirectories(tool);
    if (!users.empty()) {
        allowed.readable.push_back(directoryOf(users));
        allowed.readable.push_back(directoryOf(resolved(users)));
    }
    if (!state.empty()) {
        const std::string file = resolved(state);
        allowed.writable = {directoryOf(file)};
        allowed.keepsOverride = belongsToAnother(file) || belongsToAnother(directoryOf(file));
    }
    for (const std::string& lacking : net::confine(allowed))
        tool.detail(1, "not confined by " + lacking);
}

}  // namespace im::tools
