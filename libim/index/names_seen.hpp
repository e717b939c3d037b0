// SPDX-License-Identifier: BSL-1.0
// NamesSeen: whether a name has been seen since the last forget(), by its hash.  Of two names with
// one hash the second counts as seen: its users can stand that.  Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace im::index {

class NamesSeen {
public:
    /// True when it is new.
    bool insert(std::uint64_t hash);
    /// O(1).
    void forget();

private:
    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t age = 0;  // of another age than the present: empty
    };

    Slot& slotOf(std::uint64_t hash);
    void grow();

    std::vector<Slot> slots_;
    std::size_t size_ = 0;
    std::uint32_t age_ = 1;
};

}  // namespace im::index
