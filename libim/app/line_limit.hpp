// SPDX-License-Identifier: BSL-1.0
// LineLimit: keeps what a stranger can provoke without end from filling a log: of each kind at
// most kMost lines a second, then one that says how many more there were.  Time is an argument.
#pragma once

#include "libim/base/time.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace im::app {

class LineLimit {
public:
    static constexpr std::uint32_t kMost = 10;
    static constexpr Duration kWindow = std::chrono::seconds(1);

    /// Is given "12345 more: KIND".
    using Say = std::function<void(const std::string&)>;

    explicit LineLimit(Say say) : say_(std::move(say)) {}

    /// Whether a line of `kind` may be said now; else it is counted.  A second begins with the
    /// first line of its kind.  Kinds are few: each is remembered while its second lasts.
    [[nodiscard]] bool admits(std::string_view kind, TimePoint now);
    /// Says how many more there were, of the kinds whose second is over.
    void tick(TimePoint now);
    /// When tick() has something to do.
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

private:
    struct Second {
        TimePoint end;
        std::uint32_t said = 0;
        std::uint64_t more = 0;
    };

    Say say_;
    std::map<std::string, Second, std::less<>> seconds_;  // by kind
};

}  // namespace im::app
