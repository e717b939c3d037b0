// SPDX-License-Identifier: BSL-1.0
// Store: what survives a restart of the index.  The directory in memory is what is asked; the
// store is only written under way, and read at start.  Implementations: MemoryStore (nothing
// survives), node::SqliteStore; later an engine shared by several indexes.  One contract test
// (tests/unit/index/store_contract.hpp) runs against each.
//
// Not thread-safe: it belongs to the index's loop.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/name.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace im::index {

/// One user online.
struct StoredUser {
    Name name;
    Endpoint endpoint;
    /// Unix milliseconds when the login was.  Never less than that of an earlier put(), whatever
    /// the clock of the host does; may be equal.
    std::int64_t since = 0;
};

class Store {
public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    virtual ~Store() = default;

    /// Calls `each` for every user who was online when the store was last written, in the order
    /// of login: that of put(), where a later put() of a name counts and not the first.
    /// `each` must not call the store.
    virtual void follow(const std::function<void(const StoredUser&)>& each) = 0;

    /// `user` is online; replaces what was known of the name.  Durable after commit().
    virtual void put(const StoredUser& user) = 0;

    /// The user is no longer online.  Unknown names are fine.  Durable after commit().
    virtual void drop(const Name& name) = 0;

    /// Makes everything since the last commit survive a kill of the process.  Called once per
    /// batch, before its answers leave.  Cheap when there is nothing to do.  A failure (full
    /// disk) is not thrown: the store says so once, keeps what is unwritten and tries again.
    virtual void commit() = 0;
};

/// `--state=none`: nothing survives.
class MemoryStore final : public Store {
public:
    void follow(const std::function<void(const StoredUser&)>& each) override;
    void put(const StoredUser& user) override;
    void drop(const Name& name) override;
    void commit() override;
};

}  // namespace im::index
