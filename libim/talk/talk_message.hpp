// SPDX-License-Identifier: BSL-1.0
// What the bytes of a sealed message are, the content of its DATA records:
//
//   talk,TIME,FROM,TEXT        FROM is the name in the sender's card, or the message does not count
//   ask,TIME,FROM,TEXT         the same, and the sender's process waits for a reply to it
//   re,ID,TIME,FROM,TEXT       the reply to the message ID
//
// TIME is the sender's own, RFC 3339 in UTC; TEXT is the rest, any bytes.  So it is no
// SealedMessage, whose texts are UTF-8.
//
// A message is named by the stream that it is in and its number there, of which ID is made: eight
// characters of Crockford's base 32 out of 40 bits.  Both sides make it for themselves.  It names
// one among the messages between two people; nothing is trusted because of it.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/wire/segment.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace im::talk {

[[nodiscard]] std::string messageId(wire::StreamId stream, wire::MessageNumber number);
/// Eight characters of that alphabet.
[[nodiscard]] bool isMessageId(std::string_view text);

enum class TalkKind : std::uint8_t { Talk, Ask, Reply };

/// Borrows the bytes.
struct TalkMessage {
    TalkKind kind = TalkKind::Talk;
    std::string_view to;  ///< a reply: the ID
    std::string_view time;
    std::string_view from;
    BytesView text;
};

[[nodiscard]] std::optional<TalkMessage> parseTalk(BytesView message);

/// All before the text.  REQUIRES: no comma in the fields; `to` of a reply is an ID.
[[nodiscard]] std::string talkHead(TalkKind kind, std::string_view to, std::string_view time,
                                   std::string_view from);

}  // namespace im::talk
