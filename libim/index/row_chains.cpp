// SPDX-License-Identifier: BSL-1.0
#include "libim/index/row_chains.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace im::index {

namespace {

constexpr std::size_t kFirstBuckets = 16;

}  // namespace

void RowChains::reserve(std::size_t count) {
    assert(size_ == 0);
    heads_.assign(std::max(kFirstBuckets, std::bit_ceil(count)), kNoRow);
}

void RowChains::erase(Row row, std::uint64_t hash) {
    const Links gone = links_[row];
    if (gone.next != kNoRow) links_[gone.next].previous = gone.previous;
    if (gone.previous != kNoRow) {
        links_[gone.previous].next = gone.next;
    } else {
        assert(heads_[bucket(hash)] == row);
        heads_[bucket(hash)] = gone.next;
    }
    --size_;
}

void RowChains::link(Row row, std::uint64_t hash) {
    Row& head = heads_[bucket(hash)];
    links_[row] = {kNoRow, head};
    if (head != kNoRow) links_[head].previous = row;
    head = row;
}

/// Twice as many buckets, empty; returns the old ones.
std::vector<Row> RowChains::moreHeads() {
    return std::exchange(heads_,
                         std::vector<Row>(std::max(kFirstBuckets, heads_.size() * 2), kNoRow));
}

}  // namespace im::index
