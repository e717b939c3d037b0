// SPDX-License-Identifier: BSL-1.0
// Laws: what escapes do, `printf %b` undoes; what they let through is one line of valid UTF-8 that
// drives no terminal.  A JSON string says the same text, and base64 the same bytes.
#include "libim/app/base64.hpp"
#include "libim/app/escape.hpp"
#include "libim/app/ndjson.hpp"
#include "libim/base/utf8.hpp"
#include "tests/fuzz/law.hpp"
#include "tests/unit/app/unescape.hpp"

#include <cstdint>
#include <string>

using namespace im;
using namespace im::app;

namespace {

bool isSafe(std::string_view text) {
    while (!text.empty()) {
        const CodePoint point = decodeUtf8(text);
        if (!point.valid || isControl(point.value) || isBidiControl(point.value)) return false;
        if (point.value == 0x2028 || point.value == 0x2029) return false;
        text.remove_prefix(point.length);
    }
    return true;
}

void checkJson(std::string_view text) {
    std::string json;
    appendJsonString(json, text);
    IM_LAW(isSafe(json));
    const auto message = parseJsonMessage(R"({"to":"b","text":)" + json + "}");
    IM_LAW(message.has_value());
    IM_LAW(!isValidUtf8(text) || message->text == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::textOf(data, size);
    const std::string line = escaped(text);
    IM_LAW(test::unescaped(line) == text);
    IM_LAW(isSafe(line));
    IM_LAW(isSafe(printable(text)));
    checkJson(text);
    IM_LAW(fromBase64(toBase64(text)) == text);
    const auto bytes = fromBase64(text);
    IM_LAW(!bytes || toBase64(*bytes) == text);
    return 0;
}
