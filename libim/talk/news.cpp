// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/news.hpp"

#include "libim/talk/events.hpp"
#include "libim/talk/limits.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace im::talk {

namespace {

bool isPresence(const Event& event) {
    return event.type != EventType::Talk;
}

/// `heard` without the logins and logouts that the roster already shows.
std::vector<Event> withoutListed(std::vector<Event> heard, const Listing& listing) {
    const auto listed = alreadyListed(heard, listing);
    std::vector<Event> rest;
    for (std::size_t i = 0; i < heard.size(); ++i) {
        const auto last = listed.find(heard[i].user);
        if (isPresence(heard[i]) && last != listed.end() && i <= last->second) continue;
        rest.push_back(std::move(heard[i]));
    }
    return rest;
}

}  // namespace

News::News(Name self, const Endpoint& own, bool rosterFirst)
    : self_(std::move(self)), own_(own), rosterFirst_(rosterFirst) {}

void News::forget() {
    contacts_.clear();
    touched_.clear();
    patience_.stop();
    hasRoster_ = isAsking_ = false;
}

void News::begin() {
    forget();
    isHolding_ = true;
    knowsAll_ = false;
}

void News::beginWith(const std::vector<wire::RosterEntry>& roster) {
    forget();
    addSelf();
    const Listing listing(roster, self_, own_);
    for (const wire::RosterEntry* entry : listing.others())
        contacts_.put(entry->name, entry->endpoint);
    isHolding_ = rosterFirst_;
    knowsAll_ = true;
}

void News::addSelf() {
    contacts_.put(self_.view(), own_);
}

bool News::concernsUs(const Event& event) const {
    return !isPresence(event) || (event.user != self_.view() && Name::parse(event.user));
}

void News::hear(Event event, TimePoint now) {
    if (!concernsUs(event)) return;
    if (isPresence(event) && isAsking_ && touched_.size() < kTouchedMost)
        touched_.insert(event.user);
    if (isHolding_ && !held_.hasRoomFor(event)) goOn();
    if (!isHolding_) return settle(std::move(event));
    if (held_.empty()) patience_.set(now + kRosterPatience);
    held_.add(std::move(event));
}

void News::tellServer(std::string_view what) {
    told_.push_back(serverEvent(what));
}

void News::settle(Event event) {
    if (isPresence(event)) return settlePresence(std::move(event));
    event.trust = contacts_.trustOfTalk(event.user, event.endpoint->address);
    told_.push_back(std::move(event));
}

void News::settlePresence(Event event) {
    if (event.type == EventType::Login) {
        if (contacts_.put(event.user, *event.endpoint)) told_.push_back(std::move(event));
        return;
    }
    // The endpoint of the relay is not compared: a .NET server logs out by name alone.
    const auto known = contacts_.find(event.user);
    if (!known) return;
    contacts_.drop(event.user);
    event.endpoint = known;
    told_.push_back(std::move(event));
}

/// A talk that came before its sender's login did is judged by that login all the same.
void News::replay(std::vector<Event> heard) {
    std::vector<std::size_t> unjudged;
    for (Event& event : heard) {
        if (!isPresence(event) && !contacts_.find(event.user)) unjudged.push_back(told_.size());
        settle(std::move(event));
    }
    for (std::size_t at : unjudged) {
        Event& talk = told_[at];
        talk.trust = contacts_.trustOfTalk(talk.user, talk.endpoint->address);
    }
}

void News::goOn() {
    patience_.stop();
    if (!std::exchange(isHolding_, false)) return;
    if (knowsAll_) tellRoster();
    replay(held_.take());
}

void News::tick(TimePoint now) {
    if (patience_.fired(now)) goOn();
}

void News::rosterAsked() {
    isAsking_ = true;
    touched_.clear();
}

void News::rosterFailed() {
    isAsking_ = false;
    touched_.clear();
}

void News::takeIn(const std::vector<wire::RosterEntry>& roster) {
    const Listing listing(roster, self_, own_);
    listsUs_ = listing.listsUs();
    rosterBytes_ = listing.bytes();
    if (isHolding_)
        takeInFirst(listing);
    else if (knowsAll_)
        takeInChanges(listing);
    else
        takeInLate(listing);
    knowsAll_ = hasRoster_ = true;
    isAsking_ = false;
    touched_.clear();
}

void News::takeInFirst(const Listing& listing) {
    patience_.stop();
    isHolding_ = false;
    std::vector<Event> heard = held_.take();
    contacts_.clear();
    addSelf();
    for (const wire::RosterEntry* entry : listing.others())
        contacts_.put(entry->name, entry->endpoint);
    if (rosterFirst_) {
        tellRoster();
        heard = withoutListed(std::move(heard), listing);
    } else {
        // Nobody is told of the roster, so that what led to it is still news.
        for (const auto& [name, at] : alreadyListed(heard, listing)) contacts_.drop(name);
    }
    replay(std::move(heard));
}

/// Events went on before this first roster: it is told, or taken in, but for what they said.
void News::takeInLate(const Listing& listing) {
    std::vector<Event> roster;
    std::vector<Event> changes;
    if (rosterFirst_) roster.push_back(rosterEvent(self_.str(), own_, Trust::Self));
    for (Event& event : differences(contacts_, listing, self_, touched_)) {
        if (event.type == EventType::Logout || contacts_.find(event.user)) {
            changes.push_back(std::move(event));
        } else if (contacts_.put(event.user, *event.endpoint) && rosterFirst_) {
            roster.push_back(rosterEvent(event.user, *event.endpoint, Trust::None));
        }
    }
    std::ranges::sort(roster, {}, &Event::user);
    std::ranges::move(roster, std::back_inserter(told_));
    for (Event& event : changes) settle(std::move(event));
}

void News::takeInChanges(const Listing& listing) {
    for (Event& event : differences(contacts_, listing, self_, touched_)) settle(std::move(event));
}

void News::tellRoster() {
    for (const auto& user : contacts_.all()) told_.push_back(rosterLine(user));
}

Event News::rosterLine(const Contacts::Map::value_type& user) const {
    const bool isUs = user.first == self_.view();
    return rosterEvent(user.first, user.second, isUs ? Trust::Self : Trust::None);
}

std::vector<Event> News::take() {
    return std::exchange(told_, {});
}

}  // namespace im::talk
