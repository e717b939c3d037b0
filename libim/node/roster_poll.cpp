// SPDX-License-Identifier: BSL-1.0
#include "libim/node/roster_poll.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace im::node {
namespace {

using ByName = std::map<std::string, Endpoint>;

std::vector<wire::RosterEntry> listOf(const ByName& users) {
    std::vector<wire::RosterEntry> out;
    out.reserve(users.size());
    for (const auto& [name, endpoint] : users) out.push_back({name, endpoint});
    return out;
}

}  // namespace

std::optional<Duration> RosterPoll::nextWait(TimePoint now) {
    if (end_ && now >= *end_) return std::nullopt;
    const Duration wait = end_ ? std::min(wait_, *end_ - now) : wait_;
    wait_ = std::min(wait_ * 3 / 2, kMost);
    return wait;
}

std::vector<wire::RosterEntry> pick(const std::vector<wire::RosterEntry>& roster,
                                    const std::vector<std::string>& wanted) {
    const std::set<std::string> names(wanted.begin(), wanted.end());
    ByName users;
    for (const wire::RosterEntry& entry : roster)
        if (names.contains(entry.name)) users[entry.name] = entry.endpoint;
    return listOf(users);
}

std::vector<wire::RosterEntry> sorted(std::vector<wire::RosterEntry> roster) {
    // Our index's is often sorted already, or nearly.
    if (!std::ranges::is_sorted(roster, {}, &wire::RosterEntry::name))
        std::ranges::stable_sort(roster, {}, &wire::RosterEntry::name);
    // From behind, so that of each name the last one stays.
    const auto isSame = [](const auto& a, const auto& b) { return a.name == b.name; };
    const auto kept = std::unique(roster.rbegin(), roster.rend(), isSame);
    roster.erase(roster.begin(), kept.base());
    return roster;
}

std::vector<std::string> missing(const std::vector<wire::RosterEntry>& found,
                                 const std::vector<std::string>& wanted) {
    std::vector<std::string> out;
    for (const std::string& name : wanted) {
        const bool known = std::ranges::count(out, name) > 0;
        if (!known && std::ranges::count(found, name, &wire::RosterEntry::name) == 0)
            out.push_back(name);
    }
    return out;
}

}  // namespace im::node
