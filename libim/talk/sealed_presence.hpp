// SPDX-License-Identifier: BSL-1.0
// SealedPresence: who is online, kept in step with the index by whole states under a version:
// deltas lead from one version to the next, a roster is all of it.  Lines repeat harmlessly.
// Tells Events, nothing twice.  No socket, no clock; not thread-safe.
//
// Trust of a presence line: `self`; `none` of a user who has only classic, but `BAD` when his name
// is pinned (sealed.md 2.13); else what the pin says, `new` where there is none.  Presence carries
// no keys: that a user has another one than the pin is found out when he talks or is looked up.
#pragma once

#include "libim/base/event.hpp"
#include "libim/base/name.hpp"
#include "libim/talk/contacts.hpp"
#include "libim/talk/listing.hpp"
#include "libim/talk/pins.hpp"
#include "libim/wire/sealed_message.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace im::talk {

class SealedPresence {
public:
    /// `rosterFirst`: the first roster is told, as such, before anything else; without it it is
    /// taken in silently.  Later ones are told as what they change.  `pins` outlives the object.
    SealedPresence(Name self, const Pins& pins, bool rosterFirst);

    /// Who was online some time ago (a session file): told again are only changes.
    void beginWith(const Contacts& known);

    /// The index counts from here; what came before is in the roster.  Nothing when we know better.
    void startAt(std::uint64_t version);
    /// The version we have; nothing before startAt().
    [[nodiscard]] std::optional<std::uint64_t> version() const { return version_; }

    enum class Step : std::uint8_t {
        News,   ///< the lines that follow count
        Stale,  ///< overtaken: what they say was so once
        Gap,    ///< something is missing before them: ask for `sync` from version()
    };
    /// Lines that follow lead from one version to another.
    [[nodiscard]] Step advance(const wire::Delta& delta);
    void take(const wire::SealedLogin& login);
    void take(const wire::Logout& logout);

    /// A roster is asked for; its lines; it is whole; it will not come.
    void rosterAsked();
    void rosterLine(const wire::SealedLogin& login);
    void rosterEnd(std::uint64_t version);
    void rosterFailed();
    [[nodiscard]] bool hasRoster() const { return hasRoster_; }
    /// Nothing is told yet: the roster comes first.
    [[nodiscard]] bool isHolding() const { return isHolding_; }
    /// Goes on without a first roster.
    void goOn();

    void tellServer(std::string_view what);
    [[nodiscard]] std::vector<Event> takeEvents();

    /// Ourselves included, once the index has accepted us.
    [[nodiscard]] const Contacts& contacts() const { return contacts_; }
    [[nodiscard]] bool isClassic(std::string_view name) const { return classic_.contains(name); }
    [[nodiscard]] Trust trustOf(std::string_view name) const;

private:
    void note(const wire::SealedLogin& login);
    void touch(std::string_view name);
    void tell(Event event);
    [[nodiscard]] Event presence(EventType type, std::string_view name,
                                 const Endpoint& endpoint) const;
    void tellRoster();
    void dropAbsent();

    Name self_;
    const Pins& pins_;
    bool isHolding_;  ///< nothing is told before the first roster
    Contacts contacts_;
    NameSet classic_;
    std::optional<std::uint64_t> version_;
    bool hasRoster_ = false;
    bool knowsSome_ = false;  ///< contacts_ was whole once: what differs is news
    bool isAsking_ = false;
    NameSet touched_;  ///< heard of since rosterAsked()
    std::vector<wire::SealedLogin> listed_;
    NameSet gone_;  ///< before any roster: logouts told of names not known here
    std::vector<Event> told_;
};

}  // namespace im::talk
