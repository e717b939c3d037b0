// SPDX-License-Identifier: BSL-1.0
// Changes: whose state has changed, by version: each change is the next version.  The latest 2^16
// are kept at most, as names only: what a client is told of a name is its state when told, so
// telling it twice does no harm and nothing is kept for anybody (doc/protocol.md, "Presence").
// Fewer when the owner forgets what nobody is there to be told.
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
    /// 2.7 MB when all are of names without an owner.  Half a second between two deltas, as with
    /// 10,000 users, has fewer; and who asks is told 32 frames at most, some 1,300 names.
    static constexpr std::size_t kKept = std::size_t{1} << 16U;

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

    /// What led to `version` is not told to anybody any more.  REQUIRES: version <= version().
    void forgetBefore(RosterVersion version);

    /// The name that changed in going from `version` to the next.
    /// REQUIRES: oldest() <= version < version().  Valid until the next add().
    [[nodiscard]] std::string_view after(RosterVersion version) const;

private:
    /// Stands for the number of a name in others_, instead of a row.
    static constexpr std::uint32_t kOther = 0x80000000;

    void makeRoom();
    void forgetOldest();

    const NameOwners& owners_;
    RosterVersion oldest_;
    std::deque<std::uint32_t> changes_;
    std::deque<NameBytes> others_;
    std::uint32_t firstOther_ = 0;  // number of others_.front(), without the bit
};

}  // namespace im::index
