// SPDX-License-Identifier: BSL-1.0
// restrictFiles(): landlock(7) by its system calls.
#include "libim/net/confine.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace im::net {

namespace {

// Younger than the headers of Debian 12.
constexpr std::uint64_t kTruncate = 1ULL << 14U;    // since version 3 of landlock
constexpr std::uint64_t kConnectTcp = 1ULL << 1U;   // since 4
constexpr std::uint64_t kScopeSignal = 1ULL << 1U;  // since 6

/// struct landlock_ruleset_attr as of version 6; an older kernel is given less of it.
struct Ruleset {
    std::uint64_t files = 0;
    std::uint64_t net = 0;
    std::uint64_t scope = 0;
};

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWrite = kRead | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                 kTruncate;
// What a rule on something that is no directory may say.
constexpr std::uint64_t kOfFiles =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;

// What the C library looks at when it is asked for a local time, a user's name, a message.
constexpr std::array kAlwaysReadable{"/usr",  "/lib", "/lib64",    "/etc",
                                     "/proc", "/sys", "/dev/null", "/dev/urandom"};

/// All that landlock of that version can forbid.
Ruleset everything(int version) {
    Ruleset all;
    all.files = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;
    if (version >= 2) all.files |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3) all.files |= kTruncate;
    if (version >= 4) all.net = kConnectTcp;
    if (version >= 6) all.scope = kScopeSignal;
    return all;
}

std::size_t sizeFor(int version) {
    return version >= 6 ? sizeof(Ruleset) : version >= 4 ? 16 : 8;
}

std::string above(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

int openPath(const std::string& path) {
    return ::open(path.c_str(), O_PATH | O_CLOEXEC);
}

class Rules {
public:
    explicit Rules(int version)
        : all_(everything(version)),
          descriptor_(static_cast<int>(
              ::syscall(SYS_landlock_create_ruleset, &all_, sizeFor(version), 0))) {}
    Rules(const Rules&) = delete;
    Rules& operator=(const Rules&) = delete;
    ~Rules() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    [[nodiscard]] bool made() const { return descriptor_ >= 0; }

    /// False when there is no such path.
    bool allow(const std::string& path, std::uint64_t access) const {
        const int at = openPath(path);
        if (at < 0) return false;
        struct stat status {};
        if (::fstat(at, &status) == 0 && !S_ISDIR(status.st_mode)) access &= kOfFiles;
        landlock_path_beneath_attr rule{};
        rule.allowed_access = access & all_.files;
        rule.parent_fd = at;
        ::syscall(SYS_landlock_add_rule, descriptor_, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
        ::close(at);
        return true;
    }
    void allowNearest(std::string path, std::uint64_t access) const {
        while (!allow(path, access) && path != "/" && path != ".") path = above(path);
    }

    [[nodiscard]] int enforce() const {
        return ::syscall(SYS_landlock_restrict_self, descriptor_, 0) == 0 ? 0 : errno;
    }

private:
    Ruleset all_;
    int descriptor_;
};

}  // namespace

int restrictFiles(const Confinement& allowed) {
    const auto version = static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
    if (version < 1) return errno;
    const Rules rules(version);
    if (!rules.made()) return errno;
    for (const char* const path : kAlwaysReadable) rules.allow(path, kRead);
    rules.allow("/dev/null", kRead | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate);
    for (const std::string& path : allowed.readable) rules.allowNearest(path, kRead);
    for (const std::string& path : allowed.writable) rules.allow(path, kWrite);
    return rules.enforce();
}

}  // namespace im::net
