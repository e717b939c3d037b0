// SPDX-License-Identifier: BSL-1.0
// Lines of the files that a person writes: im.conf and aliases.
#pragma once

#include <cstddef>
#include <string_view>

namespace im::app {

/// Without blanks, TABs and CRs at both ends.
[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Up to a `#` that stands at the start or behind a blank; another is part of a value.
[[nodiscard]] inline std::string_view withoutComment(std::string_view text) {
    for (std::size_t i = text.find('#'); i != std::string_view::npos; i = text.find('#', i + 1))
        if (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t') return text.substr(0, i);
    return text;
}

/// Takes the first line of `text`, without its LF.
[[nodiscard]] inline std::string_view takeLine(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

}  // namespace im::app
