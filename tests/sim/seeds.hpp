// SPDX-License-Identifier: BSL-1.0
// Which seeds a simulation runs with.  IM_SIM_SEED=N: just that one.  IM_SIM_ROUNDS=N: N times as
// many as usual.
#pragma once

#include <cstdint>
#include <functional>

namespace im::sim {

/// Calls `world` with each of `usual` seeds, and fails the test case with the seed and how to
/// repeat it when one throws.
void forEachSeed(std::uint64_t usual, const std::function<void(std::uint64_t seed)>& world);

}  // namespace im::sim
