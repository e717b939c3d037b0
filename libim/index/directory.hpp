// SPDX-License-Identifier: BSL-1.0
// Directory: the users who are online.  Made for a million of them on a small machine: flat
// arrays, four-byte row numbers instead of pointers, keyed hashes, O(1) for everything but
// growing.  Not thread-safe; it belongs to one index.
//
//     names        [tag|row] ...            SlotTable: name -> row                    16.8 B
//     users        [name|notes|order] ...   Slab: what we keep of a user              60   B
//     destinations [endpoint|path] ...      dense: where to send, in one span         20   B
//     rows         [row] ...                dense: whose destination this is           4   B
//     endpoints    heads, [links] ...       RowChains: endpoint -> rows               12.2 B
//     addresses    [tag|row], [addr|n] ...  AddressCounts, one for each address       36.8 B
//
// Bytes are those of one user among a million at a million addresses (150 in all); at few
// addresses there are 114.
//
// `destinations` is what a broadcast hands over as it is.  It has four parts; who leaves is
// replaced by the last of his part, so each part stays one span:
//
//     | waiting: to hear the whole train | latecomers: a part of it | told | newcomers: the next |
//
// beginTelling() makes waiting of those who have been told and latecomers of the newcomers;
// tellLast() moves a border.
//
// Users are also linked in the order of their logins, for the roster.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/datagram.hpp"
#include "libim/base/name.hpp"
#include "libim/index/address_counts.hpp"
#include "libim/index/name_bytes.hpp"
#include "libim/index/row.hpp"
#include "libim/index/row_chains.hpp"
#include "libim/index/slot_table.hpp"
#include "libim/index/store.hpp"
#include "libim/index/table_hash.hpp"
#include "libim/index/ticks.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace im::index {

/// Of the dense destinations, in their order.
enum class Part : std::uint8_t { Waiting, Latecomers, Told, Newcomers };

class Directory {
public:
    explicit Directory(const HashKey& key);

    std::size_t size() const { return destinations_.size(); }
    /// Of the table of names, which has room for three quarters of that many before it grows.
    std::size_t nameSlots() const { return names_.slots(); }

    /// Makes room for `count` users at once: to enter a million takes half the time then, and
    /// leaves no outgrown tables behind.  REQUIRES: there are none.
    void reserve(std::size_t count);

    /// Has the processor fetch what find() and add() will touch first: at a million users each of
    /// the tables is a miss of every cache, and these can be under way together.
    void prefetch(const Name& name, const Endpoint& endpoint) const;

    /// The row of `name`, or kNoRow.
    Row find(std::string_view name) const;

    /// Enters a user, as the last in order of login and as a newcomer.
    /// REQUIRES: find(name) == kNoRow.
    Row add(const Name& name, const Destination& where);

    /// REQUIRES, here and below: `row` is that of a user.
    void remove(Row row);

    std::string_view name(Row row) const { return users_[row].name.view(); }
    Name nameOf(Row row) const { return users_[row].name.name(); }
    const Destination& destination(Row row) const { return destinations_[users_[row].dense]; }
    void setPath(Row row, PathId via) { destinations_[users_[row].dense].via = via; }

    /// What others note of a user; zero for one just added.  Announcements: the first that he is
    /// to hear, while he is a newcomer.
    std::uint32_t& joinedAt(Row row) { return users_[row].joinedAt; }
    /// Of port-unreachables: the first, and how many.
    Ticks& unreachableSince(Row row) { return users_[row].unreachableSince; }
    std::uint8_t& unreachableCount(Row row) { return users_[row].unreachableCount; }
    /// Of the store: what stands there for him.
    StoreKey storeKey(Row row) const;
    /// REQUIRES: less than 2^48.
    void setStoreKey(Row row, StoreKey key);

    /// Users at exactly this address.
    std::size_t usersAt(const Address& address) const { return addresses_.of(address); }

    /// Users at exactly this endpoint, or kNoRow.
    Row firstAt(const Endpoint& endpoint) const;
    Row nextAt(Row row) const;

    /// In order of login; kNoRow at the end.
    Row first() const { return first_; }
    Row next(Row row) const { return users_[row].next; }

    /// In an order of its own, for a walk downwards from size() - 1: while some come and go, nobody
    /// else is missed, because who is moved is moved down.  REQUIRES: place < size().
    Row at(std::size_t place) const { return rows_[place]; }

    /// What a part shows stays as it is until something is added or removed, or a path set.
    std::span<const Destination> part(Part part) const;
    Part partOf(Row row) const;
    /// The row of part(part).back().  REQUIRES: there is one.
    Row lastOf(Part part) const { return rows_[endOf(part) - 1]; }

    /// REQUIRES: nobody is waiting, there are no latecomers.
    void beginTelling();
    /// The last `count` latecomers have been told, or where there are none, of those waiting.
    /// REQUIRES: there are so many.
    void tellLast(std::size_t count);
    /// Newcomers have been told as well.  REQUIRES: as beginTelling().
    void settle();

    /// How the names lie in their table, for tests.  Slow.
    SlotTable::Probes probes() const { return names_.probes(); }
    /// Whether all parts tell the same; for tests.  Slow.
    bool isConsistent() const;

private:
    struct User {
        NameBytes name;
        std::uint8_t unreachableCount = 0;
        std::array<std::uint16_t, 3> storeKey{};  // lowest first; eight bytes would take twelve
        Ticks unreachableSince = 0;
        std::uint32_t joinedAt = 0;
        std::uint32_t dense = 0;
        Row previous = kNoRow;
        Row next = kNoRow;
    };

    void appendDestination(const Destination& where, Row row);
    void dropDestination(std::uint32_t dense);
    void moveDestination(std::size_t from, std::size_t to);
    void appendToOrder(Row row);
    void takeFromOrder(Row row);
    bool isConsistent(Row row) const;
    Row at(const Endpoint& endpoint, Row candidate) const;
    std::size_t beginOf(Part part) const;
    std::size_t endOf(Part part) const;

    HashKey key_;
    Slab<User> users_;
    SlotTable names_;
    RowChains endpoints_;
    AddressCounts addresses_;

    std::vector<Destination> destinations_;
    std::vector<Row> rows_;
    std::array<std::size_t, 3> ends_{};  // of each part but the last

    Row first_ = kNoRow;
    Row last_ = kNoRow;
};

}  // namespace im::index
