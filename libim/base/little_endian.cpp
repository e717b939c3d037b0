// SPDX-License-Identifier: BSL-1.0
#include "libim/base/little_endian.hpp"

namespace im {

void append(Bytes& out, BytesView bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace im
