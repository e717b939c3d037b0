// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/lookups.hpp"

#include "libim/talk/sealed_limits.hpp"
#include "libim/wire/sealed_codec.hpp"

namespace im::talk {

bool Lookups::ask(std::string_view name, std::uint32_t id, TimePoint now) {
    if (asked_.find(name) != asked_.end()) return true;
    if (asked_.size() >= kMostRequests) return false;
    asked_.emplace(std::string(name), Asked{id, {}, now, false});
    return true;
}

void Lookups::restart(TimePoint now) {
    for (auto& [name, asked] : asked_) {
        asked.gap = {};
        asked.next = now;
        asked.isLast = false;
    }
}

std::string Lookups::due(std::size_t room, TimePoint now) {
    std::string lines;
    for (auto& [name, asked] : asked_) {
        if (asked.isLast || asked.next > now) continue;
        const std::string line = wire::encodeSealed(wire::Lookup{asked.id, name});
        if (lines.size() + line.size() + 1 > room) break;
        if (!lines.empty()) lines += '\n';
        lines += line;
        asked.gap = asked.gap == Duration() ? kRequestRetry : asked.gap * 2;
        asked.isLast = asked.gap > kRequestGapMost;
        if (asked.isLast) asked.gap = kRequestGapMost;
        asked.next = now + asked.gap;
    }
    return lines;
}

bool Lookups::answered(std::uint32_t id, std::string_view name) {
    const auto found = asked_.find(name);
    if (found == asked_.end() || found->second.id != id) return false;
    asked_.erase(found);
    return true;
}

bool Lookups::isAsked(std::uint32_t id, std::string_view name) const {
    const auto found = asked_.find(name);
    return found != asked_.end() && found->second.id == id;
}

std::vector<std::string> Lookups::givenUp(TimePoint now) {
    std::vector<std::string> names;
    std::erase_if(asked_, [&](const auto& one) {
        const bool isOver = one.second.isLast && one.second.next <= now;
        if (isOver) names.push_back(one.first);
        return isOver;
    });
    return names;
}

std::vector<std::string> Lookups::takeAll() {
    std::vector<std::string> names;
    for (const auto& [name, asked] : asked_) names.push_back(name);
    asked_.clear();
    return names;
}

std::optional<TimePoint> Lookups::nextDeadline() const {
    std::optional<TimePoint> next;
    for (const auto& [name, asked] : asked_) next = earlier(next, asked.next);
    return next;
}

}  // namespace im::talk
