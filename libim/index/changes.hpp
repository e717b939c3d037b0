// SPDX-License-Identifier: BSL-1.0
// Changes: whose state has changed, by version: each change is the next version.  The latest 2^20
// are kept, as names only: what a client is told of a name is its state when told, so telling it
// twice does no harm and nothing is kept for anybody (doc/protocol.md, "Presence").
//
// Versions begin at the calendar's milliseconds << 20, so that they grow over restarts: it takes
// more than a million changes in a millisecond to overtake the clock.  Not thread-safe.
#pragma once

#include "libim/index/name_bytes.hpp"
#include "libim/index/name_owners.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

namespace im::index {

using RosterVersion = std::uint64_t;

class Changes {
public:
    static constexpr std::size_t kKept = std::size_t{1} << 20U;

    /// `owners` outlives the object.
    Changes(RosterVersion start, const NameOwners& owners) : owners_(owners), oldest_(start) {}

    /// Of the latest change.
    [[nodiscard]] RosterVersion version() const { return oldest_ + changes_.size(); }
    /// Who has this version or a later one can be told what came after it.
    [[nodiscard]] RosterVersion oldest() const { return oldest_; }

    /// Of a name with an owner: four bytes.
    void add(Row owner);
    /// Of another one: thirty-seven.
    void add(const Name& name);

    /// The name that changed in going from `version` to the next.
    /// REQUIRES: oldest() <= version < version().  Valid until the next add().
    [[nodiscard]] std::string_view after(RosterVersion version) const;

private:
    /// Stands for the number of a name in others_, instead of a row.
    static constexpr std::uint32_t kOther = 0x80000000;

    void makeRoom();

    const NameOwners& owners_;
    RosterVersion oldest_;
    std::deque<std::uint32_t> changes_;
    std::deque<NameBytes> others_;
    std::uint32_t firstOther_ = 0;  // number of others_.front(), without the bit
};

}  // namespace im::index
