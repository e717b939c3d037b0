// SPDX-License-Identifier: BSL-1.0
#include "libim/index/slot_table.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace im::index {

namespace {

constexpr std::size_t kFirstSlots = 16;

}  // namespace

void SlotTable::insert(std::uint64_t hash, Row row) {
    assert(row != kNoRow);
    if (!isRoomFor(size_ + 1, slots_.size())) resize(std::max(kFirstSlots, slots_.size() * 2));
    put({tagOf(hash), row});
    ++size_;
}

void SlotTable::erase(std::uint64_t hash, Row row) {
    std::size_t hole = home(tagOf(hash));
    while (slots_[hole].row != row) {
        assert(slots_[hole].row != kNoRow);
        hole = after(hole);
    }
    // Whoever stands behind the hole and would have been put into it moves there.
    for (std::size_t at = after(hole); slots_[at].row != kNoRow; at = after(at)) {
        if (distance(home(slots_[at].tag), at) < distance(hole, at)) continue;
        slots_[hole] = slots_[at];
        hole = at;
    }
    slots_[hole] = {};
    --size_;
}

SlotTable::Probes SlotTable::probes() const {
    std::size_t sum = 0;
    std::size_t most = 0;
    for (std::size_t at = 0; at < slots_.size(); ++at) {
        if (slots_[at].row == kNoRow) continue;
        const std::size_t looks = distance(home(slots_[at].tag), at) + 1;
        sum += looks;
        most = std::max(most, looks);
    }
    return {size_ == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(size_), most};
}

void SlotTable::put(const Slot& slot) {
    std::size_t at = home(slot.tag);
    while (slots_[at].row != kNoRow) at = after(at);
    slots_[at] = slot;
}

void SlotTable::reserve(std::size_t count) {
    std::size_t slots = std::max(kFirstSlots, slots_.size());
    while (!isRoomFor(count, slots)) slots *= 2;
    if (slots > slots_.size()) resize(slots);
}

void SlotTable::resize(std::size_t slots) {
    const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
    for (const Slot& slot : old)
        if (slot.row != kNoRow) put(slot);
}

}  // namespace im::index
