// SPDX-License-Identifier: BSL-1.0
// SqliteStore: the index's memory in an SQLite database, over POCO Data.  Survives kill -9: a
// write-ahead log, one transaction per commit().  A loss of power may cost the last commits, never
// the file.
//
// One process per file: the database is locked for as long as the store lives.  Not thread-safe;
// it belongs to the index's loop.
#pragma once

#include "libim/base/time.hpp"
#include "libim/index/store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace im::node {

class SqliteStore final : public index::Store {
public:
    /// What the file says it is: the number in `PRAGMA user_version`.  Older files are migrated,
    /// newer ones refused.
    static constexpr int kVersion = 1;
    /// "im-x" in `PRAGMA application_id`.
    static constexpr int kApplicationId = 0x696D2D78;
    /// After a failed write the next one is tried so much later, then twice as much, ..., so that
    /// trying in vain takes little of the loop's time.
    static constexpr Duration kRetry = std::chrono::seconds(1);
    static constexpr Duration kRetryMost = std::chrono::seconds(30);

    /// Is told of a failure under way, and of its end: "FILE: ..." for stderr.
    using Warn = std::function<void(const std::string&)>;

    /// Opens `path`, or makes it with mode 0600; its directory must be there.  Throws Error: 71
    /// in use by another process, 73 cannot be opened or written, 78 damaged, of a newer version,
    /// or no state file at all (which is left as it is).
    SqliteStore(const std::string& path, Warn warn);
    ~SqliteStore() override;

    /// Throws Error 78 when what it reads is no user.
    void follow(const std::function<void(const index::StoredUser&)>& each) override;
    void put(const index::StoredUser& user) override;
    void drop(const Name& name) override;
    /// After a failure not before nextDeadline().
    void commit() override;

    /// When commit() is to be called again although nothing has changed: while it fails.
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const {
        return failing_ ? std::optional(retryAt_) : std::nullopt;
    }
    /// Commits that failed.
    [[nodiscard]] std::uint64_t failures() const { return failures_; }
    /// Changes that only memory knows.
    [[nodiscard]] std::size_t unwritten() const { return changes_.size(); }

private:
    struct Database;
    struct Change {
        index::StoredUser user;
        bool online;
    };

    void write();
    void failed(const std::string& why);
    void coalesce();

    std::string path_;
    Warn warn_;
    std::unique_ptr<Database> database_;
    std::vector<Change> changes_;  // since the last commit, in order
    std::size_t coalesceAt_ = 0;   // of changes_, while commits fail
    bool failing_ = false;
    Duration retry_ = kRetry;
    TimePoint retryAt_;
    std::uint64_t failures_ = 0;
};

}  // namespace im::node
