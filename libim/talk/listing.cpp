// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/listing.hpp"

#include "libim/talk/events.hpp"

#include <algorithm>

namespace im::talk {

namespace {

using Entry = const wire::RosterEntry*;

/// "NAME,IP:PORT;" with a usual endpoint of 21 bytes.
std::size_t bytesOf(const wire::RosterEntry& entry) {
    return entry.name.size() + 23;
}

/// Sorts by name and keeps the last of each name.
void sortLastWins(std::vector<Entry>& entries) {
    std::ranges::reverse(entries);
    std::ranges::stable_sort(entries, {}, &wire::RosterEntry::name);
    const auto isTwin = [](Entry a, Entry b) { return a->name == b->name; };
    entries.erase(std::unique(entries.begin(), entries.end(), isTwin), entries.end());
}

}  // namespace

Listing::Listing(const std::vector<wire::RosterEntry>& roster, const Name& self,
                 const Endpoint& own) {
    others_.reserve(std::min(roster.size(), Contacts::kMost));
    for (const wire::RosterEntry& entry : roster) {
        bytes_ += bytesOf(entry);
        if (entry.name == self.view()) {
            listsUs_ = listsUs_ || entry.endpoint == own;
        } else if (Name::parse(entry.name)) {
            others_.push_back(&entry);
        }
    }
    sortLastWins(others_);
}

std::optional<Endpoint> Listing::find(std::string_view name) const {
    const auto at = std::ranges::lower_bound(others_, name, {}, &wire::RosterEntry::name);
    if (at == others_.end() || (*at)->name != name) return std::nullopt;
    return (*at)->endpoint;
}

std::vector<Event> differences(const Contacts& known, const Listing& listing, const Name& self,
                               const NameSet& touched) {
    std::vector<Event> changes;
    const auto isLeftOut = [&](std::string_view name) {
        return name == self.view() || touched.contains(name);
    };
    for (const auto& [name, endpoint] : known.all()) {
        if (!isLeftOut(name) && !listing.find(name)) changes.push_back(logoutEvent(name, endpoint));
    }
    for (Entry entry : listing.others()) {
        if (!isLeftOut(entry->name) && known.find(entry->name) != entry->endpoint)
            changes.push_back(loginEvent(entry->name, entry->endpoint));
    }
    return changes;
}

std::map<std::string, std::size_t> alreadyListed(const std::vector<Event>& heard,
                                                 const Listing& listing) {
    std::map<std::string, std::size_t> last;
    for (std::size_t i = 0; i < heard.size(); ++i) {
        const Event& event = heard[i];
        if (event.type == EventType::Talk) continue;
        const auto behind = event.type == EventType::Login ? event.endpoint : std::nullopt;
        if (listing.find(event.user) == behind) last[event.user] = i;
    }
    return last;
}

}  // namespace im::talk
