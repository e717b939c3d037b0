// SPDX-License-Identifier: BSL-1.0
// The text of a classic talk, as imsend checks and builds it.  Free of POCO and of iostream.
#pragma once

#include "libim/base/expected.hpp"
#include "libim/base/name.hpp"
#include "libim/wire/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace im::talk {

/// `--commas`: a .NET client shows a text only up to its first comma.
enum class Commas : std::uint8_t {
    Keep,  ///< as they are
    Wide,  ///< U+FF0C in place of U+002C, which that client shows and a reader still reads
};

/// Why `text` cannot be sent: "not valid UTF-8", "longer than 32000 UTF-16 units"; nothing when
/// it can.  Any character is allowed, and no text at all.
[[nodiscard]] std::optional<std::string_view> whyNotSendable(std::string_view text);

/// `text` with U+FF0C for each comma: as many UTF-16 units.
[[nodiscard]] std::string withWideCommas(std::string_view text);

/// The talk to encode, or why not.  `time` is local HH:mm:ss.  REQUIRES: no comma in `time`.
[[nodiscard]] Expected<wire::Talk, std::string_view> makeTalk(const Name& sender,
                                                              std::string_view time,
                                                              std::string_view text, Commas commas);

}  // namespace im::talk
