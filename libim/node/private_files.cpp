// SPDX-License-Identifier: BSL-1.0
#include "libim/node/private_files.hpp"

#include "libim/base/error.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace im::node {

namespace {

Error cannot(const std::string& path, int errnum) {
    return systemError(ErrorKind::CannotCreate, path, errnum);
}

Error isTheirs(std::string_view what, const std::string& path) {
    return Error(ErrorKind::NoPermission,
                 std::string(what) + " " + path + ": belongs to somebody else");
}

/// Of a link too: whoever makes one says where our secret is to be read from, or written to.
void checkOwner(const std::string& path, std::string_view what) {
    struct stat facts {};
    if (::lstat(path.c_str(), &facts) < 0) return;
    if (facts.st_uid != ::geteuid()) throw isTheirs(what, path);
}

void checkFacts(const struct stat& facts, const std::string& path, std::string_view what,
                Privacy privacy) {
    const std::string named = std::string(what) + " " + path;
    if (!S_ISREG(facts.st_mode))
        throw Error(ErrorKind::Configuration, named + ": not a regular file");
    if (facts.st_uid != ::geteuid()) throw isTheirs(what, path);
    if (privacy == Privacy::Secret && (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        throw Error(ErrorKind::NoPermission, named + ": readable by others",
                    "chmod 600 '" + path + "', if nobody has read it so far");
    if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        throw Error(ErrorKind::NoPermission, named + ": others can write it",
                    "chmod 600 '" + path + "', if you trust what it says");
}

}  // namespace

Descriptor::~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

void makePrivateDirectory(const std::string& path) {
    if (::mkdir(path.c_str(), S_IRWXU) == 0 || errno == EEXIST) return;
    const std::size_t slash = path.rfind('/');
    const bool isAbsent = errno == ENOENT;
    struct stat facts {};
    // EROFS and EACCES also above a directory that is there.
    if (!isAbsent && ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode)) return;
    if (!isAbsent || slash == 0 || slash == std::string::npos) throw cannot(path, errno);
    makePrivateDirectory(path.substr(0, slash));
    if (::mkdir(path.c_str(), S_IRWXU) < 0 && errno != EEXIST) throw cannot(path, errno);
}

void checkDirectory(const std::string& path, std::string_view what) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) < 0) return;
    if (facts.st_uid != ::geteuid()) throw isTheirs(what, path);
    if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        throw Error(ErrorKind::NoPermission,
                    std::string(what) + " " + path + ": others can write it",
                    "chmod 700 '" + path + "', if you trust what is there");
}

std::optional<Descriptor> openPrivate(const std::string& path, std::string_view what,
                                      Privacy privacy, int flags) {
    checkOwner(path, what);
    // Non-blocking: a FIFO put there would keep us waiting.  It is refused below.
    Descriptor file(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file.isOpen() && errno == ENOENT) return {};
    struct stat facts {};
    if (!file.isOpen() || ::fstat(file.get(), &facts) < 0) throw cannot(path, errno);
    checkFacts(facts, path, what, privacy);
    return file;
}

std::size_t readAt(int fd, std::size_t offset, std::span<char> into, const std::string& path) {
    std::size_t got = 0;
    while (got < into.size()) {
        const ssize_t count =
            ::pread(fd, into.data() + got, into.size() - got, static_cast<off_t>(offset + got));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw cannot(path, errno);
        if (count == 0) break;
        got += static_cast<std::size_t>(count);
    }
    return got;
}

std::string readAll(int fd, const std::string& path) {
    constexpr std::size_t kLeast = 4096;
    struct stat facts {};
    if (::fstat(fd, &facts) < 0) throw cannot(path, errno);
    std::string text(static_cast<std::size_t>(facts.st_size) + kLeast, '\0');
    std::size_t got = 0;
    for (;;) {
        got += readAt(fd, got, std::span(text).subspan(got), path);
        if (got < text.size()) break;
        text.resize(2 * text.size());  // it has grown meanwhile
    }
    text.resize(got);
    return text;
}

void writeAll(int fd, std::string_view text, const std::string& path) {
    while (!text.empty()) {
        const ssize_t count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw cannot(path, errno);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

void syncFile(int fd, const std::string& path) {
    if (::fsync(fd) < 0) throw cannot(path, errno);
}

void syncDirectory(const std::string& path) {
    const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.isOpen()) throw cannot(path, errno);
    // A file system that cannot sync directories says EINVAL: it does so by itself or never.
    if (::fsync(directory.get()) < 0 && errno != EINVAL) throw cannot(path, errno);
}

std::vector<std::string> namesIn(const std::string& directory) {
    std::vector<std::string> out;
    DIR* const entries = ::opendir(directory.c_str());
    if (entries == nullptr) return out;
    while (const dirent* entry = ::readdir(entries))  // NOLINT: one thread
        if (entry->d_name[0] != '.') out.emplace_back(entry->d_name);
    ::closedir(entries);
    return out;
}

std::string directoryOf(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return path.substr(0, slash == 0 ? 1 : slash);
}

// NewFile ----------------------------------------------------------------------------------

NewFile::NewFile(std::string path) : path_(std::move(path)), temporary_(path_ + ".new.XXXXXX") {
    file_ = Descriptor(::mkostemp(temporary_.data(), O_CLOEXEC));
    if (!file_.isOpen()) throw cannot(path_, errno);
}

NewFile::~NewFile() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Descriptor NewFile::replace() {
    if (std::rename(temporary_.c_str(), path_.c_str()) < 0) throw cannot(path_, errno);
    temporary_.clear();
    return std::move(file_);
}

bool NewFile::claim() {
    // link(2), not rename(2): it fails when the name is taken.
    if (::link(temporary_.c_str(), path_.c_str()) == 0) return true;
    if (errno == EEXIST) return false;
    throw cannot(path_, errno);
}

// FileLock ---------------------------------------------------------------------------------

FileLock::FileLock(const std::string& path) {
    constexpr int kStepMs = 5;
    file_ = Descriptor(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
    if (!file_.isOpen()) throw cannot(path, errno);
    for (int waited = 0; ::flock(file_.get(), LOCK_EX | LOCK_NB) < 0; waited += kStepMs) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            throw systemError(ErrorKind::OperatingSystem, path, errno);
        if (waited >= kPatienceMs)
            throw Error(ErrorKind::OperatingSystem, path + ": in use by another process");
        // flock(2) itself waits for ever: for a process that was stopped, say.
        ::poll(nullptr, 0, kStepMs);
    }
}

}  // namespace im::node
