// SPDX-License-Identifier: BSL-1.0
// RateLimit: a token bucket for each source, so that no source gets more than its share of a
// program.  `rate` tokens a second, at most twice that in the bucket.  Not thread-safe.
//
// A bucket is one number: the time at which it will be full again (the virtual scheduling form
// of the leaky bucket, ITU-T I.371).  A bucket that is full need not be kept at all, so only
// sources of the last two seconds take room.  There is room for kMostSources, 1.5 MB: sets of
// eight, chosen by a keyed hash; in a set without room the fullest bucket is given up, which is
// the oldest too.  A source that floods has the emptiest bucket and so is the last to be
// forgotten, however many others pretend to be there.  The table starts small and never shrinks.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/time.hpp"
#include "libim/noise/short_hash.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace im::sealed {

class RateLimit {
public:
    static constexpr std::size_t kMostSources = 65'536;

    explicit RateLimit(const noise::HashKey& key) : key_(key) {}

    /// Takes a token of the source of `from` (sourceKey: an IPv4 address, an IPv6 /64); false
    /// when there is none.  `rate` 0: no limit.  All of 127.0.0.0/8 is not one source here.
    [[nodiscard]] bool admit(const Address& from, std::uint32_t rate, TimePoint now);

    /// What a bucket holds when full, and what one token is, both as the time it takes to fill.
    struct Allowance {
        Duration token;
        Duration capacity;
    };

    /// Takes one token of `source` itself; false when there is none.
    [[nodiscard]] bool take(const Address& source, const Allowance& allowance, TimePoint now);

    /// Takes `tokens` of the source of `from`, as long as its bucket is not empty.  It may owe
    /// what it had not; false, and nothing taken, until that is paid.
    [[nodiscard]] bool takeOrOwe(const Address& from, const Allowance& allowance,
                                 std::uint64_t tokens, TimePoint now);

    /// Fills the bucket of `source` itself.
    void forgive(const Address& source);

    /// For how many sources there is room now.
    std::size_t room() const { return buckets_.size(); }
    /// Sources whose bucket is not full.  Walks all of them.
    std::size_t inUse(TimePoint now) const;

private:
    static constexpr std::size_t kWays = 8;

    struct Bucket {
        Address source;
        TimePoint fullAt = TimePoint::min();  // so a bucket of nobody is the fullest of all
    };

    Bucket& bucketOf(const Address& source, TimePoint now);
    std::span<Bucket> setOf(const Address& source);
    void grow(TimePoint now);

    noise::HashKey key_;
    std::vector<Bucket> buckets_;
};

}  // namespace im::sealed
