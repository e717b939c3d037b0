// SPDX-License-Identifier: BSL-1.0
// The sealed codec: messages as UTF-8 text, `verb,field,...,last`.  A TEXT record holds one or
// more of them, LF between; the content of a message's DATA records is one `talk`, whose text may
// have LF.  Strict in both directions: the other side is one of ours, and what it must tolerate
// in time is governed by versions, not by guessing.
//
// The law, held by tests/fuzz/sealed_grammar: what decodes, re-encodes to an equal message.
#pragma once

#include "libim/base/expected.hpp"
#include "libim/wire/sealed_message.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace im::wire {

/// Why a text is no message.
enum class GrammarError : std::uint8_t {
    NotUtf8,
    UnknownVerb,    ///< skip it: a newer program may say more than we know
    MissingFields,  ///< fewer than the verb has
    BadField,       ///< a number, endpoint, key or list that is none; more fields than the verb has
    BadName,        ///< breaks the rule of im::Name
};

[[nodiscard]] std::string_view toString(GrammarError why);

/// One message.  Numbers are decimal without sign and leading zeros; ID, INDEX and HANDLE are
/// eight, IDENTITY sixty-four lower-case hexadecimal digits; endpoints as Endpoint::parse().
Expected<SealedMessage, GrammarError> decodeSealed(std::string_view message);

/// REQUIRES: names that pass im::Name, valid UTF-8, no comma but in a last field, LF only in the
/// text of a Talk, one name at least in Watch and Unwatch.
[[nodiscard]] std::string encodeSealed(const SealedMessage& message);

/// Calls `take` with each line of a TEXT record.
template <typename Take>
void forEachLine(std::string_view text, Take&& take) {
    for (;;) {
        const std::size_t end = text.find('\n');
        take(text.substr(0, end));
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

}  // namespace im::wire
