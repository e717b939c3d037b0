// SPDX-License-Identifier: BSL-1.0
// Fields: a message of the grammar `verb,field,...,last`, taken from left to right.
#pragma once

#include <optional>
#include <string_view>

namespace im::wire {

/// Borrows the text.
class Fields {
public:
    explicit Fields(std::string_view text) : rest_(text) {}

    /// What stands before the next comma; nothing when there are no more fields.
    std::optional<std::string_view> next() {
        if (!rest_) return {};
        const std::string_view all = *rest_;
        const std::size_t comma = all.find(',');
        rest_ =
            comma == std::string_view::npos ? std::nullopt : std::optional(all.substr(comma + 1));
        return all.substr(0, comma);
    }

    /// All that has not been taken yet, commas included; nothing when there are no more fields.
    std::optional<std::string_view> rest() const { return rest_; }

private:
    std::optional<std::string_view> rest_;
};

}  // namespace im::wire
