// SPDX-License-Identifier: BSL-1.0
// Base64 of RFC 4648, section 4: with padding, without line breaks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace im::app {

[[nodiscard]] std::string toBase64(std::string_view bytes);

/// Strict: canonical padding, zero spare bits, no other character.  Nothing otherwise.
[[nodiscard]] std::optional<std::string> fromBase64(std::string_view text);

}  // namespace im::app
