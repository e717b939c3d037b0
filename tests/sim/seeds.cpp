// SPDX-License-Identifier: BSL-1.0
#include "tests/sim/seeds.hpp"

#include "tests/support/catch.hpp"

#include <cstdlib>
#include <exception>
#include <optional>
#include <string>

namespace im::sim {

namespace {

std::optional<std::uint64_t> numberFrom(const char* variable) {
    const char* text = std::getenv(variable);
    if (text == nullptr || *text == '\0') return {};
    return std::stoull(text);
}

void runOne(std::uint64_t seed, const std::function<void(std::uint64_t)>& world) {
    try {
        world(seed);
    } catch (const std::exception& broken) {
        FAIL(broken.what() << "\n  again by: IM_SIM_SEED=" << seed);
    }
}

}  // namespace

void forEachSeed(std::uint64_t usual, const std::function<void(std::uint64_t)>& world) {
    if (const auto one = numberFrom("IM_SIM_SEED")) return runOne(*one, world);
    const std::uint64_t count = usual * numberFrom("IM_SIM_ROUNDS").value_or(1);
    for (std::uint64_t seed = 1; seed <= count; ++seed) runOne(seed, world);
    SUCCEED();
}

}  // namespace im::sim
