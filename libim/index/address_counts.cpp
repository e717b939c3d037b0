// SPDX-License-Identifier: BSL-1.0
#include "libim/index/address_counts.hpp"

#include <cassert>

namespace im::index {

void AddressCounts::add(const Address& address) {
    const std::uint64_t hash = hashOf(address, key_);
    Row row = find(address, hash);
    if (row == kNoRow) {
        row = counts_.add({address, 0});
        byAddress_.insert(hash, row);
    }
    ++counts_[row].users;
}

void AddressCounts::remove(const Address& address) {
    const std::uint64_t hash = hashOf(address, key_);
    const Row row = find(address, hash);
    assert(row != kNoRow);
    if (--counts_[row].users > 0) return;
    byAddress_.erase(hash, row);
    counts_.remove(row);
}

std::size_t AddressCounts::of(const Address& address) const {
    const Row row = find(address, hashOf(address, key_));
    return row == kNoRow ? 0 : counts_[row].users;
}

Row AddressCounts::find(const Address& address, std::uint64_t hash) const {
    return byAddress_.find(hash, [&](Row row) { return counts_[row].address == address; });
}

}  // namespace im::index
