// SPDX-License-Identifier: BSL-1.0
// Store: what survives a restart of the index.  The directory in memory is what is asked; the
// store is only written under way, and read at start.  Implementations: MemoryStore (nothing
// survives), node::SqliteStore; later an engine shared by several indexes.  One contract test
// (tests/unit/index/store_contract.hpp) runs against each.
//
// Writing may take time, and the index does not wait for it: commit() begins, settled() tells
// when it is done.  What an index has to say is put on the wire only then, so that who is told
// to be online stays so whatever happens to the process.
//
// Not thread-safe: it belongs to the index's loop.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/name.hpp"
#include "libim/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace im::index {

/// One user online.
struct StoredUser {
    Name name;
    Endpoint endpoint;
    /// Unix milliseconds when the login was.  Never less than that of an earlier put(), whatever
    /// the clock of the host does; may be equal.
    std::int64_t since = 0;
};

/// Stands for one put(), of this run or of an earlier one.  Grows with each; less than 2^48.
using StoreKey = std::uint64_t;

/// For an operator.
struct StoreFigures {
    std::uint64_t commits = 0;   ///< that succeeded
    std::uint64_t failures = 0;  ///< that did not, or took longer than was waited for
    std::size_t unwritten = 0;   ///< changes that only memory knows
    /// From commit() to durable: of the latest one, or of the one under way so far.
    Duration lag{};
};

class Store {
public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    virtual ~Store() = default;

    /// How many users follow() will tell of.
    [[nodiscard]] virtual std::size_t size() = 0;

    /// Calls `each` for every user who was online when the store was last written, in the order
    /// of put().  `each` must not call the store.
    virtual void follow(const std::function<void(StoreKey, const StoredUser&)>& each) = 0;

    /// `user` is online.  Durable when settled() after commit().  REQUIRES: what was put of the
    /// same name has been dropped.
    [[nodiscard]] virtual StoreKey put(const StoredUser& user) = 0;

    /// The user of that put() is no longer online.
    virtual void drop(StoreKey key) = 0;

    /// Begins to make everything since the last commit survive a kill of the process, all of it
    /// or nothing.  Called once per batch.  Cheap when there is nothing to do.  A failure (full
    /// disk) is not thrown: the store says so once, keeps what is unwritten and tries again.
    virtual void commit() = 0;

    /// Whether everything committed is durable, or cannot be made so for now.
    [[nodiscard]] virtual bool settled() const = 0;

    /// commit(), and waits until settled().
    virtual void settle() = 0;

    [[nodiscard]] virtual StoreFigures figures() const = 0;
};

/// `--state=none`: nothing survives.
class MemoryStore final : public Store {
public:
    [[nodiscard]] std::size_t size() override;
    void follow(const std::function<void(StoreKey, const StoredUser&)>& each) override;
    [[nodiscard]] StoreKey put(const StoredUser& user) override;
    void drop(StoreKey key) override;
    void commit() override;
    [[nodiscard]] bool settled() const override;
    void settle() override;
    [[nodiscard]] StoreFigures figures() const override;
};

}  // namespace im::index
