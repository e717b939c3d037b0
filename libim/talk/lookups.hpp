// SPDX-License-Identifier: BSL-1.0
// Lookups: questions to the index that are not answered yet: `lookup,ID,NAME`, repeated after 1, 2
// and 4 s, given up another 4 s later.  One question per name.  No socket, no clock; not
// thread-safe.
#pragma once

#include "libim/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::talk {

class Lookups {
public:
    /// Asks, unless it is being asked.  `id` comes back in the answer.  False: too many.
    bool ask(std::string_view name, std::uint32_t id, TimePoint now);
    /// There is another session: whatever waits is sent by the next due(), its time begins anew.
    void restart(TimePoint now);

    /// The lines to send now, LF between; empty when there are none.  At most `room` bytes.
    [[nodiscard]] std::string due(std::size_t room, TimePoint now);
    /// The answer came.  False when that was not asked: it does not count then.
    [[nodiscard]] bool answered(std::uint32_t id, std::string_view name);
    /// Whether that is a question without an answer yet.
    [[nodiscard]] bool isAsked(std::uint32_t id, std::string_view name) const;
    /// Names that got no answer; they are forgotten.
    [[nodiscard]] std::vector<std::string> givenUp(TimePoint now);
    /// All names that wait, however long they may still; they are forgotten.
    [[nodiscard]] std::vector<std::string> takeAll();

    [[nodiscard]] bool empty() const { return asked_.empty(); }
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

private:
    struct Asked {
        std::uint32_t id = 0;
        Duration gap{};  ///< to the next one; zero: not sent yet
        TimePoint next;
        bool isLast = false;
    };
    std::map<std::string, Asked, std::less<>> asked_;
};

}  // namespace im::talk
