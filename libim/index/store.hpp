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
// Names of the sealed profile are a matter of their own: who has one keeps it for good, so it must
// not be given away before the disk has it.  A claim is therefore confirmed to whoever made it
// only when keptNames() has reached its ticket, which may be long after settled(): the others do
// not wait for the disk.
//
// Not thread-safe: it belongs to the index's loop.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/name.hpp"
#include "libim/base/time.hpp"
#include "libim/noise/identity.hpp"

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

/// Whose a name is, for good.
struct NameOwner {
    Name name;
    noise::IdentityKey identity{};
    std::int64_t since = 0;  ///< Unix milliseconds
};

/// Stands for one claim() or release() of this run: 1, 2, 3, ...
using NameTicket = std::uint64_t;

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

    /// How many owners followNames() will tell of.
    [[nodiscard]] virtual std::size_t nameCount() = 0;

    /// Calls `each` for every name that has an owner, sorted by name, byte by byte.  `each` must
    /// not call the store.
    virtual void followNames(const std::function<void(const NameOwner&)>& each) = 0;

    /// The name is that identity's.  Handed to the disk by commit(), as put() is.  While the disk
    /// fails, claims are kept in memory, all of them: who claims must not claim without end before
    /// keptNames() follows.  REQUIRES: the name has no owner.
    [[nodiscard]] virtual NameTicket claim(const NameOwner& owner) = 0;

    /// The operator takes a name back: anybody may claim it.  REQUIRES: it has an owner.
    [[nodiscard]] virtual NameTicket release(const Name& name) = 0;

    /// All tickets up to this one survive a loss of power.  Never goes back.
    [[nodiscard]] virtual NameTicket keptNames() const = 0;

    /// Begins to make everything since the last commit survive a kill of the process, all of it
    /// or nothing.  Called once per batch.  Cheap when there is nothing to do.  A failure (full
    /// disk) is not thrown: the store says so once, keeps what is unwritten and tries again.
    virtual void commit() = 0;

    /// Whether everything put and dropped is durable, or cannot be made so for now.
    [[nodiscard]] virtual bool settled() const = 0;

    /// commit(), and waits until settled() and keptNames() are as far as they come.
    virtual void settle() = 0;

    [[nodiscard]] virtual StoreFigures figures() const = 0;
};

/// `--state=none`: nothing survives, so nothing is waited for.
class MemoryStore final : public Store {
public:
    [[nodiscard]] std::size_t size() override;
    void follow(const std::function<void(StoreKey, const StoredUser&)>& each) override;
    [[nodiscard]] StoreKey put(const StoredUser& user) override;
    void drop(StoreKey key) override;
    [[nodiscard]] std::size_t nameCount() override;
    void followNames(const std::function<void(const NameOwner&)>& each) override;
    [[nodiscard]] NameTicket claim(const NameOwner& owner) override;
    [[nodiscard]] NameTicket release(const Name& name) override;
    [[nodiscard]] NameTicket keptNames() const override;
    void commit() override;
    [[nodiscard]] bool settled() const override;
    void settle() override;
    [[nodiscard]] StoreFigures figures() const override;

private:
    StoreKey keys_ = 0;
    NameTicket tickets_ = 0;
};

}  // namespace im::index
