// SPDX-License-Identifier: BSL-1.0
// SegmentPool: the memory in which received segments wait, in blocks of one segment.  There are
// `most` of them and never more; the last `reserve` are for one stream at a time, so that the
// halves of many long messages cannot keep each other from becoming whole.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/wire/record.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace im::talk {

class SegmentPool {
public:
    using Block = std::uint32_t;

    SegmentPool(std::size_t most, std::size_t reserve) : most_(most), reserve_(reserve) {}

    /// A block, or nothing when all are taken, or all but the reserve and that is not for you.
    [[nodiscard]] std::optional<Block> take(bool mayUseReserve);
    void give(Block block) { free_.push_back(block); }

    [[nodiscard]] std::span<std::byte> bytes(Block block) {
        return {&chunks_[block / kChunk][block % kChunk * wire::kMaxSegment], wire::kMaxSegment};
    }
    /// Blocks that anybody may take.
    [[nodiscard]] std::size_t room() const {
        return takenCount() + reserve_ >= most_ ? 0 : most_ - reserve_ - takenCount();
    }
    [[nodiscard]] std::size_t takenCount() const { return made_ - free_.size(); }
    [[nodiscard]] std::size_t most() const { return most_; }

private:
    static constexpr std::size_t kChunk = 64;

    std::size_t most_;
    std::size_t reserve_;
    std::size_t made_ = 0;
    std::vector<std::unique_ptr<std::byte[]>> chunks_;
    std::vector<Block> free_;
};

}  // namespace im::talk
