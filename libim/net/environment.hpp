// SPDX-License-Identifier: BSL-1.0
// Numbers that a service manager leaves in the environment.  No POCO.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace im::net {

/// Nothing when `variable` is not set or is no whole number.
[[nodiscard]] inline std::optional<std::int64_t> numberFrom(const char* variable) {
    const char* const text = std::getenv(variable);
    if (text == nullptr) return {};
    std::int64_t number = 0;
    const char* const end = text + std::strlen(text);
    const auto [stop, problem] = std::from_chars(text, end, number);
    if (problem != std::errc{} || stop != end) return {};
    return number;
}

}  // namespace im::net
