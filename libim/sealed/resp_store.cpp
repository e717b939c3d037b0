// SPDX-License-Identifier: BSL-1.0
#include "libim/sealed/resp_store.hpp"

#include "libim/base/little_endian.hpp"
#include "libim/sealed/limits.hpp"

#include <utility>

namespace im::sealed {

std::size_t RespStore::HashOfKey::operator()(const Key& key) const {
    return readLittleEndian<std::uint64_t>(key);
}

RespStore::Key RespStore::keyOf(const wire::InitFrame& init) const {
    return noise::blake2b16(secret_.view(), init.noise);
}

RespStore::Entry* RespStore::find(const Key& key) {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
}

void RespStore::insert(const Key& key, Entry entry, TimePoint now) {
    while (entries_.size() >= capacity_) {
        entries_.erase(ages_.front().key);
        ages_.pop_front();
    }
    entries_.insert_or_assign(key, std::move(entry));
    ages_.push_back({now + kRespLifetime, key});
}

void RespStore::expire(TimePoint now) {
    while (!ages_.empty() && ages_.front().until <= now) {
        entries_.erase(ages_.front().key);
        ages_.pop_front();
    }
}

std::optional<TimePoint> RespStore::nextDeadline() const {
    if (ages_.empty()) return {};
    return ages_.front().until;
}

}  // namespace im::sealed
