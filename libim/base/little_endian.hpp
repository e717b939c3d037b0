// SPDX-License-Identifier: BSL-1.0
// Numbers as little-endian bytes, by shifts: no cast, no alignment, the same on every machine.
#pragma once

#include "libim/base/bytes.hpp"

#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace im {

template <std::unsigned_integral T>
void appendLittleEndian(Bytes& out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        out.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i)));
}

/// The number at `offset`.  REQUIRES: offset + sizeof(T) <= bytes.size().
template <std::unsigned_integral T>
[[nodiscard]] T readLittleEndian(BytesView bytes, std::size_t offset = 0) {
    assert(offset + sizeof(T) <= bytes.size());
    std::uint64_t value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;)
        value = value << 8U | std::to_integer<std::uint64_t>(bytes[offset + i]);
    return static_cast<T>(value);
}

/// Not inline: GCC 12 at -O3 takes what it then sees of vector for an overflow.
void append(Bytes& out, BytesView bytes);

}  // namespace im
