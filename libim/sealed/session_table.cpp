// SPDX-License-Identifier: BSL-1.0
#include "libim/sealed/session_table.hpp"

#include <cassert>
#include <utility>

namespace im::sealed {

namespace {

constexpr std::size_t kFirstSlots = 64;

}  // namespace

/// The slot with this index, or the empty one where it would be.  REQUIRES: slots_ not full.
std::size_t SessionTable::slotOf(wire::SessionIndex index) const {
    std::size_t at = index & mask();
    while (slots_[at].place != kEmpty && slots_[at].index != index) at = (at + 1) & mask();
    return at;
}

const Session* SessionTable::find(wire::SessionIndex index) const {
    if (slots_.empty()) return nullptr;
    const Slot& slot = slots_[slotOf(index)];
    return slot.place == kEmpty ? nullptr : &at(slot.place);
}

Session* SessionTable::find(wire::SessionIndex index) {
    if (slots_.empty()) return nullptr;
    const Slot& slot = slots_[slotOf(index)];
    return slot.place == kEmpty ? nullptr : &at(slot.place);
}

void SessionTable::put(Slot slot) {
    slots_[slotOf(slot.index)] = slot;
}

void SessionTable::grow() {
    const std::vector<Slot> before =
        std::exchange(slots_, std::vector<Slot>(slots_.empty() ? kFirstSlots : 2 * slots_.size()));
    for (const Slot& slot : before)
        if (slot.place != kEmpty) put(slot);
}

std::uint32_t SessionTable::newPlace(Session session) {
    if (places_ == chunks_.size() * kChunk) chunks_.emplace_back().reserve(kChunk);
    chunks_.back().push_back(std::move(session));
    return static_cast<std::uint32_t>(places_++);
}

Session& SessionTable::insert(Session session) {
    assert(session.local() != 0 && find(session.local()) == nullptr);
    if (4 * (size_ + 1) > 3 * slots_.size()) grow();
    const wire::SessionIndex index = session.local();
    std::uint32_t place = 0;
    if (free_.empty()) {
        place = newPlace(std::move(session));
    } else {
        place = free_.back();
        free_.pop_back();
        at(place) = std::move(session);
    }
    put({index, place});
    ++size_;
    return at(place);
}

void SessionTable::erase(wire::SessionIndex index) {
    std::size_t hole = slotOf(index);
    assert(slots_[hole].place != kEmpty);
    const std::uint32_t place = slots_[hole].place;
    at(place) = Session({}, {});  // the keys are wiped
    free_.push_back(place);
    --size_;
    // Later slots of the same run move back, so that there are no tombstones.
    for (std::size_t at = (hole + 1) & mask(); slots_[at].place != kEmpty; at = (at + 1) & mask()) {
        const std::size_t home = slots_[at].index & mask();
        if (((at - home) & mask()) < ((at - hole) & mask())) continue;
        slots_[hole] = slots_[at];
        hole = at;
    }
    slots_[hole] = {};
}

}  // namespace im::sealed
