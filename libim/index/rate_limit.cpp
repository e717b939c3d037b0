// SPDX-License-Identifier: BSL-1.0
#include "libim/index/rate_limit.hpp"

#include <algorithm>
#include <utility>

namespace im::index {

namespace {

constexpr std::size_t kFirstSources = 512;
constexpr unsigned kBurstFactor = 2;

}  // namespace

bool RateLimit::admit(const Address& from, std::uint32_t rate, TimePoint now) {
    if (rate == 0) return true;
    const Duration token = Duration(std::chrono::seconds(1)) / rate;
    const Duration capacity = token * rate * kBurstFactor;
    Bucket& bucket = bucketOf(sourceKey(from), now);
    const TimePoint fullAt = std::max(bucket.fullAt, now) + token;
    if (fullAt - now > capacity) return false;
    bucket.fullAt = fullAt;
    return true;
}

RateLimit::Bucket& RateLimit::bucketOf(const Address& source, TimePoint now) {
    if (buckets_.empty()) buckets_.resize(kFirstSources);
    for (;;) {
        const std::span<Bucket> set = setOf(source);
        const auto known = std::ranges::find(set, source, &Bucket::source);
        if (known != set.end()) return *known;
        Bucket& fullest = *std::ranges::min_element(set, {}, &Bucket::fullAt);
        if (fullest.fullAt <= now || buckets_.size() >= kMostSources) {
            fullest = {source};
            return fullest;
        }
        grow(now);
    }
}

std::span<RateLimit::Bucket> RateLimit::setOf(const Address& source) {
    const std::size_t sets = buckets_.size() / kWays;
    return std::span(buckets_).subspan((hashOf(source, key_) & (sets - 1)) * kWays, kWays);
}

void RateLimit::grow(TimePoint now) {
    const std::vector<Bucket> old =
        std::exchange(buckets_, std::vector<Bucket>(buckets_.size() * 2));
    for (const Bucket& bucket : old)
        if (bucket.fullAt > now)
            *std::ranges::min_element(setOf(bucket.source), {}, &Bucket::fullAt) = bucket;
}

}  // namespace im::index
