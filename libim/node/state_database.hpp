// SPDX-License-Identifier: BSL-1.0
// StateDatabase: the index's state file, an SQLite database over POCO Data.  A write-ahead log:
// what write() has returned from survives kill -9; what sync() has been called for after that
// survives a loss of power.  The file itself survives both.
//
//     users (key INTEGER PRIMARY KEY, name, endpoint, since)      who is online
//     names (name PRIMARY KEY, identity, since)                   whose a name is, sealed
//
// `key` is index::StoreKey: it grows with each login, so logins are appended to the last page
// and a batch of them is one page or two, however many users there are.  With the name as key,
// each login would touch a page of its own: ten times the cost, measured.  A name is claimed once
// in a lifetime: there that cost is worth that the file itself refuses a second owner.
// `identity` is a fingerprint (noise::fingerprint), as imlogin prints it and --users takes it.
//
// While the database lives, the file says so (kOpenId), written into the file itself before the log
// holds anything; a clean end takes it back.  So a file that says so and has no log beside it has
// lost its latest writes, and is refused rather than taken as it is.
//
// One process per file: it is locked for as long as the database lives.  Used by one thread at a
// time, except sync().
#pragma once

#include "libim/index/store.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace im::node {

/// One thing to write.
struct StateChange {
    index::StoreKey key;
    std::optional<index::StoredUser> user;  ///< nothing: is no longer online
};

/// The same of a name's owner.
struct NameChange {
    Name name;
    std::optional<index::NameOwner> owner;  ///< nothing: is released
};

class StateDatabase {
public:
    /// What the file says it is: the number in `PRAGMA user_version`.  Older files are migrated,
    /// newer ones refused.
    static constexpr int kVersion = 3;
    /// "im-x" in `PRAGMA application_id`; "im-o" of a file that is open, or was when its imindex
    /// died.
    static constexpr int kApplicationId = 0x696D2D78;
    static constexpr int kOpenId = 0x696D2D6F;

    /// Opens `path`, or makes it with mode 0600; its directory must be there.  Throws Error: 71
    /// in use by another process, 73 cannot be opened or written, 78 damaged, without its log, of
    /// a newer version, or no state file at all (which is left as it is).
    explicit StateDatabase(const std::string& path);
    ~StateDatabase();

    /// Throws as the constructor would, but makes nothing and migrates nothing; what an imindex
    /// that died left in the log is moved into the file.  No such file is fine, and so is one in
    /// use: then an imindex has found it good.  Has the file locked while it looks.
    static void check(const std::string& path);

    [[nodiscard]] std::size_t size();

    /// Calls `each` for all users, by key.  Throws Error 78 when what it reads is no user.
    void follow(const std::function<void(index::StoreKey, const index::StoredUser&)>& each);

    /// Larger than every key there ever was.
    [[nodiscard]] index::StoreKey nextKey() const;

    [[nodiscard]] std::size_t nameCount();
    /// All names that have an owner, sorted by name.  Throws as follow().
    void followNames(const std::function<void(const index::NameOwner&)>& each);

    /// Writes all of it or nothing, each list in its order.  Throws Error 73, and can be called
    /// again then.
    void write(std::span<const StateChange> changes, std::span<const NameChange> names = {});

    /// Waits until the disk has what was written so far.  May be called while another thread is
    /// in write().  Throws Error 73, also when the file or its log is no longer what stands under
    /// its name: then nobody will ever read what is written.
    void sync();

private:
    struct Connection;

    void openForSync();
    void lookWhetherThere() const;
    std::size_t count(const char* question);

    std::string path_;
    std::unique_ptr<Connection> connection_;
    // Descriptors for sync(): of the file, of its write-ahead log, of their directory.
    int file_ = -1;
    int log_ = -1;
    int directory_ = -1;
    bool isKeptByDisk_ = false;  // the file is; sync()'s
};

}  // namespace im::node
