// SPDX-License-Identifier: BSL-1.0
// The English word list of BIP-39: 2,048 words of 3 to 8 letters, no two alike in the first four.
#pragma once

#include <cstddef>
#include <string_view>

namespace im::noise {

inline constexpr std::size_t kBip39Words = 2'048;

/// REQUIRES: number < kBip39Words.
[[nodiscard]] std::string_view bip39Word(std::size_t number);

}  // namespace im::noise
