// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/sealed_presence.hpp"

#include "libim/talk/events.hpp"

#include <algorithm>
#include <utility>

namespace im::talk {

SealedPresence::SealedPresence(Name self, const Pins& pins, bool rosterFirst)
    : self_(std::move(self)), pins_(pins), isHolding_(rosterFirst) {}

void SealedPresence::beginWith(const Contacts& known) {
    for (const auto& [name, endpoint] : known.all()) contacts_.put(name, endpoint);
    knowsSome_ = true;
}

void SealedPresence::startAt(std::uint64_t version) {
    if (!version_) version_ = version;
}

SealedPresence::Step SealedPresence::advance(const wire::Delta& delta) {
    if (!version_ || delta.from > *version_) return Step::Gap;
    if (delta.to <= *version_) return Step::Stale;
    version_ = delta.to;
    return Step::News;
}

void SealedPresence::touch(std::string_view name) {
    if (isAsking_) touched_.emplace(name);
}

void SealedPresence::note(const wire::SealedLogin& login) {
    if (login.flags.classic)
        classic_.insert(login.name);
    else if (const auto found = classic_.find(login.name); found != classic_.end())
        classic_.erase(found);
}

void SealedPresence::take(const wire::SealedLogin& login) {
    touch(login.name);
    note(login);
    if (const auto found = gone_.find(login.name); found != gone_.end()) gone_.erase(found);
    const bool isNews = contacts_.put(login.name, login.endpoint);
    if (isNews && login.name != self_.view())
        tell(presence(EventType::Login, login.name, login.endpoint));
}

/// Before the first roster a name that is unknown here may have been online.
void SealedPresence::take(const wire::Logout& logout) {
    touch(logout.name);
    const Event event = presence(EventType::Logout, logout.name, logout.endpoint);
    const bool wasKnown = contacts_.drop(logout.name);
    const bool isNews = wasKnown || (!knowsSome_ && gone_.insert(logout.name).second);
    if (isNews && logout.name != self_.view()) tell(event);
    if (const auto found = classic_.find(logout.name); found != classic_.end())
        classic_.erase(found);
}

void SealedPresence::rosterAsked() {
    isAsking_ = true;
    touched_.clear();
    listed_.clear();
}

void SealedPresence::rosterLine(const wire::SealedLogin& login) {
    if (isAsking_ && listed_.size() < Contacts::kMost) listed_.push_back(login);
}

/// What was heard while it was under way is newer than what it says.
void SealedPresence::rosterEnd(std::uint64_t version) {
    if (!isAsking_) return;
    isAsking_ = false;
    const bool isSilent = !hasRoster_ && !knowsSome_;
    std::ranges::sort(listed_, {}, &wire::SealedLogin::name);
    dropAbsent();
    for (const wire::SealedLogin& login : listed_) {
        if (touched_.contains(login.name)) continue;
        note(login);
        if (contacts_.put(login.name, login.endpoint) && !isSilent && login.name != self_.view())
            tell(presence(EventType::Login, login.name, login.endpoint));
    }
    version_ = std::max(version_.value_or(0), version);
    hasRoster_ = knowsSome_ = true;
    gone_.clear();
    listed_.clear();
    touched_.clear();
    goOn();
}

void SealedPresence::dropAbsent() {
    std::vector<std::pair<std::string, Endpoint>> absent;
    for (const auto& [name, endpoint] : contacts_.all())
        if (name != self_.view() && !touched_.contains(name) &&
            !std::ranges::binary_search(listed_, name, {}, &wire::SealedLogin::name))
            absent.emplace_back(name, endpoint);
    for (const auto& [name, endpoint] : absent) {
        tell(presence(EventType::Logout, name, endpoint));
        contacts_.drop(name);
    }
}

void SealedPresence::rosterFailed() {
    isAsking_ = false;
    listed_.clear();
    touched_.clear();
}

void SealedPresence::goOn() {
    if (std::exchange(isHolding_, false)) tellRoster();
}

void SealedPresence::tellRoster() {
    std::vector<Event> lines;
    for (const auto& [name, endpoint] : contacts_.all())
        lines.push_back(rosterEvent(name, endpoint, trustOf(name)));
    told_.insert(told_.begin(), std::make_move_iterator(lines.begin()),
                 std::make_move_iterator(lines.end()));
}

Event SealedPresence::presence(EventType type, std::string_view name,
                               const Endpoint& endpoint) const {
    Event event = type == EventType::Login ? loginEvent(std::string(name), endpoint)
                                           : logoutEvent(std::string(name), endpoint);
    event.trust = trustOf(name);
    return event;
}

Trust SealedPresence::trustOf(std::string_view name) const {
    if (name == self_.view()) return Trust::Self;
    const Trust pinned = pins_.of(name);
    if (!isClassic(name)) return pinned;
    return pinned == Trust::New ? Trust::None : Trust::Bad;
}

/// While the roster is to come first, it will say it.
void SealedPresence::tell(Event event) {
    if (!isHolding_) told_.push_back(std::move(event));
}

void SealedPresence::tellServer(std::string_view what) {
    told_.push_back(serverEvent(what));
}

std::vector<Event> SealedPresence::takeEvents() {
    return std::exchange(told_, {});
}

}  // namespace im::talk
