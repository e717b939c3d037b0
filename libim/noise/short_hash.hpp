// SPDX-License-Identifier: BSL-1.0
// The keyed hash of every table whose keys come from strangers: without the key nobody can
// choose names or addresses that all fall into one bucket.  And where the key comes from.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace im::noise {

/// Key of shortHash(): random in a program, fixed in a test.
using HashKey = std::array<std::uint8_t, 16>;

/// A new key from the system's random numbers.
[[nodiscard]] HashKey randomHashKey();

/// 64 random bits, for a generator that needs no secrecy (jitter, order).
[[nodiscard]] std::uint64_t randomSeed();

/// SipHash-2-4 of `text`; the eight bytes of the paper read as a little-endian number, so that
/// it is the same on every machine.  Not a digest: collisions are findable by who has the key.
[[nodiscard]] std::uint64_t shortHash(std::string_view text, const HashKey& key);

}  // namespace im::noise
