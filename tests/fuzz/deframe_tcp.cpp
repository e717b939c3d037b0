// SPDX-License-Identifier: BSL-1.0
// Law: a stream gives the same frames however it is cut, and written again they are the stream.
#include "libim/wire/deframer.hpp"

#include "libim/base/little_endian.hpp"
#include "tests/fuzz/law.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

using namespace im;
using namespace im::wire;

namespace {

struct Read {
    std::vector<Bytes> frames;
    bool broken = false;
    bool operator==(const Read&) const = default;
};

/// The first byte of the input says how the stream is cut.
Read read(BytesView stream, std::size_t step) {
    Read result;
    Deframer deframer;
    while (!stream.empty() && !result.broken) {
        const BytesView piece = stream.first(std::min(step, stream.size()));
        stream = stream.subspan(piece.size());
        result.broken = !deframer.feed(piece, [&](BytesView frame) {
            result.frames.emplace_back(frame.begin(), frame.end());
        });
    }
    return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const BytesView stream = asBytes(fuzz::textOf(data + 1, size - 1));
    const Read whole = read(stream, stream.size() + 1);
    IM_LAW(read(stream, data[0] % 64U + 1U) == whole);
    Bytes written;
    for (const Bytes& frame : whole.frames) {
        IM_LAW(frame.size() >= kHintHeader && frame.size() <= kMaxTcpFrame);
        appendFramed(written, frame);
    }
    IM_LAW(written.size() <= stream.size());
    IM_LAW(std::ranges::equal(written, stream.first(written.size())));
    return 0;
}
