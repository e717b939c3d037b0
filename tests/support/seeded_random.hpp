// SPDX-License-Identifier: BSL-1.0
// Random numbers that follow from a seed: for tests and simulations only.
#pragma once

#include "libim/noise/random.hpp"

#include <random>

namespace im::test {

class SeededRandom final : public noise::Random {
public:
    explicit SeededRandom(std::uint64_t seed = 1) : engine_(seed) {}
    void fill(std::span<std::byte> out) override {
        for (std::byte& byte : out) byte = static_cast<std::byte>(engine_());
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace im::test
