// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/held_events.hpp"

#include <cassert>
#include <utility>

namespace im::talk {

namespace {

std::size_t bytesOf(const Event& event) {
    return sizeof(Event) + event.user.size() + event.sent.size() + event.text.size();
}

}  // namespace

bool HeldEvents::hasRoomFor(const Event& event) const {
    return events_.size() < kHeldEventsMost && bytes_ + bytesOf(event) <= kHeldBytesMost;
}

void HeldEvents::add(Event event) {
    assert(hasRoomFor(event));
    bytes_ += bytesOf(event);
    events_.push_back(std::move(event));
}

std::vector<Event> HeldEvents::take() {
    bytes_ = 0;
    return std::exchange(events_, {});
}

}  // namespace im::talk
