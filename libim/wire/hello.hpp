// SPDX-License-Identifier: BSL-1.0
// hello: the one classic datagram that asks an index whether it speaks sealed.
//
//   hello,1a2b3c4d,0.0.0.0:0,<blanks>      UTF-16LE, at least 256 bytes
//
// A classic .NET server parses its three fields, knows no such verb and stays silent; a sealed
// frame would end its receive loop.  It is never smaller than the HINT that answers it, so it
// cannot be used to make an index send more than was sent to it.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/wire/frame.hpp"

#include <cstddef>
#include <optional>

namespace im::wire {

inline constexpr std::size_t kMinHello = 256;
inline constexpr std::size_t kMaxHello = 512;  ///< largest classic datagram an index looks at

/// REQUIRES: index != 0.
[[nodiscard]] Bytes encodeHello(SessionIndex index);

/// The receiver index for the HINT; nothing when it is no hello, exactly.
[[nodiscard]] std::optional<SessionIndex> decodeHello(BytesView datagram);

}  // namespace im::wire
