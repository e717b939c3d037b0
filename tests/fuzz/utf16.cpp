// SPDX-License-Identifier: BSL-1.0
// Law: any bytes become valid UTF-8; valid text comes back as it was.
#include "libim/wire/utf16.hpp"

#include "libim/base/utf8.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>

using namespace im;
using namespace im::wire;

namespace {

Bytes utf16le(std::string_view text) {
    Bytes out;
    appendUtf16le(out, text);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::textOf(data, size);

    const std::string text = utf8FromUtf16le(asBytes(input));
    IM_LAW(isValidUtf8(text));
    IM_LAW(utf8FromUtf16le(utf16le(text)) == text);
    IM_LAW(utf16Units(text) == (size + 1) / 2);

    const Bytes units = utf16le(input);
    const std::string back = utf8FromUtf16le(units);
    IM_LAW(isValidUtf8(back));
    IM_LAW(utf16le(back) == units);
    IM_LAW((back == input) == isValidUtf8(input));
    return 0;
}
