// SPDX-License-Identifier: BSL-1.0
// SlotTable: from a key to its row, each key once.  Open addressing with linear probing; a slot
// is a tag (half of the key's hash) and a row number, eight bytes, and the keys stay in the
// rows.  So a look usually touches one line of slots and one row.
//
//     slots   | tag row | tag row |  empty  | tag row | ...      2^k of them, 3/8 to 3/4 full
//                    |
//     rows    [ name ... ][ name ... ][ name ... ]               the owner's
//
// The hash must be keyed where keys come from strangers.  Removing moves later slots back, so
// there are no tombstones and a table that sees a million come and go stays as fast as new.
// Growing doubles the slots and takes time once; the table never shrinks.
#pragma once

#include "libim/index/row.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace im::index {

class SlotTable {
public:
    /// The row with this hash for which `isThis(row)` holds, or kNoRow.
    template <typename IsThis>
    Row find(std::uint64_t hash, IsThis&& isThis) const {
        if (slots_.empty()) return kNoRow;
        const Tag tag = tagOf(hash);
        for (std::size_t at = home(tag); slots_[at].row != kNoRow; at = after(at))
            if (slots_[at].tag == tag && isThis(slots_[at].row)) return slots_[at].row;
        return kNoRow;
    }

    /// Makes room for `count` rows in all at once, so that entering them does not grow the table
    /// again and again.
    void reserve(std::size_t count);

    /// What a look for this hash will read first, to be prefetched.
    const void* place(std::uint64_t hash) const {
        return slots_.empty() ? nullptr : &slots_[home(tagOf(hash))];
    }

    /// REQUIRES: the key of `row` is not in the table.
    void insert(std::uint64_t hash, Row row);

    /// REQUIRES: `row` is in the table under this hash.
    void erase(std::uint64_t hash, Row row);

    std::size_t size() const { return size_; }
    std::size_t slots() const { return slots_.size(); }

    /// Slots looked at to find the keys that are in the table.  Slow: it walks the table; for
    /// tests, which show with it that cost does not grow with size.
    struct Probes {
        double mean = 0;
        std::size_t most = 0;
    };
    Probes probes() const;

private:
    using Tag = std::uint32_t;
    struct Slot {
        Tag tag = 0;
        Row row = kNoRow;
    };

    static Tag tagOf(std::uint64_t hash) { return static_cast<Tag>(hash); }
    std::size_t home(Tag tag) const { return tag & (slots_.size() - 1); }
    std::size_t after(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
    std::size_t distance(std::size_t from, std::size_t to) const {
        return (to - from) & (slots_.size() - 1);
    }
    void put(const Slot& slot);
    static bool isRoomFor(std::size_t count, std::size_t slots) { return count * 4 <= slots * 3; }
    void resize(std::size_t slots);

    std::vector<Slot> slots_;
    std::size_t size_ = 0;
};

}  // namespace im::index
