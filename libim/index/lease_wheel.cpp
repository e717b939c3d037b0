// SPDX-License-Identifier: BSL-1.0
#include "libim/index/lease_wheel.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace im::index {

void LeaseWheel::set(Row row, TimePoint end) {
    const Ticks due = ticksUp(end - start_);
    if (due == kNever) return cancel(row);
    assert(row < kFirst);
    if (heads_.empty()) heads_.assign(kSlots + 1, kNoRow);
    leases_.makeRoomFor(row);

    Lease& lease = leases_[row];
    const bool isFiled = lease.previous != kNoRow;
    const Ticks before = std::exchange(lease.end, due);
    if (isFiled && due >= before) return;  // found out when the turn of its slot comes
    if (isFiled) unlink(row);
    link(row, due <= turned_ ? kTurn : slotOf(due));
}

void LeaseWheel::cancel(Row row) {
    if (row < leases_.size() && leases_[row].previous != kNoRow) unlink(row);
}

Row LeaseWheel::takeEnded(TimePoint now, std::size_t& work) {
    if (heads_.empty()) return kNoRow;
    const Ticks time = ticksDown(now - start_);
    // One turn of the wheel shows every row, however long nobody looked.
    if (time > turned_ + kSlots) turned_ = static_cast<Ticks>(time - kSlots);
    while (work > 0) {
        const Row row = heads_[kTurn];
        if (row == kNoRow) {
            if (!turnTo(time)) return kNoRow;
            continue;
        }
        --work;
        unlink(row);
        if (leases_[row].end <= time) return row;
        link(row, slotOf(leases_[row].end));
    }
    return kNoRow;
}

std::optional<TimePoint> LeaseWheel::nextDeadline() const {
    if (heads_.empty()) return {};
    if (heads_[kTurn] != kNoRow) return start_ + turned_ * kTick;
    const std::size_t slots = slotsToNext();
    if (slots == 0) return {};
    return start_ + (turned_ + static_cast<Duration::rep>(slots)) * kTick;
}

/// Gives the next slot that has a list and is not later than `now` its turn; false if none.
bool LeaseWheel::turnTo(Ticks now) {
    const std::size_t slots = slotsToNext();
    if (slots == 0 || turned_ + slots > now) {
        turned_ = std::max(turned_, now);
        return false;
    }
    turned_ += static_cast<Ticks>(slots);
    const Row head = heads_[slotOf(turned_)];
    setHead(slotOf(turned_), kNoRow);
    setHead(kTurn, head);
    return true;
}

void LeaseWheel::link(Row row, std::size_t slot) {
    const Row head = heads_[slot];
    leases_[row].next = head;
    if (head != kNoRow) leases_[head].previous = row;
    setHead(slot, row);
}

void LeaseWheel::unlink(Row row) {
    Lease& lease = leases_[row];
    const Row previous = std::exchange(lease.previous, kNoRow);
    if ((previous & kFirst) != 0) {
        setHead(previous & ~kFirst, lease.next);
    } else {
        leases_[previous].next = lease.next;
        if (lease.next != kNoRow) leases_[lease.next].previous = previous;
    }
}

void LeaseWheel::setHead(std::size_t slot, Row row) {
    heads_[slot] = row;
    if (row != kNoRow) leases_[row].previous = kFirst | static_cast<Row>(slot);
    if (slot == kTurn) return;
    const std::uint64_t bit = std::uint64_t{1} << slot % kWordBits;
    std::uint64_t& word = used_[slot / kWordBits];
    word = row == kNoRow ? word & ~bit : word | bit;
}

/// How many slots the wheel turns until one with a list has its turn, 1 to kSlots; 0 if none has.
std::size_t LeaseWheel::slotsToNext() const {
    const std::size_t begin = slotOf(turned_ + 1);
    // The first word is looked at twice: its upper bits first, its lower ones at the end.
    for (std::size_t i = 0; i <= used_.size(); ++i) {
        const std::size_t at = (begin / kWordBits + i) % used_.size();
        std::uint64_t word = used_[at];
        if (i == 0) word &= ~std::uint64_t{0} << begin % kWordBits;
        if (word == 0) continue;
        const std::size_t slot = at * kWordBits + static_cast<std::size_t>(std::countr_zero(word));
        return (slot - begin + kSlots) % kSlots + 1;
    }
    return 0;
}

}  // namespace im::index
