// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/deframer.hpp"

#include "libim/base/little_endian.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <vector>

using namespace im;
using namespace im::wire;

namespace {

std::vector<Bytes> threeFrames() {
    return {Bytes(24, std::byte{1}), Bytes(kMaxTcpFrame, std::byte{2}), Bytes(300, std::byte{3})};
}

Bytes stream() {
    Bytes out;
    for (const Bytes& frame : threeFrames()) appendFramed(out, frame);
    return out;
}

bool refuses(std::size_t length) {
    Deframer deframer;
    const Bytes head{static_cast<std::byte>(length >> 8U), static_cast<std::byte>(length & 0xFFU)};
    return !deframer.feed(head, [](BytesView) {});
}

}  // namespace

TEST_CASE("the length before a frame is big-endian") {
    Bytes out;
    appendFramed(out, Bytes(300, std::byte{3}));
    CHECK(out.size() == 302);
    CHECK(out[0] == std::byte{1});
    CHECK(out[1] == std::byte{44});
}

TEST_CASE("a stream cut anywhere gives the same frames") {
    const Bytes whole = stream();
    for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{23}, whole.size()}) {
        Deframer deframer;
        std::vector<Bytes> got;
        const auto take = [&got](BytesView frame) { got.emplace_back(frame.begin(), frame.end()); };
        for (std::size_t at = 0; at < whole.size(); at += step)
            REQUIRE(deframer.feed(BytesView(whole).subspan(at, std::min(step, whole.size() - at)),
                                  take));
        CHECK((got == threeFrames()));
        CHECK(deframer.atBoundary());
    }
}

TEST_CASE("a stream that ends within a frame is seen to") {
    Deframer deframer;
    CHECK(deframer.atBoundary());
    REQUIRE(deframer.feed(BytesView(stream()).first(1), [](BytesView) {}));
    CHECK_FALSE(deframer.atBoundary());
}

TEST_CASE("a length that no frame has ends the stream for good") {
    CHECK(refuses(0));
    CHECK(refuses(23));
    CHECK_FALSE(refuses(24));
    CHECK_FALSE(refuses(kMaxTcpFrame));
    CHECK(refuses(kMaxTcpFrame + 1));
    CHECK(refuses(0xFFFF));

    Deframer deframer;
    int frames = 0;
    const auto count = [&frames](BytesView) { ++frames; };
    REQUIRE_FALSE(deframer.feed(Bytes(2), count));
    CHECK_FALSE(deframer.feed(stream(), count));
    CHECK(frames == 0);
}
