// SPDX-License-Identifier: BSL-1.0
// Bytes: what goes over a wire.  Text is std::string; bytes are std::byte.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace im {

using Bytes = std::vector<std::byte>;
using BytesView = std::span<const std::byte>;

/// The same memory seen as bytes; valid as long as `text`'s.
[[nodiscard]] inline BytesView asBytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// The same memory seen as characters; valid as long as `bytes`'.
[[nodiscard]] inline std::string_view asText(BytesView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace im
