// SPDX-License-Identifier: BSL-1.0
// The classic codec: one datagram of UTF-16LE without BOM is one message.  Canonical when
// encoding, tolerant when decoding (doc/protocol.md has the table; every row has a test).
//
// The law, held by tests/fuzz/classic_codec: what decodes, re-encodes to an equal message.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/base/expected.hpp"
#include "libim/wire/message.hpp"

#include <cstddef>
#include <string_view>

namespace im::wire {

/// Why a datagram is no message.  A stranger's bytes: count it and drop it, never throw.
enum class DecodeError {
    Empty,          ///< no code unit at all
    UnknownVerb,    ///< first field is none of ours: ignored by everybody, as .NET clients do
    MissingFields,  ///< fewer fields than the verb has
    BadEndpoint,    ///< third field of login or logout is no IP:PORT
    BadPort,        ///< second field of Accept is no port 1 to 65535
    EmptyName,      ///< a login or logout that names nobody
};

[[nodiscard]] std::string_view toString(DecodeError why);

/// Largest classic payload: what a UDP datagram over IPv4 holds.
inline constexpr std::size_t kMaxDatagram = 65'507;

/// Largest text of a talk we send, in UTF-16 code units (commandline.md, "Limits").
inline constexpr std::size_t kMaxTalkUnits = 32'000;

/// Decodes any bytes.  Tolerated: a BOM; the verb in any case; `lohout` for logout; blanks around
/// the verb, around NAME, SENDER and CODE; extra fields of login, logout and Accept (dropped);
/// IP:PORT and PORT as in classic_endpoint.hpp; lone surrogates and an odd last byte, which
/// become U+FFFD.  TIME of a talk is verbatim between its commas; TEXT is verbatim too, to the
/// last code unit: all behind the third comma of a talk, behind the second of a reject.
Expected<Message, DecodeError> decodeClassic(BytesView datagram);

/// Encodes canonically: `login`, `Accept`, `logout`, `talk`, `reject`, no blanks, no BOM.
/// REQUIRES: valid UTF-8 in all fields, no comma in name, time, sender, code.
Bytes encodeClassic(const Message& message);

}  // namespace im::wire
