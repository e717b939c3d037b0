// SPDX-License-Identifier: BSL-1.0
// SqliteStore: the index's memory in a state file (StateDatabase).
//
// Two threads of its own keep the disk away from the loop: the writer makes one transaction of
// what a commit() hands it, the syncer has the disk keep it once a second, and at once where a
// name was claimed: only then its ticket counts as kept.
//
//     loop     put drop commit ──changes──> writer ──dirty──> syncer
//              finish <───────result, eventfd──┘           │
//              finish <───────kept tickets, eventfd────────┘
//
// When a sync has failed, the system may have thrown away what it could not write, and the next
// one would succeed without it.  So from then on no ticket counts as kept until imindex is started
// again; users, who are promised less, go on as before.
//
// Who owns what: `gathered_` and all counters are the loop's.  The changes of a commit are handed
// over whole and given back whole; the database is the writer's while it has some, else the
// loop's.  The threads start with start(), so that what confines the process can be done between
// the constructor and that.  Not thread-safe otherwise.
#pragma once

#include "libim/base/time.hpp"
#include "libim/index/store.hpp"
#include "libim/node/state_database.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace im::node {

class SqliteStore final : public index::Store {
public:
    /// After a failed write the next one is tried so much later, then twice as much, ...
    static constexpr Duration kRetry = std::chrono::seconds(1);
    static constexpr Duration kRetryMost = std::chrono::seconds(30);
    /// A disk that takes longer than this (an unreachable server of files) is waited for no more:
    /// the index serves from memory until it comes back.
    static constexpr Duration kPatience = std::chrono::seconds(1);
    /// After the first commit that the disk may not have; with the time that takes, no more than
    /// a second is lost with the power.
    static constexpr Duration kSyncDelay = std::chrono::milliseconds(700);

    /// Is told of a failure under way, and of its end: "FILE: ..." for stderr.
    using Warn = std::function<void(const std::string&)>;

    /// Throws as StateDatabase does.
    SqliteStore(const std::string& path, Warn warn);
    ~SqliteStore() override;

    /// Starts the threads; the first commit() does so when nobody has.  Throws Error 71 when the
    /// system has none to give, which a program wants to know before it serves.
    void start();

    [[nodiscard]] std::size_t size() override;
    /// Throws Error 78 when what it reads is no user.
    void follow(
        const std::function<void(index::StoreKey, const index::StoredUser&)>& each) override;
    [[nodiscard]] index::StoreKey put(const index::StoredUser& user) override;
    void drop(index::StoreKey key) override;
    [[nodiscard]] std::size_t nameCount() override;
    /// Throws Error 78 when what it reads is no name.
    void followNames(const std::function<void(const index::NameOwner&)>& each) override;
    [[nodiscard]] index::NameTicket claim(const index::NameOwner& owner) override;
    [[nodiscard]] index::NameTicket release(const Name& name) override;
    [[nodiscard]] index::NameTicket keptNames() const override { return keptNames_; }
    /// While another commit is under way this one begins behind it; after a failure not before
    /// nextDeadline().
    void commit() override;
    [[nodiscard]] bool settled() const override;
    /// Waits kPatience at most.
    void settle() override;
    [[nodiscard]] index::StoreFigures figures() const override;

    /// Readable when finish() is to be called.
    [[nodiscard]] int descriptor() const { return finished_; }
    /// Takes what the writer has done.  Without anything it does nothing.
    void finish();

    /// When commit() is to be called again although nothing has changed: to try again, or to wait
    /// no longer.
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

private:
    /// What the writer is to write.
    struct Job {
        std::vector<StateChange> changes;
        std::vector<NameChange> names;
        index::NameTicket lastTicket = 0;  ///< of all so far
    };
    /// What it gives back.
    struct Result {
        Job job;
        std::string error;  ///< empty: written
    };

    void handOver();
    void write(const std::stop_token& stop);
    void sync(const std::stop_token& stop);
    void written();
    void failed(Job job, const std::string& why);
    [[nodiscard]] bool hasGathered() const { return !gathered_.empty() || !gatheredNames_.empty(); }
    [[nodiscard]] bool namesSettled() const;
    bool synced(const std::string& error, index::NameTicket ticket);
    void saySyncError();
    void tell();
    void serveFromMemory(const std::string& why);
    void coalesce();

    std::string path_;
    Warn warn_;
    StateDatabase database_;
    int finished_ = -1;  // eventfd

    // The loop's.
    index::StoreKey nextKey_;
    std::vector<StateChange> gathered_;  // since the last commit, in order
    std::size_t coalesceAt_;             // of gathered_
    std::vector<NameChange> gatheredNames_;
    index::NameTicket lastTicket_ = 0;
    index::NameTicket keptNames_ = 0;
    bool isSyncLost_ = false;
    std::size_t underWay_ = 0;  // changes that the writer has
    TimePoint handedAt_;
    bool isGivenUp_ = false;  // the writer takes too long
    bool isFailing_ = false;  // somebody was told so
    std::optional<TimePoint> retryAt_;
    Duration retry_ = kRetry;
    index::StoreFigures figures_;

    // Shared by the threads.
    std::mutex mutex_;
    std::condition_variable_any work_;   // writer
    std::condition_variable_any dirty_;  // syncer
    std::condition_variable done_;       // settle()
    std::optional<Job> job_;
    std::optional<Result> result_;
    bool isDirty_ = false;
    index::NameTicket writtenTicket_ = 0;
    index::NameTicket syncedTicket_ = 0;
    bool hasSyncFailed_ = false;
    std::string syncError_;

    std::jthread writer_;
    std::jthread syncer_;
};

}  // namespace im::node
