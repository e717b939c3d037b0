// SPDX-License-Identifier: BSL-1.0
// RespStore: the answers to recent INITs, so that an identical INIT (retransmitted, doubled by the
// network, come by two paths, replayed) gets the same answer again and makes nothing new.  Keyed by
// a keyed hash of the Noise message in INIT; kept 60 s.  Not thread-safe.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/base/datagram.hpp"
#include "libim/noise/blake2b.hpp"
#include "libim/noise/random.hpp"
#include "libim/wire/frame.hpp"

#include <cstddef>
#include <deque>
#include <unordered_map>
#include <vector>

namespace im::sealed {

class RespStore {
public:
    using Key = noise::Digest16;

    struct Entry {
        Bytes frame;
        wire::SessionIndex session = 0;
        /// Where the frame has been sent to, kRespAddresses at most.
        std::vector<Destination> sentTo;
    };

    /// The oldest answer goes when there are more than `capacity`.
    RespStore(std::size_t capacity, noise::Random& random)
        : capacity_(capacity), secret_(random.secret()) {}

    [[nodiscard]] Key keyOf(const wire::InitFrame& init) const;
    /// Null when there is none.
    [[nodiscard]] Entry* find(const Key& key);
    void insert(const Key& key, Entry entry, TimePoint now);
    void expire(TimePoint now);

    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

private:
    struct HashOfKey {
        std::size_t operator()(const Key& key) const;
    };
    struct Age {
        TimePoint until;
        Key key;
    };

    std::size_t capacity_;
    noise::Secret secret_;
    std::unordered_map<Key, Entry, HashOfKey> entries_;
    std::deque<Age> ages_;  // oldest first
};

}  // namespace im::sealed
