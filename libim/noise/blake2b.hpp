// SPDX-License-Identifier: BSL-1.0
// BLAKE2b (RFC 7693), keyed or not, of 16 or 32 bytes.  Outside of Noise, whose hash is SHA-256:
// for mac1, address tokens, keys of tables and words to compare.
#pragma once

#include "libim/base/bytes.hpp"

#include <array>
#include <cstddef>

namespace im::noise {

using Digest16 = std::array<std::byte, 16>;
using Digest32 = std::array<std::byte, 32>;

/// Of two pieces, one behind the other.  `key` is empty or 16 to 64 bytes.
[[nodiscard]] Digest16 blake2b16(BytesView key, BytesView first, BytesView second = {});
[[nodiscard]] Digest32 blake2b32(BytesView key, BytesView first, BytesView second = {});

/// In constant time.
[[nodiscard]] bool sameDigest(const Digest16& a, const Digest16& b);

}  // namespace im::noise
