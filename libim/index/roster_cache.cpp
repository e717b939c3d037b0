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

std::shared_ptr<const std::string> RosterCache::bytes(const Directory& users) {
    if (current_) return current_;
    if (!hasEntries_) {
        for (Row row = users.first(); row != kNoRow; row = users.next(row))
            entries_.add(users.name(row), users.destination(row).to);
        hasEntries_ = true;
    }
    wire::RosterWriter copy = entries_;
    current_ = std::make_shared<const std::string>(copy.finish());
    return current_;
}

}  // namespace im::index
