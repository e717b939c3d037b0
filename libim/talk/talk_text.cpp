// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/talk_text.hpp"

#include "libim/base/utf8.hpp"
#include "libim/wire/classic_codec.hpp"
#include "libim/wire/utf16.hpp"

#include <cassert>

namespace im::talk {

std::optional<std::string_view> whyNotSendable(std::string_view text) {
    static_assert(wire::kMaxTalkUnits == 32'000);
    if (!isValidUtf8(text)) return "not valid UTF-8";
    // No text has more units than bytes.
    if (text.size() > wire::kMaxTalkUnits && wire::utf16Units(text) > wire::kMaxTalkUnits)
        return "longer than 32000 UTF-16 units";
    return std::nullopt;
}

std::string withWideCommas(std::string_view text) {
    constexpr std::string_view kWideComma{"\xEF\xBC\x8C"};  // U+FF0C
    std::string wide;
    wide.reserve(text.size());
    for (char c : text) {
        if (c == ',')
            wide += kWideComma;
        else
            wide += c;
    }
    return wide;
}

Expected<wire::Talk, std::string_view> makeTalk(const Name& sender, std::string_view time,
                                                std::string_view text, Commas commas) {
    assert(time.find(',') == std::string_view::npos);
    if (const auto why = whyNotSendable(text)) return Unexpected(*why);
    return wire::Talk{std::string(time), sender.str(),
                      commas == Commas::Wide ? withWideCommas(text) : std::string(text)};
}

}  // namespace im::talk
