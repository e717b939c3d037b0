// SPDX-License-Identifier: BSL-1.0
#include "libim/sealed/rate_limit.hpp"

#include "libim/base/bytes.hpp"

#include <algorithm>
#include <utility>

namespace im::sealed {

namespace {

constexpr std::size_t kFirstSources = 512;
constexpr unsigned kBurstFactor = 2;

}  // namespace

bool RateLimit::admit(const Address& from, std::uint32_t rate, TimePoint now) {
    if (rate == 0) return true;
    const Duration token = Duration(std::chrono::seconds(1)) / rate;
    return take(sourceKey(from), {token, token * rate * kBurstFactor}, now);
}

bool RateLimit::take(const Address& source, const Allowance& allowance, TimePoint now) {
    Bucket& bucket = bucketOf(source, now);
    const TimePoint fullAt = std::max(bucket.fullAt, now) + allowance.token;
    if (fullAt - now > allowance.capacity) return false;
    bucket.fullAt = fullAt;
    return true;
}

bool RateLimit::takeOrOwe(const Address& from, const Allowance& allowance, std::uint64_t tokens,
                          TimePoint now) {
    Bucket& bucket = bucketOf(sourceKey(from), now);
    const TimePoint before = std::max(bucket.fullAt, now);
    if (before - now >= allowance.capacity) return false;
    bucket.fullAt = before + allowance.token * tokens;
    return true;
}

void RateLimit::forgive(const Address& source) {
    if (buckets_.empty()) return;
    const std::span<Bucket> set = setOf(source);
    const auto known = std::ranges::find(set, source, &Bucket::source);
    if (known != set.end()) *known = {};
}

std::size_t RateLimit::inUse(TimePoint now) const {
    const auto isInUse = [now](const Bucket& bucket) { return bucket.fullAt > now; };
    return static_cast<std::size_t>(std::ranges::count_if(buckets_, isInUse));
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
    return std::span(buckets_).subspan(
        (noise::shortHash(asText(std::as_bytes(std::span(source.bytes()))), key_) & (sets - 1)) *
            kWays,
        kWays);
}

void RateLimit::grow(TimePoint now) {
    const std::vector<Bucket> old =
        std::exchange(buckets_, std::vector<Bucket>(buckets_.size() * 2));
    for (const Bucket& bucket : old)
        if (bucket.fullAt > now)
            *std::ranges::min_element(setOf(bucket.source), {}, &Bucket::fullAt) = bucket;
}

}  // namespace im::sealed
