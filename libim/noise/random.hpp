// SPDX-License-Identifier: BSL-1.0
// Random: where keys, indexes and tokens come from.  Injected, so that a simulation replays from
// its seed; every program uses SystemRandom.
#pragma once

#include "libim/noise/primitives.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace im::noise {

class Random {
public:
    Random() = default;
    Random(const Random&) = delete;
    Random& operator=(const Random&) = delete;
    virtual ~Random() = default;

    virtual void fill(std::span<std::byte> out) = 0;

    [[nodiscard]] std::uint32_t number32();
    [[nodiscard]] std::uint64_t number64();
    [[nodiscard]] Secret secret();
    [[nodiscard]] KeyPair keyPair();
};

/// The operating system's.  Any thread, once initialise() has returned.
class SystemRandom final : public Random {
public:
    void fill(std::span<std::byte> out) override;
};

}  // namespace im::noise
