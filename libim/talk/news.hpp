// SPDX-License-Identifier: BSL-1.0
// News: turns what a classic client hears into what it tells: nothing twice, nothing missed, and
// with the trust that the roster gives.  Knows the contacts.  No socket, no clock.
//
// Until the first roster is there, events are held back: without it nobody's talk can be judged,
// and a login may already stand in the roster that is told first.
#pragma once

#include "libim/base/event.hpp"
#include "libim/base/name.hpp"
#include "libim/talk/contacts.hpp"
#include "libim/talk/held_events.hpp"
#include "libim/talk/listing.hpp"
#include "libim/talk/timer.hpp"
#include "libim/wire/roster.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace im::talk {

class News {
public:
    /// `own` is our endpoint, and stays it whatever the index says of our name.
    News(Name self, const Endpoint& own, bool rosterFirst);

    /// Knows nobody; events are held back.
    void begin();
    /// Knows who was online some time ago.  Events are held back only with `rosterFirst`.
    void beginWith(const std::vector<wire::RosterEntry>& roster);
    /// The index has accepted us: we are among the contacts.
    void addSelf();

    /// A talk, login or logout.  Names that break the rule of im::Name are dropped, but for the
    /// sender of a talk; so are login and logout of ourselves.
    void hear(Event event, TimePoint now);
    /// A `server` event, told at once.
    void tellServer(std::string_view what);

    /// A roster is being fetched: what is heard from now on is newer than it may be.
    void rosterAsked();
    /// And will not come.
    void rosterFailed();
    /// The roster.  The first one is told as such with `rosterFirst`, else taken in silently;
    /// later ones are told as logins and logouts.
    void takeIn(const std::vector<wire::RosterEntry>& roster);

    /// Does not wait for the first roster any longer.
    void goOn();
    /// goOn() when an event has waited for kRosterPatience.
    void tick(TimePoint now);
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const { return patience_.at(); }

    /// What is to be told since the last call.
    [[nodiscard]] std::vector<Event> take();

    [[nodiscard]] const Contacts& contacts() const { return contacts_; }
    [[nodiscard]] bool hasRoster() const { return hasRoster_; }
    /// Of the last roster: whether it has us under our endpoint, and about how long it was.
    [[nodiscard]] bool listsUs() const { return listsUs_; }
    [[nodiscard]] std::size_t rosterBytes() const { return rosterBytes_; }

private:
    [[nodiscard]] bool concernsUs(const Event& event) const;
    void forget();
    void settle(Event event);
    void settlePresence(Event event);
    void replay(std::vector<Event> heard);
    void takeInFirst(const Listing& listing);
    void takeInLate(const Listing& listing);
    void takeInChanges(const Listing& listing);
    void tellRoster();
    [[nodiscard]] Event rosterLine(const Contacts::Map::value_type& user) const;

    Name self_;
    Endpoint own_;
    bool rosterFirst_;

    Contacts contacts_;
    bool isHolding_ = false;  ///< events wait in held_ for the first roster
    bool knowsAll_ = false;   ///< contacts_ was a whole roster once, so that what differs is news
    bool hasRoster_ = false;
    bool isAsking_ = false;
    bool listsUs_ = false;
    std::size_t rosterBytes_ = 0;
    Timer patience_;
    NameSet touched_;  ///< heard of since rosterAsked()
    HeldEvents held_;
    std::vector<Event> told_;
};

}  // namespace im::talk
