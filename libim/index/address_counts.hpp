// SPDX-License-Identifier: BSL-1.0
// AddressCounts: how many there are at each address.  Holds the addresses at which there is
// somebody and no others, so it is never larger than what it counts.  Not thread-safe.
#pragma once

#include "libim/base/address.hpp"
#include "libim/index/row.hpp"
#include "libim/index/slot_table.hpp"
#include "libim/index/table_hash.hpp"

#include <cstddef>
#include <cstdint>

namespace im::index {

class AddressCounts {
public:
    explicit AddressCounts(const HashKey& key) : key_(key) {}

    void add(const Address& address);
    /// REQUIRES: of(address) > 0.
    void remove(const Address& address);

    /// What add() will touch first, to be prefetched.
    const void* place(const Address& address) const {
        return byAddress_.place(hashOf(address, key_));
    }

    std::size_t of(const Address& address) const;
    /// Addresses at which there is somebody.
    std::size_t addresses() const { return counts_.size(); }

private:
    struct Count {
        Address address;
        std::uint32_t users = 0;
    };

    Row find(const Address& address, std::uint64_t hash) const;

    HashKey key_;
    Slab<Count> counts_;
    SlotTable byAddress_;
};

}  // namespace im::index
