// SPDX-License-Identifier: BSL-1.0
// RowChains: from a key to all its rows, where several may have the same one (users at one
// endpoint).  Buckets of doubly linked rows, as many buckets as rows; entering and leaving are
// O(1) however many share a key.  Keys stay in the rows, which the caller compares:
//
//     for (Row row = chains.first(hash); row != kNoRow; row = chains.next(row))
//         if (keyOf(row) == key) ...
//
// The hash must be keyed where keys come from strangers.  Growing doubles the buckets and takes
// time once; never shrinks.
#pragma once

#include "libim/index/row.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace im::index {

class RowChains {
public:
    /// Makes room for `count` rows at once.  REQUIRES: none is in.
    void reserve(std::size_t count);

    /// `hashOf(row)` gives the hash of a row that is in already; asked only when growing.
    /// REQUIRES: `row` is not in.
    template <typename HashOf>
    void insert(Row row, std::uint64_t hash, HashOf&& hashOf) {
        if (size_ == heads_.size()) grow(hashOf);
        links_.makeRoomFor(row);
        link(row, hash);
        ++size_;
    }

    /// REQUIRES: `row` is in under this hash.
    void erase(Row row, std::uint64_t hash);

    /// What insert() of this hash will touch first, to be prefetched.
    const void* place(std::uint64_t hash) const {
        return heads_.empty() ? nullptr : &heads_[bucket(hash)];
    }

    /// The rows whose keys fall into one bucket with `hash`.
    Row first(std::uint64_t hash) const { return heads_.empty() ? kNoRow : heads_[bucket(hash)]; }
    Row next(Row row) const { return links_[row].next; }

    std::size_t size() const { return size_; }

private:
    struct Links {
        Row previous = kNoRow;
        Row next = kNoRow;
    };

    std::size_t bucket(std::uint64_t hash) const { return hash & (heads_.size() - 1); }
    void link(Row row, std::uint64_t hash);
    std::vector<Row> moreHeads();

    template <typename HashOf>
    void grow(HashOf&& hashOf) {
        for (Row row : moreHeads())
            while (row != kNoRow) {
                const Row next = links_[row].next;
                link(row, hashOf(row));
                row = next;
            }
    }

    std::vector<Row> heads_;  // of each bucket
    RowArray<Links> links_;
    std::size_t size_ = 0;
};

}  // namespace im::index
