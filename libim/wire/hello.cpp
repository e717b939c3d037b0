// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/hello.hpp"

#include "libim/wire/hex.hpp"
#include "libim/wire/utf16.hpp"

#include <cassert>
#include <string>
#include <string_view>

namespace im::wire {

namespace {

constexpr std::string_view kVerb = "hello,";
constexpr std::string_view kNowhere = ",0.0.0.0:0,";
constexpr std::size_t kIndexDigits = 8;
constexpr std::size_t kTextUnits = kVerb.size() + kIndexDigits + kNowhere.size();
constexpr std::size_t kUnitBytes = 2;

static_assert(kMinHello >= kMaxHint);

}  // namespace

Bytes encodeHello(SessionIndex index) {
    assert(index != 0);
    std::string text(kVerb);
    text += toHex32(index);
    text += kNowhere;
    text.resize(kMinHello / kUnitBytes, ' ');
    Bytes datagram;
    appendUtf16le(datagram, text);
    return datagram;
}

std::optional<SessionIndex> decodeHello(BytesView datagram) {
    if (datagram.size() < kMinHello || datagram.size() > kMaxHello) return {};
    if (datagram.size() % kUnitBytes != 0) return {};
    const std::string decoded = utf8FromUtf16le(datagram);
    const std::string_view text = decoded;
    if (text.substr(0, kVerb.size()) != kVerb) return {};
    if (text.substr(kVerb.size() + kIndexDigits, kNowhere.size()) != kNowhere) return {};
    if (text.find_first_not_of(' ', kTextUnits) != std::string_view::npos) return {};
    const auto index = parseHex32(text.substr(kVerb.size(), kIndexDigits));
    if (!index || *index == 0) return {};
    return index;
}

}  // namespace im::wire
