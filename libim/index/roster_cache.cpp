// SPDX-License-Identifier: BSL-1.0
#include "libim/index/roster_cache.hpp"

namespace im::index {

void RosterCache::came(std::string_view name, const Endpoint& endpoint) {
    current_.reset();
    if (hasEntries_) entries_.add(name, endpoint);
}

void RosterCache::left() {
    current_.reset();
    hasEntries_ = false;
    entries_ = {};
}

std::shared_ptr<const std::string> RosterCache::bytes(const Directory& users,
                                                      const Neighbour* neighbour) {
    if (current_) return current_;
    if (!hasEntries_) {
        for (Row row = users.first(); row != kNoRow; row = users.next(row))
            entries_.add(users.name(row), users.destination(row).to);
        if (neighbour != nullptr)
            neighbour->visit(Neighbour::kFromStart, static_cast<std::size_t>(-1),
                             [this](std::string_view name, const Endpoint& endpoint) {
                                 entries_.add(name, endpoint);
                             });
        hasEntries_ = true;
    }
    wire::RosterWriter copy = entries_;
    current_ = std::make_shared<const std::string>(copy.finish());
    return current_;
}

}  // namespace im::index
