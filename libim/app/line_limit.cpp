// SPDX-License-Identifier: BSL-1.0
#include "libim/app/line_limit.hpp"

namespace im::app {

bool LineLimit::admits(std::string_view kind, TimePoint now) {
    tick(now);
    auto second = seconds_.find(kind);
    if (second == seconds_.end())
        second = seconds_.emplace(std::string(kind), Second{now + kWindow}).first;
    if (second->second.said == kMost) {
        ++second->second.more;
        return false;
    }
    ++second->second.said;
    return true;
}

void LineLimit::tick(TimePoint now) {
    for (auto next = seconds_.begin(); next != seconds_.end();) {
        const auto second = next++;
        if (second->second.end > now) continue;
        if (second->second.more > 0)
            say_(std::to_string(second->second.more) + " more: " + second->first);
        seconds_.erase(second);
    }
}

std::optional<TimePoint> LineLimit::nextDeadline() const {
    std::optional<TimePoint> soonest;
    for (const auto& [kind, second] : seconds_) soonest = earlier(soonest, second.end);
    return soonest;
}

}  // namespace im::app
