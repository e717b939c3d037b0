// SPDX-License-Identifier: BSL-1.0
// RosterPoll: how often imlogin -w looks whether everybody is there, and when it gives up.
// No clock.  A value.
#pragma once

#include "libim/base/time.hpp"
#include "libim/wire/roster.hpp"

#include <optional>
#include <string>
#include <vector>

namespace im::node {

class RosterPoll {
public:
    /// The first look again is soon, since who starts two programs at once waits for the second;
    /// who waits for hours costs the index one look in two seconds.
    static constexpr Duration kFirst = std::chrono::milliseconds(500);
    static constexpr Duration kMost = std::chrono::seconds(2);

    RosterPoll(TimePoint start, std::optional<Duration> timeout) {
        if (timeout) end_ = start + *timeout;
    }

    /// How long to wait before the next look, never beyond the end; nothing: the time is up.
    [[nodiscard]] std::optional<Duration> nextWait(TimePoint now);

    [[nodiscard]] std::optional<TimePoint> end() const { return end_; }

private:
    std::optional<TimePoint> end_;
    Duration wait_ = kFirst;
};

/// Those of `roster` who are named in `wanted`, sorted by name, each once: of several entries of
/// a name (a .NET server keeps them) the last.
[[nodiscard]] std::vector<wire::RosterEntry> pick(const std::vector<wire::RosterEntry>& roster,
                                                  const std::vector<std::string>& wanted);

/// The same for everybody.
[[nodiscard]] std::vector<wire::RosterEntry> sorted(std::vector<wire::RosterEntry> roster);

/// The names of `wanted` that are not among `found`, in the order of `wanted`, each once.
[[nodiscard]] std::vector<std::string> missing(const std::vector<wire::RosterEntry>& found,
                                               const std::vector<std::string>& wanted);

}  // namespace im::node
