// SPDX-License-Identifier: BSL-1.0
// ReplayWindow: which counters of a session have been received, so that each counts once however
// often it comes and in whatever order (RFC 6479, exactly 512 counters back).  A ring of bits
// that is cleared as the largest counter moves on; 72 bytes.  Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace im::noise {

class ReplayWindow {
public:
    static constexpr std::uint64_t kSize = 512;

    /// Whether `counter` has not been accepted yet and is not too old to tell: less than kSize
    /// below the largest accepted.  2^64 - 1 never is: that nonce is reserved.
    [[nodiscard]] bool isFresh(std::uint64_t counter) const;

    /// Marks `counter`.  Only after the frame has proved authentic, or anybody could move the
    /// window.  REQUIRES: isFresh(counter).
    void accept(std::uint64_t counter);

    /// One more than the largest accepted; 0 before the first.
    [[nodiscard]] std::uint64_t next() const { return next_; }

private:
    static constexpr std::size_t kWordBits = 64;

    void moveTo(std::uint64_t counter);

    std::uint64_t next_ = 0;
    std::array<std::uint64_t, kSize / kWordBits> bits_{};
};

}  // namespace im::noise
