// SPDX-License-Identifier: BSL-1.0
#include "libim/index/names_seen.hpp"

#include <algorithm>
#include <utility>

namespace im::index {

namespace {

constexpr std::size_t kFirstSlots = 64;

}  // namespace

bool NamesSeen::insert(std::uint64_t hash) {
    if (size_ * 2 >= slots_.size()) grow();
    Slot& slot = slotOf(hash);
    if (slot.age == age_) return false;
    slot = {hash, age_};
    ++size_;
    return true;
}

void NamesSeen::forget() {
    size_ = 0;
    if (++age_ != 0) return;
    std::ranges::fill(slots_, Slot{});  // the ages begin anew
    age_ = 1;
}

/// Where it is, or the empty slot where it would be.
NamesSeen::Slot& NamesSeen::slotOf(std::uint64_t hash) {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].age == age_ && slots_[at].hash != hash) at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
}

void NamesSeen::grow() {
    const std::vector<Slot> old =
        std::exchange(slots_, std::vector<Slot>(std::max(kFirstSlots, slots_.size() * 2)));
    for (const Slot& slot : old)
        if (slot.age == age_) slotOf(slot.hash) = slot;
}

}  // namespace im::index
