// SPDX-License-Identifier: BSL-1.0
// HeldEvents: what was heard before the first roster, kept until it can be told rightly.
// Bounded, so that nobody can make us keep more than a few megabytes.
#pragma once

#include "libim/base/event.hpp"
#include "libim/talk/limits.hpp"

#include <cstddef>
#include <vector>

namespace im::talk {

class HeldEvents {
public:
    /// Whether one more still fits: kHeldEventsMost events, kHeldBytesMost bytes of them.
    [[nodiscard]] bool hasRoomFor(const Event& event) const;

    /// REQUIRES: hasRoomFor(event).
    void add(Event event);

    /// All of them in the order added; none are held afterwards.
    [[nodiscard]] std::vector<Event> take();

    [[nodiscard]] bool empty() const { return events_.empty(); }

private:
    std::vector<Event> events_;
    std::size_t bytes_ = 0;
};

}  // namespace im::talk
