// SPDX-License-Identifier: BSL-1.0
// Strict UTF-8: Unicode 15, table 3-7 (well-formed byte sequences).  No surrogates, no overlong
// forms, nothing above U+10FFFF.  POCO's converters are not used: they emit invalid UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace im {

inline constexpr char32_t kReplacement = U'\uFFFD';

/// One step through a text that may be broken.
struct CodePoint {
    char32_t value = 0;      ///< meaningless when !valid
    std::size_t length = 0;  ///< bytes taken: 1 to 4; 1 when !valid
    bool valid = false;
};

/// The code point at the start of `text`.  REQUIRES: !text.empty().
[[nodiscard]] CodePoint decodeUtf8(std::string_view text);

/// Appends `value` as UTF-8.  REQUIRES: a Unicode scalar value (no surrogate).
void appendUtf8(std::string& out, char32_t value);

[[nodiscard]] bool isValidUtf8(std::string_view text);

/// U+0000-1F, U+007F, U+0080-9F.
[[nodiscard]] bool isControl(char32_t value);

/// Unicode's property Bidi_Control: what can make a terminal show text in another order.
[[nodiscard]] bool isBidiControl(char32_t value);

/// Unicode's property White_Space.
[[nodiscard]] bool isWhiteSpace(char32_t value);

}  // namespace im
