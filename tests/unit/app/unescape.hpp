// SPDX-License-Identifier: BSL-1.0
// unescaped(): what POSIX printf does with %b, as far as our escapes use it.  For tests only: no
// program of ours undoes an escape.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace im::app::test {

inline bool isOctal(char c) {
    return c >= '0' && c <= '7';
}

/// Takes "0ooo" (at most three digits behind the zero) from `text`.
inline char takeOctal(std::string_view& text) {
    text.remove_prefix(1);
    unsigned value = 0;
    for (int i = 0; i < 3 && !text.empty() && isOctal(text.front()); ++i) {
        value = value * 8 + static_cast<unsigned>(text.front() - '0');
        text.remove_prefix(1);
    }
    return static_cast<char>(value & 0xFFU);
}

inline char letterMeans(char letter) {
    switch (letter) {
        case 'n':
            return '\n';
        case 't':
            return '\t';
        case 'r':
            return '\r';
        default:
            return letter;
    }
}

inline std::string unescaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        char c = text.front();
        text.remove_prefix(1);
        if (c == '\\' && !text.empty() && text.front() == '0') {
            c = takeOctal(text);
        } else if (c == '\\' && !text.empty()) {
            c = letterMeans(text.front());
            text.remove_prefix(1);
        }
        out += c;
    }
    return out;
}

}  // namespace im::app::test
