// SPDX-License-Identifier: BSL-1.0
// Every time and bound of handshakes and sessions (doc/protocol.md, "Numbers of sealed").
#pragma once

#include "libim/base/time.hpp"
#include "libim/sealed/rate_limit.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace im::sealed {

using namespace std::chrono_literals;

// K and its card.  A card outlives its K by far, so that clocks may be a day and a half wrong.
inline constexpr Duration kKeyLifetime = 12h;
inline constexpr std::uint32_t kKeyHandshakes = 32'768;  ///< received; then K is replaced
inline constexpr Duration kKeyGrace = 10min;             ///< INITs to the K before still count
inline constexpr std::uint64_t kCardSeconds = 172'800;   ///< 48 h

// Starting a handshake.  Two copies from the first repetition on, as RFC 9002 allows two probes
// per timeout: at 29 % loss each way 99.8 % arrive instead of 97 %.
inline constexpr std::array<Duration, 5> kInitTimes{0s, 1s, 3s, 7s, 15s};
inline constexpr Duration kInitCopy = 20ms;
inline constexpr Duration kInitPath = 50ms;  ///< between two addresses of one peer
inline constexpr Duration kInitGivenUp = 31s;
inline constexpr unsigned kHintsPerInit = 4;  ///< further ones are ignored
inline constexpr std::size_t kInitAddresses = 8;
inline constexpr std::size_t kMaxInitiations = 4'096;

// Answering one.
inline constexpr Duration kUnconfirmedLifetime = 10s;
inline constexpr Duration kRespLifetime = 60s;
/// So many addresses may get the same RESP; a session is confirmed from one of them only.
inline constexpr std::size_t kRespAddresses = 4;
inline constexpr Duration kWaitingLifetime = 2s;  ///< of an INIT whose sender is asked about
inline constexpr std::size_t kMaxWaiting = 64;
/// 20 INITs a second of one source, 5 at once (WireGuard's numbers).
inline constexpr RateLimit::Allowance kInitAllowance{50ms, 250ms};
/// Of a source that has proved by a token to be where it says, 200 a second and 50 at once: a
/// script that sends a message for each of its lines pays a round trip for the token, and not the
/// second after which an INIT is repeated.  4 % of a core for each.
inline constexpr RateLimit::Allowance kProvenAllowance{5ms, 250ms};
/// HINTs to strangers: never more than they sent, and seldom.
inline constexpr RateLimit::Allowance kHintAllowance{100ms, 500ms};
/// More INITs than that in a second are a load: then only those with a token are answered.
inline constexpr std::uint32_t kInitsPerSecond = 2'000;
/// An index opens so many in one turn of its loop, 6 ms of curve operations, so that whoever is
/// there already waits no longer than that; and keeps so many for the next turns, so that all who
/// come without a token before a load is noticed have room.
inline constexpr std::size_t kInitsPerTurn = 32;
inline constexpr std::size_t kInitsPutOff = 2'048;

// A session.
inline constexpr Duration kRekeyAfter = 1h;  ///< give or take 10 %, by the initiator
inline constexpr std::uint64_t kRekeyFrames = std::uint64_t{1} << 32U;
inline constexpr Duration kSessionLifetime = 2h;
inline constexpr Duration kSessionOverlap = 60s;  ///< the old one beside the new one
inline constexpr Duration kPeerIdle = 3min;

/// To an address that has not proved itself: so many times what came from there (RFC 9000, 8).
inline constexpr std::size_t kUnprovenFactor = 3;
inline constexpr std::size_t kMaxCandidates = 4'096;

}  // namespace im::sealed
