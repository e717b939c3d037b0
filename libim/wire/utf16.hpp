// SPDX-License-Identifier: BSL-1.0
// UTF-16LE and UTF-8, both strict.  Written here because POCO's converters emit invalid UTF-8
// for lone surrogates and drop text (measured: doc/decisions/0003).
#pragma once

#include "libim/base/bytes.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace im::wire {

/// UTF-8 of any bytes.  A lone surrogate and an odd last byte become U+FFFD each; the result is
/// always valid UTF-8.  No BOM handling.
[[nodiscard]] std::string utf8FromUtf16le(BytesView bytes);

/// Appends `text` as UTF-16LE.  Each ill-formed byte becomes U+FFFD.
void appendUtf16le(Bytes& out, std::string_view text);

/// Code units that `text` takes in UTF-16.  REQUIRES: valid UTF-8.
[[nodiscard]] std::size_t utf16Units(std::string_view text);

}  // namespace im::wire
