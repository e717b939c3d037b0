// SPDX-License-Identifier: BSL-1.0
#include "libim/node/listen_goal.hpp"

#include <cassert>

namespace im::node {

ListenGoal::ListenGoal(std::optional<std::uint64_t> count, std::optional<Duration> timeout,
                       TimePoint start)
    : count_(count) {
    if (timeout) deadline_ = start + *timeout;
}

void ListenGoal::take() {
    assert(!reached());
    ++taken_;
}

int ListenGoal::statusWhenEnded() const {
    return count_ || deadline_ ? statusAtDeadline() : 0;
}

int ListenGoal::statusAtDeadline() const {
    const std::uint64_t wanted = count_.value_or(1);
    return taken_ >= wanted ? 0 : 1;
}

}  // namespace im::node
