// SPDX-License-Identifier: BSL-1.0
// The escape of text records, see imevents(5): one event is one line, and a peer's text can
// neither forge a line nor drive a terminal.  `printf %b` gives the exact bytes back.
#pragma once

#include <string>
#include <string_view>

namespace im::app {

/// Appends `text` with `\` as `\\`, LF `\n`, TAB `\t`, CR `\r`, and as `\0ooo`, byte by byte: every
/// other byte below 0x20, 0x7F, each C1 control, each Bidi_Control character, U+2028 and U+2029,
/// and each byte that is not valid UTF-8.  Nothing else changes.
void appendEscaped(std::string& out, std::string_view text);
[[nodiscard]] std::string escaped(std::string_view text);

/// The same but for `\`, which stays single: for messages on stderr, which nobody undoes.
[[nodiscard]] std::string printable(std::string_view text);

/// Appends `text` as a JSON string with its quotes.  All that appendEscaped() would escape is a
/// `\u` escape (or \n, \t, \r, \\), so that NDJSON is safe on a terminal, too; a byte that is not
/// valid UTF-8 becomes U+FFFD.
void appendJsonString(std::string& out, std::string_view text);

}  // namespace im::app
