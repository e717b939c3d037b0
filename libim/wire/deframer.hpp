// SPDX-License-Identifier: BSL-1.0
// Sealed frames over TCP: each behind its length in 16 bits, big-endian.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/wire/frame.hpp"

#include <cstddef>
#include <utility>

namespace im::wire {

/// Appends `frame` behind its length.  REQUIRES: a frame of at most kMaxTcpFrame bytes.
void appendFramed(Bytes& out, BytesView frame);

/// Takes a stream in pieces of any size and gives back its frames, whole.  Holds at most one
/// frame that is not complete yet: kMaxTcpFrame bytes and its length.  Not thread-safe.
class Deframer {
public:
    /// Calls `take(BytesView frame)` for each frame that `piece` completes; the view is valid
    /// during the call.  False from the first length on that no frame has: close the connection.
    template <typename Take>
    [[nodiscard]] bool feed(BytesView piece, Take&& take) {
        while (!broken_ && !piece.empty()) {
            piece = gather(piece);
            if (!whole()) continue;
            take(BytesView(held_).subspan(kLengthBytes));
            held_.clear();
        }
        return !broken_;
    }

    /// Whether the stream may end here: at the end of a frame.
    [[nodiscard]] bool atBoundary() const { return held_.empty() && !broken_; }

private:
    static constexpr std::size_t kLengthBytes = 2;

    BytesView gather(BytesView piece);
    [[nodiscard]] bool whole() const;
    [[nodiscard]] std::size_t wanted() const;

    Bytes held_;
    bool broken_ = false;
};

}  // namespace im::wire
