// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/segment_pool.hpp"

namespace im::talk {

std::optional<SegmentPool::Block> SegmentPool::take(bool mayUseReserve) {
    if (room() == 0 && (!mayUseReserve || takenCount() == most_)) return {};
    if (!free_.empty()) {
        const Block block = free_.back();
        free_.pop_back();
        return block;
    }
    if (made_ % kChunk == 0) chunks_.emplace_back(new std::byte[kChunk * wire::kMaxSegment]);
    return static_cast<Block>(made_++);
}

}  // namespace im::talk
