// SPDX-License-Identifier: BSL-1.0
// The times and bounds of a sealed client, in one place (doc/protocol.md, "Numbers of sealed").
// Those of handshakes and sessions are in sealed/limits.hpp.
#pragma once

#include "libim/base/time.hpp"

#include <cstddef>

namespace im::talk {

using namespace std::chrono_literals;

/// hello at 0, 1 and 3 s, then 4 s more for an answer.
inline constexpr Duration kHelloRetry = 1s;
inline constexpr Duration kHelloGapMost = 2s;
inline constexpr Duration kHelloPatience = 7s;

/// A pinned index that does not answer an INIT for so long is asked for its card as well: it may
/// have another identity now, which its silence would not tell.
inline constexpr Duration kDoubtCard = 1s;

/// PING: its repetitions; one interval after the last the index is lost.
inline constexpr Duration kPingRetry = 1s;
inline constexpr Duration kPingGapMost = 4s;
/// Keep-alive, give or take 10 %: behind a translator (Linux forgets one-sided UDP after 30 s,
/// two-sided after 120 s), and where there is none.
inline constexpr Duration kPingNat = 25s;
inline constexpr Duration kPingOpen = 50s;

/// Requests are repeated after 1, 2 and 4 s; then nobody knows.
inline constexpr Duration kRequestRetry = 1s;
inline constexpr Duration kRequestGapMost = 4s;
inline constexpr std::size_t kMostRequests = 1'024;

/// A sender's session with the index that was silent for so long is not asked in any more.
inline constexpr Duration kLookupSession = 2s;

/// After the end of an index its users come back spread over so long: so many a second.
inline constexpr unsigned kReturnsPerSecond = 4'000;
inline constexpr Duration kReturnSpreadMost = 300s;

/// The roster over TCP: no progress for so long, and it is tried again later.
inline constexpr Duration kRosterStall = 10s;
inline constexpr Duration kRosterAgain = 5s;
inline constexpr Duration kRosterAgainMost = 5min;

/// Parts by which keep-alives, and other attempts, are drawn apart.
inline constexpr double kPingJitter = 0.1;
inline constexpr double kRetryJitter = 0.2;

/// A cached card that gets no answer for so long: looked up beside.
inline constexpr Duration kCardDoubt = 300ms;
/// The index says that he is not there: for so long his card may still be answered.
inline constexpr Duration kVerdictHeld = 500ms;

}  // namespace im::talk
