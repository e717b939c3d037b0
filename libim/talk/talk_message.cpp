// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/talk_message.hpp"

#include <algorithm>
#include <array>

namespace im::talk {

namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kIdLength = 8;
constexpr unsigned kBitsOfDigit = 5;
constexpr std::size_t kLongestTime = 64;

/// Spreads what differs over all bits (splitmix64).
std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
    value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
    return value ^ (value >> 31U);
}

/// The field before the next comma, taken off `rest`.
std::optional<std::string_view> takeField(std::string_view& rest) {
    const std::size_t comma = rest.find(',');
    if (comma == std::string_view::npos) return {};
    const std::string_view field = rest.substr(0, comma);
    rest.remove_prefix(comma + 1);
    return field;
}

std::optional<TalkKind> kindOf(std::string_view verb) {
    if (verb == "talk") return TalkKind::Talk;
    if (verb == "ask") return TalkKind::Ask;
    if (verb == "re") return TalkKind::Reply;
    return {};
}

}  // namespace

std::string messageId(wire::StreamId stream, wire::MessageNumber number) {
    std::uint64_t bits = mixed(mixed(stream) + number);
    std::string id(kIdLength, '0');
    for (char& digit : id) {
        digit = kAlphabet[bits % kAlphabet.size()];
        bits >>= kBitsOfDigit;
    }
    return id;
}

bool isMessageId(std::string_view text) {
    return text.size() == kIdLength && text.find_first_not_of(kAlphabet) == std::string_view::npos;
}

std::optional<TalkMessage> parseTalk(BytesView message) {
    std::string_view rest = asText(message);
    const auto verb = takeField(rest);
    const auto kind = verb ? kindOf(*verb) : std::nullopt;
    if (!kind) return {};
    TalkMessage talk;
    talk.kind = *kind;
    if (*kind == TalkKind::Reply) {
        const auto to = takeField(rest);
        if (!to || !isMessageId(*to)) return {};
        talk.to = *to;
    }
    const auto time = takeField(rest);
    const auto from = time ? takeField(rest) : std::nullopt;
    if (!from || time->size() > kLongestTime) return {};
    talk.time = *time;
    talk.from = *from;
    talk.text = asBytes(rest);
    return talk;
}

std::string talkHead(TalkKind kind, std::string_view to, std::string_view time,
                     std::string_view from) {
    std::string head = kind == TalkKind::Talk ? "talk," : kind == TalkKind::Ask ? "ask," : "re,";
    if (kind == TalkKind::Reply) head.append(to).append(",");
    return head.append(time).append(",").append(from).append(",");
}

}  // namespace im::talk
