// SPDX-License-Identifier: BSL-1.0
// Listing: a roster as a client understands it, and what it changes in what was known.  A .NET
// server lists a user once per login it heard, keeps people who are long gone, and takes any
// name; so names that break the rule of im::Name are left out, and of several entries of a name
// the last one holds.
#pragma once

#include "libim/base/event.hpp"
#include "libim/base/name.hpp"
#include "libim/talk/contacts.hpp"
#include "libim/wire/roster.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace im::talk {

using NameSet = std::set<std::string, std::less<>>;

/// Borrows the roster: valid as long as that.
class Listing {
public:
    Listing(const std::vector<wire::RosterEntry>& roster, const Name& self, const Endpoint& own);

    /// Everybody but ourselves, sorted by name, each name once.
    [[nodiscard]] const std::vector<const wire::RosterEntry*>& others() const { return others_; }
    /// Where somebody else is listed.
    [[nodiscard]] std::optional<Endpoint> find(std::string_view name) const;
    /// Whether one of the entries of our name has our endpoint.
    [[nodiscard]] bool listsUs() const { return listsUs_; }
    /// About as many bytes as the roster takes on the wire.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    std::vector<const wire::RosterEntry*> others_;
    bool listsUs_ = false;
    std::size_t bytes_ = 0;
};

/// What `listing` says that `known` does not: logouts, then logins, each sorted by name.
/// `self` is left out, and so are the names of `touched`, where `known` is newer.
[[nodiscard]] std::vector<Event> differences(const Contacts& known, const Listing& listing,
                                             const Name& self, const NameSet& touched);

/// For each name of `heard`: the last login or logout behind which things stood as they are
/// listed, by its place in `heard`.  It and what came before had happened when the roster was
/// made.  Names whose events the roster does not know of are missing.
[[nodiscard]] std::map<std::string, std::size_t> alreadyListed(const std::vector<Event>& heard,
                                                               const Listing& listing);

}  // namespace im::talk
