// SPDX-License-Identifier: BSL-1.0
// PendingLogins: who has asked to log in and has not shown yet that he is where he says (T2).
// He shows it by fetching the roster from there within kConfirmTime.
//
// A pending login does not own its name: a name may be pending from several hosts, and the first
// to show himself gets it, so nobody can keep somebody's name by asking again and again.  All of
// 127.0.0.0/8 is one host.  Everybody has the same time, so the order of arrival is the order of
// deadlines.  At most kMaxPending: then the oldest is given up, which costs an honest client one
// more login and bounds what a flood of false ones takes.  Not thread-safe.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/datagram.hpp"
#include "libim/base/name.hpp"
#include "libim/base/time.hpp"
#include "libim/index/address_counts.hpp"
#include "libim/index/name_bytes.hpp"
#include "libim/index/row.hpp"
#include "libim/index/row_chains.hpp"
#include "libim/index/slot_table.hpp"
#include "libim/index/table_hash.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace im::index {

class PendingLogins {
public:
    explicit PendingLogins(const HashKey& key);

    std::size_t size() const { return rows_.size(); }

    /// The pending login of `name` from the host of `address`, or kNoRow.
    Row find(std::string_view name, const Address& address) const;

    /// REQUIRES: find(name, where.to.address) == kNoRow; `until` is not before any earlier one.
    Row add(const Name& name, const Destination& where, TimePoint until);
    void remove(Row row);

    Name name(Row row) const { return rows_[row].name.name(); }
    const Destination& destination(Row row) const { return rows_[row].where; }
    TimePoint until(Row row) const { return rows_[row].until; }
    void setPath(Row row, PathId via) { rows_[row].where.via = via; }

    /// One of the logins from the host of `address`, or kNoRow.
    Row firstFrom(const Address& address) const;
    /// Logins at exactly this address.
    std::size_t usersAt(const Address& address) const { return addresses_.of(address); }

    /// The first to be due, or kNoRow.
    Row oldest() const { return oldest_; }
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

private:
    struct Login {
        NameBytes name;
        Destination where;
        TimePoint until;
        Row previous = kNoRow;
        Row next = kNoRow;
    };

    HashKey key_;
    Slab<Login> rows_;
    SlotTable byNameAndHost_;
    RowChains byHost_;
    AddressCounts addresses_;
    Row oldest_ = kNoRow;
    Row latest_ = kNoRow;
};

}  // namespace im::index
