// SPDX-License-Identifier: BSL-1.0
// Law: what is a frame is exactly what writing its fields gives again.
#include "libim/wire/frame.hpp"

#include "libim/base/little_endian.hpp"
#include "tests/fuzz/law.hpp"

#include <algorithm>
#include <cstdint>

using namespace im;
using namespace im::wire;

namespace {

Bytes encoded(const InitFrame& init) {
    Bytes out = encodeInit(init.sender, init.token, init.noise);
    IM_LAW(std::ranges::equal(out, init.macced));
    append(out, init.mac1);
    return out;
}
Bytes encoded(const RespFrame& resp) {
    Bytes out = encodeResp(resp.sender, resp.receiver, resp.noise);
    IM_LAW(std::ranges::equal(out, resp.macced));
    append(out, resp.mac1);
    return out;
}
Bytes encoded(const HintFrame& hint) {
    return encodeHint(hint.receiver, hint.token, hint.card);
}
Bytes encoded(const BoxFrame& box) {
    Bytes out;
    appendBoxHeader(out, box.receiver, box.counter);
    append(out, box.sealed);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView bytes = asBytes(fuzz::textOf(data, size));
    for (const std::size_t most : {kMaxUdpPayload, kMaxTcpFrame}) {
        const auto frame = parseFrame(bytes, most);
        if (!frame) {
            IM_LAW(!toString(frame.error()).empty());
            continue;
        }
        IM_LAW(isSealed(bytes) && size <= most);
        const Bytes again = std::visit([](const auto& one) { return encoded(one); }, *frame);
        IM_LAW(std::ranges::equal(again, bytes));
    }
    return 0;
}
