// SPDX-License-Identifier: BSL-1.0
// One line of imsend -J: an object with `to` (a name or a list of names), `text` or `text_b64`, and
// `re`.  A record without `to`, as imlisten -j prints, is answered to its `user`.  Other members
// are ignored; null is as if absent.
#pragma once

#include "libim/base/expected.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace im::app {

struct JsonMessage {
    std::vector<std::string> to;  ///< never empty: `to`, or else `user`
    std::string text;             ///< any bytes; of text_b64 decoded
    std::string re;               ///< empty: none
};

/// How deep a line may nest.
inline constexpr unsigned kMaxJsonDepth = 64;

/// The message, or in plain words what is wrong ("text: not a string").
[[nodiscard]] Expected<JsonMessage, std::string> parseJsonMessage(std::string_view line);

}  // namespace im::app
