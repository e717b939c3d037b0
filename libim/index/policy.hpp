// SPDX-License-Identifier: BSL-1.0
// Policy: the knobs of the index, with the defaults of imindex(8).  Reloaded on HUP as a whole.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace im::index {

/// `--classic-source`: how the claimed endpoint must match the datagram's source.  All of
/// 127.0.0.0/8 is one address here.
enum class SourceCheck : std::uint8_t { Ip, Strict, Any };

/// `--classic-confirm`: whether a login counts only after a roster fetch from its address.
/// `Auto`: only outside loopback, private and link-local ranges.
enum class Confirm : std::uint8_t { Auto, Tcp, Off };

struct Policy {
    /// `--classic-from`; empty means loopback, private and link-local ranges.
    std::vector<Cidr> classicFrom;
    SourceCheck source = SourceCheck::Ip;
    Confirm confirm = Confirm::Auto;
    /// `--classic-lease`; zero: until logout, as in the article.
    Duration classicLease{0};
    /// `--lease`: silence that ends a sealed login.
    Duration lease = std::chrono::seconds(90);
    std::size_t maxUsers = 1'000'000;
    std::size_t maxPerIp = 1024;  ///< 0: no limit
    std::uint32_t rate = 200;     ///< requests a second and source, burst twice that; 0: no limit
    /// What one tick() hands over at most, about: what the kernel needs 1 to 4 ms for, so that
    /// nobody who logs in waits longer than a few of these, whatever others are told.
    std::size_t announcementsPerTick = 1024;
    /// The same while datagrams come faster than they are taken: those who log in go before
    /// those who are told, and a flood is not helped by what it makes us tell.
    std::size_t announcementsWhenBusy = 64;
    /// Of what one user hears of a long train no more is handed over at once; of less, all.  Fixed
    /// at the start.
    std::size_t announcementsPerPiece = 1024;
};

/// What the index must know of the host it runs on, to refuse endpoints that are itself (T4) or
/// a broadcast (T3).  Refreshed by node now and then.
struct HostFacts {
    std::vector<Address> localAddresses;      ///< of all interfaces
    std::vector<Address> broadcastAddresses;  ///< directed broadcasts of all interfaces
    std::vector<Endpoint> servedEndpoints;    ///< what the index is bound to; wildcard: "0.0.0.0"
    std::uint16_t tcpPort = 0;                ///< told in every Accept
};

/// With more users than that nobody is told of everybody any more: bytes grow with the square of
/// their number (doc/protocol.md, "Presence").
inline constexpr std::size_t kPresenceAll = 10'000;

/// A pending login must fetch its roster within this time (doc/protocol.md, T2).
inline constexpr Duration kConfirmTime = std::chrono::seconds(10);

/// So many answers to logins go to an address that has shown nothing, each kConfirmTime (T2): a
/// client asks at 0, 1 and 3 s, and an answer may be lost.
inline constexpr int kMaxUnprovenAnswers = 3;

/// What a source may have others told: so many announcements a second, and so many at once (T12).
/// `rate` alone bounds requests, but each costs as many datagrams as there are users.  50,000 is a
/// fraction of what one core sends; the burst lets 1,000 users log in at once from one address
/// beside 1,000 others, or one where there are a million.  Not counted when Policy::rate is 0.
inline constexpr int kAnnouncementRate = 50'000;
inline constexpr int kAnnouncementBurst = 2'000'000;

/// So many announcements may wait for those before them to be told: 6 MB.  Then whoever would
/// cause another one is refused (Refusal::Rate).
inline constexpr std::size_t kMostGathered = 65'536;

/// And so many may be owed, each to one user: 10,000 users can log in at once to 10,000 others, a
/// hundred where there are a million.  Some two minutes of a core at worst; the rest come again.
inline constexpr std::size_t kMostOwed = 100'000'000;

/// Longer datagrams are refused unread: a login with the longest name has 176 bytes (T12).
inline constexpr std::size_t kMaxRequest = 512;

/// This many logins may be pending at once; then the oldest is given up (T12).  At a rate of
/// 6,500 false logins a second an honest one still has its ten seconds.
inline constexpr std::size_t kMaxPending = 65'536;

/// One tick ends at most this many leases, and as many of each other kind, so that datagrams are
/// not kept waiting while everybody leaves at once.
inline constexpr std::size_t kMaxEndsPerTick = 1024;

/// No answer to a refused login is longer than this many times the login (T2).
inline constexpr std::size_t kMaxAmplification = 3;

/// This many port-unreachables over at least kUnreachableTime: the user is logged out.
inline constexpr unsigned kUnreachableCount = 3;
inline constexpr Duration kUnreachableTime = std::chrono::seconds(10);

}  // namespace im::index
