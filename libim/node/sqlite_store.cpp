// SPDX-License-Identifier: BSL-1.0
#include "libim/node/sqlite_store.hpp"

#include "libim/base/error.hpp"
#include "libim/net/clock.hpp"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>
#include <unordered_set>
#include <utility>

namespace im::node {

namespace {

// While nothing can be written, changes are put together when there are so many, and then at
// twice what remained.
constexpr std::size_t kCoalesceFirst = 65536;

int makeEvent() {
    const int event = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (event < 0) throw systemError(ErrorKind::OperatingSystem, "cannot make an eventfd", errno);
    return event;
}

}  // namespace

SqliteStore::SqliteStore(const std::string& path, Warn warn)
    : path_(path),
      warn_(std::move(warn)),
      database_(path),
      finished_(makeEvent()),
      nextKey_(database_.nextKey()),
      coalesceAt_(kCoalesceFirst) {}

SqliteStore::~SqliteStore() {
    // What is left is tried once more, and waited for as long as it takes.
    retryAt_.reset();
    isGivenUp_ = false;
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return !job_ && (underWay_ == 0 || result_); });
    lock.unlock();
    finish();
    retryAt_.reset();
    commit();
    // The writer does its job before it stops.
    writer_ = {};
    syncer_ = {};
    finish();
    ::close(finished_);
}

// The loop's side --------------------------------------------------------------------------

std::size_t SqliteStore::size() {
    settle();
    return database_.size();
}

void SqliteStore::follow(
    const std::function<void(index::StoreKey, const index::StoredUser&)>& each) {
    settle();
    database_.follow(each);
}

index::StoreKey SqliteStore::put(const index::StoredUser& user) {
    gathered_.push_back({nextKey_, user});
    return nextKey_++;
}

void SqliteStore::drop(index::StoreKey key) {
    gathered_.push_back({key, {}});
}

std::size_t SqliteStore::nameCount() {
    settle();
    return database_.nameCount();
}

void SqliteStore::followNames(const std::function<void(const index::NameOwner&)>& each) {
    settle();
    database_.followNames(each);
}

index::NameTicket SqliteStore::claim(const index::NameOwner& owner) {
    gatheredNames_.push_back({owner.name, owner});
    return ++lastTicket_;
}

index::NameTicket SqliteStore::release(const Name& name) {
    gatheredNames_.push_back({name, {}});
    return ++lastTicket_;
}

void SqliteStore::commit() {
    const TimePoint now = net::now();
    if (underWay_ > 0 && !isGivenUp_ && now - handedAt_ >= kPatience) {
        isGivenUp_ = true;
        ++figures_.failures;
        serveFromMemory("the disk does not answer");
    }
    const bool mustWait = underWay_ > 0 || (retryAt_ && now < *retryAt_);
    if (hasGathered() && !mustWait) return handOver();
    if (gathered_.size() >= coalesceAt_) coalesce();
}

void SqliteStore::handOver() {
    start();
    retryAt_.reset();
    handedAt_ = net::now();
    underWay_ = gathered_.size() + gatheredNames_.size();
    {
        const std::scoped_lock lock(mutex_);
        job_ = Job{std::exchange(gathered_, {}), std::exchange(gatheredNames_, {}), lastTicket_};
    }
    work_.notify_one();
}

bool SqliteStore::settled() const {
    if (underWay_ > 0) return isGivenUp_;
    return !hasGathered() || retryAt_;
}

/// Or cannot be, for now.
bool SqliteStore::namesSettled() const {
    return keptNames_ == lastTicket_ || isSyncLost_ || isGivenUp_ || retryAt_;
}

void SqliteStore::settle() {
    commit();
    const auto until = net::now() + kPatience;
    while (!settled() || (!namesSettled() && net::now() < until)) {
        std::unique_lock lock(mutex_);
        // A clock of its own, since it is waited for in real time.
        done_.wait_for(lock, until - net::now(), [this] {
            return result_ || syncedTicket_ > keptNames_ || hasSyncFailed_ != isSyncLost_;
        });
        lock.unlock();
        finish();
        commit();
    }
}

void SqliteStore::finish() {
    std::uint64_t ignored = 0;
    while (::read(finished_, &ignored, sizeof ignored) > 0) {
    }
    std::optional<Result> result;
    {
        const std::scoped_lock lock(mutex_);
        result = std::exchange(result_, {});
        keptNames_ = syncedTicket_;
        isSyncLost_ = hasSyncFailed_;
    }
    saySyncError();
    if (!result) return;
    underWay_ = 0;
    isGivenUp_ = false;
    figures_.lag = net::now() - handedAt_;
    if (result->error.empty()) return written();
    failed(std::move(result->job), result->error);
}

void SqliteStore::written() {
    ++figures_.commits;
    retry_ = kRetry;
    coalesceAt_ = kCoalesceFirst;
    if (!isFailing_) return;
    // What was kept in memory meanwhile has to follow before all is well.
    if (hasGathered()) return handOver();
    isFailing_ = false;
    warn_(path_ + ": written again");
}

/// They are the first to be written the next time.
void SqliteStore::failed(Job job, const std::string& why) {
    ++figures_.failures;
    gathered_.insert(gathered_.begin(), std::make_move_iterator(job.changes.begin()),
                     std::make_move_iterator(job.changes.end()));
    gatheredNames_.insert(gatheredNames_.begin(), std::make_move_iterator(job.names.begin()),
                          std::make_move_iterator(job.names.end()));
    serveFromMemory(why);
    retryAt_ = net::now() + retry_;
    retry_ = std::min(2 * retry_, kRetryMost);
}

void SqliteStore::serveFromMemory(const std::string& why) {
    if (!std::exchange(isFailing_, true))
        warn_(path_ + ": cannot write: " + why + "; serving from memory");
}

void SqliteStore::saySyncError() {
    std::string error;
    {
        const std::scoped_lock lock(mutex_);
        error = std::exchange(syncError_, {});
    }
    if (error.empty()) return;
    ++figures_.failures;
    warn_(error);
}

/// Who has come and gone again since is no change.  So there are never more than users in file
/// and roster.
void SqliteStore::coalesce() {
    std::unordered_set<index::StoreKey> gone;
    for (const StateChange& change : gathered_)
        if (!change.user) gone.insert(change.key);
    std::unordered_set<index::StoreKey> never;  // written
    std::erase_if(gathered_, [&](const StateChange& change) {
        if (!change.user) return never.contains(change.key);
        if (!gone.contains(change.key)) return false;
        never.insert(change.key);
        return true;
    });
    coalesceAt_ = std::max(kCoalesceFirst, 2 * gathered_.size());
}

index::StoreFigures SqliteStore::figures() const {
    index::StoreFigures figures = figures_;
    figures.unwritten = gathered_.size() + gatheredNames_.size() + underWay_;
    if (underWay_ > 0) figures.lag = net::now() - handedAt_;
    return figures;
}

std::optional<TimePoint> SqliteStore::nextDeadline() const {
    if (underWay_ > 0) return isGivenUp_ ? std::nullopt : std::optional(handedAt_ + kPatience);
    return retryAt_;
}

// The threads ------------------------------------------------------------------------------

void SqliteStore::start() {
    try {
        if (!writer_.joinable())
            writer_ = std::jthread([this](const std::stop_token& stop) { write(stop); });
        if (!syncer_.joinable())
            syncer_ = std::jthread([this](const std::stop_token& stop) { sync(stop); });
    } catch (const std::system_error& e) {
        throw systemError(ErrorKind::OperatingSystem, path_ + ": cannot start a thread",
                          e.code().value());
    }
}

void SqliteStore::write(const std::stop_token& stop) {
    ::pthread_setname_np(::pthread_self(), "state-writer");
    std::unique_lock lock(mutex_);
    while (work_.wait(lock, stop, [this] { return job_.has_value(); })) {
        Result result{std::exchange(job_, {}).value(), {}};
        lock.unlock();
        try {
            database_.write(result.job.changes, result.job.names);
        } catch (const std::exception& e) {  // no memory, as well
            result.error = e.what();
        }
        lock.lock();
        if (result.error.empty()) {
            isDirty_ = true;
            writtenTicket_ = result.job.lastTicket;
            dirty_.notify_one();
        }
        result_ = std::move(result);
        lock.unlock();
        tell();
        lock.lock();
    }
}

void SqliteStore::tell() {
    done_.notify_one();
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t ignored = ::write(finished_, &one, sizeof one);  // never full
}

void SqliteStore::sync(const std::stop_token& stop) {
    ::pthread_setname_np(::pthread_self(), "state-syncer");
    std::unique_lock lock(mutex_);
    while (dirty_.wait(lock, stop, [this] { return isDirty_; })) {
        // Whoever has claimed a name waits for it; the others do not.
        dirty_.wait_for(lock, stop, kSyncDelay,
                        [this] { return writtenTicket_ > syncedTicket_ && !hasSyncFailed_; });
        isDirty_ = false;
        const index::NameTicket ticket = writtenTicket_;
        lock.unlock();
        std::string error;
        try {
            database_.sync();
        } catch (const Error& e) {
            error = e.what();
        }
        lock.lock();
        if (!synced(error, ticket)) continue;
        lock.unlock();
        tell();
        lock.lock();
    }
}

/// Says whether the loop is to be told.  REQUIRES: mutex_ is held.
bool SqliteStore::synced(const std::string& error, index::NameTicket ticket) {
    if (!error.empty()) {
        // Said once: a file that is gone stays so.
        if (!std::exchange(hasSyncFailed_, true))
            syncError_ = error + "; no new names until imindex is started again";
        return true;
    }
    if (hasSyncFailed_ || ticket == syncedTicket_) return false;
    syncedTicket_ = ticket;
    return true;
}

}  // namespace im::node
