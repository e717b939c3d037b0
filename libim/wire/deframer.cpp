// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/deframer.hpp"

#include "libim/base/little_endian.hpp"

#include <algorithm>
#include <cassert>

namespace im::wire {

void appendFramed(Bytes& out, BytesView frame) {
    assert(frame.size() >= kHintHeader && frame.size() <= kMaxTcpFrame);
    out.push_back(static_cast<std::byte>(frame.size() >> 8U));
    out.push_back(static_cast<std::byte>(frame.size() & 0xFFU));
    append(out, frame);
}

/// Bytes that held_ must have before more can be said: its length first, then the frame.
std::size_t Deframer::wanted() const {
    if (held_.size() < kLengthBytes) return kLengthBytes;
    return kLengthBytes + std::to_integer<std::size_t>(held_[0]) * 256 +
           std::to_integer<std::size_t>(held_[1]);
}

bool Deframer::whole() const {
    return held_.size() > kLengthBytes && held_.size() == wanted();
}

BytesView Deframer::gather(BytesView piece) {
    const std::size_t taken = std::min(piece.size(), wanted() - held_.size());
    append(held_, piece.first(taken));
    if (held_.size() == kLengthBytes) {
        const std::size_t length = wanted() - kLengthBytes;
        broken_ = length < kHintHeader || length > kMaxTcpFrame;
    }
    return piece.subspan(taken);
}

}  // namespace im::wire
