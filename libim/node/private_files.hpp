// SPDX-License-Identifier: BSL-1.0
// Files of the user's own (identity, known, outbox, sessions): made so that nobody else can read
// them, refused when others could have had a hand in them, replaced whole so that a reader never
// sees half of one.  Free of POCO.
//
// Errors, unless said otherwise: 73 (CannotCreate) when the system refuses, 77 (NoPermission)
// when somebody else could read or write what is ours alone.  `what` names the file to the
// reader of the message: "identity file".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace im::node {

/// A file descriptor that closes itself.  Moves.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor();

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool isOpen() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

/// Makes `path` and what is missing above it, mode 0700.  One that is there stays as it is.
void makePrivateDirectory(const std::string& path);

/// Throws 77 when the directory belongs to somebody else or others can write it: they could put
/// files of theirs in the place of ours.  One that is missing passes; the next step says so.
void checkDirectory(const std::string& path, std::string_view what);

enum class Privacy : std::uint8_t {
    Trusted,  ///< others may read it, and not write it
    Secret,   ///< nor read it
};

/// Opens a file to read, or with `flags` otherwise.  Nothing when there is no such file.  77 also
/// for a symbolic link that somebody else has made; 78 (Configuration) for what is no file.
[[nodiscard]] std::optional<Descriptor> openPrivate(const std::string& path, std::string_view what,
                                                    Privacy privacy, int flags = 0);

/// Bytes from `offset` on, fewer only at the end of the file.
[[nodiscard]] std::size_t readAt(int fd, std::size_t offset, std::span<char> into,
                                 const std::string& path);
/// All of it.
[[nodiscard]] std::string readAll(int fd, const std::string& path);
/// Appends, or writes from where the descriptor stands.
void writeAll(int fd, std::string_view text, const std::string& path);

/// Waits for the disk to have a file or, where names have come or gone, a directory.
void syncFile(int fd, const std::string& path);
void syncDirectory(const std::string& path);
/// What is in a directory, in no order, but what begins with a dot; nothing when it cannot be read.
[[nodiscard]] std::vector<std::string> namesIn(const std::string& directory);
/// "a/b" of "a/b/c"; "." of "c".
[[nodiscard]] std::string directoryOf(const std::string& path);

/// A file that takes its final name only when it is whole, and vanishes otherwise.  Mode 0600.
/// What a kill leaves behind is PATH.new.XXXXXX.
class NewFile {
public:
    explicit NewFile(std::string path);
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    ~NewFile();

    [[nodiscard]] int get() const { return file_.get(); }
    void write(std::string_view text) { writeAll(file_.get(), text, path_); }
    /// The disk has what was written.
    void sync() { syncFile(file_.get(), path_); }

    /// Takes the name, from another file if one has it.
    Descriptor replace();
    /// Takes the name if nobody has it, or vanishes; says whether.  Of any number of processes
    /// that do this at once, one succeeds.
    [[nodiscard]] bool claim();

private:
    std::string path_;
    std::string temporary_;
    Descriptor file_;
};

/// What several tools must not do at once, for as long as it lives.  Ends with the process that
/// has it, however that ends.
class FileLock {
public:
    /// Longer than anybody of us works under a lock, by far.
    static constexpr int kPatienceMs = 5000;

    /// Makes `path` when needed.  Waits, and after kPatienceMs (somebody who has it was stopped)
    /// throws 71 (OperatingSystem).
    explicit FileLock(const std::string& path);

private:
    Descriptor file_;
};

}  // namespace im::node
