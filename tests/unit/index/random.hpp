// SPDX-License-Identifier: BSL-1.0
// Random: numbers that are the same in every run with one seed, for property tests.
#pragma once

#include <cstdint>
#include <random>

namespace im::index::test {

class Random {
public:
    explicit Random(std::uint32_t seed) : engine_(seed) {}

    /// 0 to `count` - 1.
    std::uint32_t below(std::uint32_t count) {
        return static_cast<std::uint32_t>(engine_()) % count;
    }

private:
    std::mt19937 engine_;
};

}  // namespace im::index::test
