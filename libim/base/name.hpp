// SPDX-License-Identifier: BSL-1.0
// Name: a user's name that has passed the rule of commandline.md.
#pragma once

#include "libim/base/error.hpp"
#include "libim/base/expected.hpp"

#include <string>
#include <string_view>

namespace im {

/// 1 to 32 bytes of valid UTF-8; no control characters, no white space but single U+0020 inside,
/// none of `, ; : / @ \`, no Bidi_Control character, not starting with `-`, not `end` in any
/// case.  Compared byte by byte.  A value; immutable but for assignment.
class Name {
public:
    static constexpr std::size_t kMaxBytes = 32;

    /// The name, or in plain words what is wrong with it ("longer than 32 bytes").
    static Expected<Name, std::string_view> parse(std::string_view text);

    /// The name; throws Error(kind) "'…': not a user name: …" otherwise, with the beginning of the
    /// text, escaped where it could drive a terminal.
    static Name orThrow(std::string_view text, ErrorKind kind);

    const std::string& str() const { return text_; }
    std::string_view view() const { return text_; }

    friend bool operator==(const Name&, const Name&) = default;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a null pointer in it.
    friend auto operator<=>(const Name&, const Name&) = default;

private:
    explicit Name(std::string_view text) : text_(text) {}
    std::string text_;
};

}  // namespace im
