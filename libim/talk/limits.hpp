// SPDX-License-Identifier: BSL-1.0
// The times of a client, in one place, each with its reason.
#pragma once

#include "libim/base/time.hpp"

#include <cstddef>

namespace im::talk {

using namespace std::chrono_literals;

/// Login is sent at 0, 1 and 3 s: RFC 9002's first timeout, doubled.  Not oftener: a .NET server
/// lists the user once per login it hears.  Who has more patience than kLoginPatience goes on at
/// 7, 15 and 30 s and every kAcceptWindow.
inline constexpr Duration kLoginRetry = 1s;

/// No Accept for this long: the index does not answer (exit 69).
inline constexpr Duration kLoginPatience = 5s;

/// T6: an Accept is believed only this long after an own login.
inline constexpr Duration kAcceptWindow = 15s;

/// Events wait this long for the first roster, then go on without it.
inline constexpr Duration kRosterPatience = 5s;

/// The index is looked at (roster fetched) this often, but no more than this many bytes a
/// second of roster on average; +-10 % so that listeners do not come together.
inline constexpr Duration kProbeInterval = 15s;
inline constexpr Duration kProbeIntervalMost = 1h;
inline constexpr double kProbeBytesPerSecond = 2000;

/// An index that is known to take a repeated login as a renewal gets one this often, +-10 %: two
/// may be lost on the way before a lease of a minute ends.  A .NET server would list us once more
/// for each, so it gets none.  Two without an answer: the index is looked at.
inline constexpr Duration kRenewInterval = 20s;
inline constexpr unsigned kUnansweredRenewals = 2;

/// After a failed look, one login and this long for its Accept decides: lost.
inline constexpr Duration kLostAfter = 2s;

/// While lost: the next try after 1 s, then twice as long, up to 60 s, +-20 %.
inline constexpr Duration kReconnectFirst = 1s;
inline constexpr Duration kReconnectMost = 60s;

/// While lost: a login or logout from the index's host shows that something lives there, so the
/// next try comes at once, but for the sake of a .NET server not oftener than this.
inline constexpr Duration kReconnectHurry = 5s;

/// An index that accepts logins but gives no roster (its TCP port is blocked) costs one login per
/// look, and a .NET server lists us once more for each: so twice as rarely after each such look,
/// but not so rarely that its end is noticed late.
inline constexpr Duration kBlindProbeMost = 5min;

/// Something said of our own name makes us look this soon, once per probe interval.
inline constexpr Duration kProbeSoon = 1s;

/// What is held back until the first roster.  When this is full it is told without waiting.
inline constexpr std::size_t kHeldEventsMost = 4096;
inline constexpr std::size_t kHeldBytesMost = 8U << 20U;

/// Names whose presence changed while a roster was being fetched, and which that roster therefore
/// cannot correct.  Names beyond are corrected one look later.
inline constexpr std::size_t kTouchedMost = 10'000;

}  // namespace im::talk
