// SPDX-License-Identifier: BSL-1.0
#include "libim/noise/replay_window.hpp"

#include "libim/noise/cipher_state.hpp"

#include <cassert>

namespace im::noise {

namespace {

constexpr std::size_t wordOf(std::uint64_t counter) {
    return counter % ReplayWindow::kSize / 64;
}
constexpr std::uint64_t bitOf(std::uint64_t counter) {
    return std::uint64_t{1} << (counter % 64);
}

}  // namespace

bool ReplayWindow::isFresh(std::uint64_t counter) const {
    if (counter == CipherState::kReservedNonce) return false;
    if (counter >= next_) return true;
    if (next_ - counter > kSize) return false;
    return (bits_[wordOf(counter)] & bitOf(counter)) == 0;
}

/// Forgets the counters that fall out when `counter` becomes the largest.
void ReplayWindow::moveTo(std::uint64_t counter) {
    if (counter - next_ >= kSize) {
        bits_ = {};
    } else {
        for (std::uint64_t skipped = next_; skipped < counter; ++skipped)
            bits_[wordOf(skipped)] &= ~bitOf(skipped);
    }
    next_ = counter + 1;
}

void ReplayWindow::accept(std::uint64_t counter) {
    assert(isFresh(counter));
    if (counter >= next_) moveTo(counter);
    bits_[wordOf(counter)] |= bitOf(counter);
}

}  // namespace im::noise
