// SPDX-License-Identifier: BSL-1.0
#include "libim/node/receipts.hpp"

#include <algorithm>

namespace im::node {

talk::Shown Receipts::show(std::uint64_t endsAt) {
    if (when_ == AckWhen::Never) return talk::Shown::Unseen;
    if (when_ == AckWhen::Write) writing_.push_back(endsAt);
    return talk::Shown::Later;
}

std::size_t Receipts::written(std::uint64_t bytes) {
    std::size_t count = 0;
    for (; !writing_.empty() && writing_.front() <= bytes; ++count) writing_.pop_front();
    return count;
}

bool Receipts::ended() {
    if (running_.empty()) return false;
    const bool hasWaited = running_.front();
    running_.pop_front();
    return hasWaited;
}

bool Receipts::isSettled() const {
    return writing_.empty() && std::ranges::find(running_, true) == running_.end();
}

}  // namespace im::node
