// SPDX-License-Identifier: BSL-1.0
// Session files: what a login leaves behind for imlisten and imsend (commandline.md, "Files").
// One file per login, USER@HOST:PORT.session, in a directory of the user's own.  Plain text, see
// session_text.hpp.
//
// The lines of users are sorted by name, byte by byte, so that imsend finds one of them by
// binary search with a few pread(2), however many are online.  Files are replaced whole by
// rename(2), so an open SessionFile never changes under its reader.  Free of POCO.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/error.hpp"
#include "libim/base/name.hpp"
#include "libim/node/session_text.hpp"
#include "libim/talk/contacts.hpp"
#include "libim/wire/roster.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace im::node {

/// One session file, open for reading.  Movable, closes itself.
class SessionFile {
public:
    /// Opens and reads the head only.  Throws Error: CannotCreate (73) when it cannot be opened,
    /// NoPermission (77) when it belongs to somebody else or others can write it (they could
    /// send our messages elsewhere), Configuration (78) when it is damaged, of a newer version
    /// or of a profile that this release does not have.  Nothing when there is no such file.
    static std::optional<SessionFile> open(const std::string& path);

    /// The same of text in memory, for tests and the fuzzer: Error(Configuration) when damaged.
    static SessionFile ofText(std::string text);

    [[nodiscard]] const Session& session() const { return head_.session; }
    /// What open() was given.
    [[nodiscard]] const std::string& path() const { return source_.path; }
    /// As the head says.
    [[nodiscard]] std::size_t userCount() const { return head_.users; }

    /// Where `user` was when the file was written.  At most log2(bytes / 2048) + 1 reads.
    /// Throws Error(Configuration) when the lines it meets are none.
    [[nodiscard]] std::optional<Endpoint> find(std::string_view user) const;
    /// The same with all that his line says.
    [[nodiscard]] std::optional<SessionUser> findUser(std::string_view user) const;
    /// Everybody, sorted by name.  Throws as find().
    [[nodiscard]] std::vector<wire::RosterEntry> users() const;
    [[nodiscard]] std::vector<SessionUser> everybody() const;

    /// Whether the path this was opened from now leads to another file, or to none.
    [[nodiscard]] bool isStale() const;

private:
    /// Where the bytes come from: a descriptor, or (ofText) only `first`.
    struct Source {
        Source() = default;
        Source(Source&& other) noexcept { swap(other); }
        Source& operator=(Source&& other) noexcept {
            swap(other);
            return *this;
        }
        ~Source();

        void swap(Source& other) noexcept;
        /// Fewer bytes at the end of the file.
        [[nodiscard]] std::string readAt(std::size_t offset, std::size_t length) const;
        [[nodiscard]] Error damaged(std::string_view why) const;

        std::string path;
        std::string first;  ///< the beginning, read with the head
        int fd = -1;
        std::size_t size = 0;
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
    };

    SessionFile(Source source, SessionHead head);
    [[nodiscard]] std::optional<SessionUser> findWithin(std::size_t low, std::size_t high,
                                                        std::string_view user) const;
    [[nodiscard]] SessionUser parse(std::string_view line) const;

    Source source_;
    SessionHead head_;
};

/// The name part of a session file.
struct SessionId {
    Name user;
    Endpoint server;

    /// "alice@127.0.0.1:4649"
    [[nodiscard]] std::string toString() const;
    friend bool operator==(const SessionId&, const SessionId&) = default;
    friend bool operator<(const SessionId& a, const SessionId& b) {
        return std::tie(a.user, a.server) < std::tie(b.user, b.server);
    }
};

/// The directory of session files.  A value.
class SessionDirectory {
public:
    /// app::sessionDirectory(), in a tool.
    explicit SessionDirectory(std::string path) : path_(std::move(path)) {}

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string pathOf(const SessionId& id) const;

    /// All sessions, sorted.  Files of other names are not looked at.  A missing directory is
    /// empty; throws Error(CannotCreate) when it cannot be read.
    [[nodiscard]] std::vector<SessionId> list() const;

    /// "Which session": the only one that fits what is given, nothing when none does.  Throws
    /// Error(Usage) with their list when several do.
    [[nodiscard]] std::optional<SessionId> select(const std::optional<Name>& user,
                                                  const std::optional<Endpoint>& server) const;

    /// select() and open in one.
    [[nodiscard]] std::optional<SessionFile> openSelected(
        const std::optional<Name>& user, const std::optional<Endpoint>& server) const;

    /// Writes or replaces a session, atomically; makes the directory (0700).  Users whose name
    /// breaks the rule of im::Name are left out: nobody can write to them by name.
    /// Throws Error(CannotCreate).  `extras`: what a sealed session knows of each beside that.
    using Extras = std::function<SessionExtra(std::string_view user)>;
    void write(const Session& session, const talk::Contacts::Map& users,
               const Extras& extras = {}) const;

    /// Removes a session, with the cards and askers beside it.  False when there was none.  Throws
    /// Error(CannotCreate).
    bool remove(const SessionId& id) const;

private:
    std::string path_;
};

}  // namespace im::node
