// SPDX-License-Identifier: BSL-1.0
// Law: what decodes re-encodes to an equal message, and to the same text ever after; hello too.
#include "libim/wire/hello.hpp"
#include "libim/wire/sealed_codec.hpp"
#include "tests/fuzz/law.hpp"

#include <algorithm>
#include <cstdint>

using namespace im;
using namespace im::wire;

namespace {

void lawOfMessage(std::string_view text) {
    const auto message = decodeSealed(text);
    if (!message) {
        IM_LAW(!toString(message.error()).empty());
        return;
    }
    const std::string canonical = encodeSealed(*message);
    const auto again = decodeSealed(canonical);
    IM_LAW(again.has_value());
    IM_LAW(*again == *message);
    IM_LAW(encodeSealed(*again) == canonical);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::textOf(data, size);
    lawOfMessage(text);
    std::size_t bytes = 0;
    forEachLine(text, [&](std::string_view line) {
        lawOfMessage(line);
        bytes += line.size() + 1;
    });
    IM_LAW(bytes == size + 1);
    if (const auto index = decodeHello(asBytes(text)))
        IM_LAW(decodeHello(encodeHello(*index)) == index);
    return 0;
}
