// SPDX-License-Identifier: BSL-1.0
// Keys and indexes as lower-case hexadecimal digits, strictly.
#pragma once

#include "libim/base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace im::wire {

/// Two digits a byte.
[[nodiscard]] std::string toHex(BytesView bytes);
/// Nothing unless all of it is pairs of lower-case digits.
[[nodiscard]] std::optional<Bytes> parseHex(std::string_view text);

/// Eight digits, the highest first.
[[nodiscard]] std::string toHex32(std::uint32_t value);
/// Exactly eight digits.
[[nodiscard]] std::optional<std::uint32_t> parseHex32(std::string_view text);

/// Exactly 64 digits.
[[nodiscard]] std::optional<std::array<std::byte, 32>> parseHexKey(std::string_view text);

}  // namespace im::wire
