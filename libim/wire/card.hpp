// SPDX-License-Identifier: BSL-1.0
// The bytes of a card: "the user `name` is the identity I, reachable under the session key K until
// `notAfter`", signed by I.  Shape only: sealed::CardIssuer signs, sealed::verifyCard verifies.
//
//   format 01 | role | n | highest version | not after u64 | K 32 | I 32 | name n | signature 64
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/base/expected.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace im::wire {

inline constexpr std::size_t kCardFixed = 140;
inline constexpr std::size_t kMinCard = kCardFixed;       ///< an index without a label
inline constexpr std::size_t kMaxCard = kCardFixed + 32;  ///< im::Name::kMaxBytes
inline constexpr std::size_t kSignature = 64;

enum class CardRole : std::uint8_t { User = 1, Index = 2 };

using Key32 = std::array<std::byte, 32>;
using Signature = std::array<std::byte, kSignature>;

struct CardBody {
    CardRole role = CardRole::User;
    std::uint8_t highestVersion = 1;  ///< highest protocol version the holder speaks; at least 1
    std::uint64_t notAfter = 0;       ///< unix seconds
    Key32 sessionKey{};               ///< K
    Key32 identity{};                 ///< I
    /// Of a user: passes im::Name.  Of an index: a label nobody relies on; may be empty, else
    /// passes im::Name too.
    std::string name;

    friend bool operator==(const CardBody&, const CardBody&) = default;
};

struct CardBytes {
    CardBody body;
    BytesView signedPart;  ///< what is signed, behind "im card 1\0" and X; borrowed
    Signature signature{};
};

enum class CardError : std::uint8_t {
    Size,     ///< not 140 + n bytes
    Format,   ///< first byte is not 01
    Role,     ///< neither user nor index
    Version,  ///< highest version 0
    Name,     ///< breaks the rule of names
};

[[nodiscard]] std::string_view toString(CardError why);

/// Exactly one card.
Expected<CardBytes, CardError> parseCard(BytesView bytes);

/// The signed part; append the signature to finish the card.  REQUIRES: a name as above.
[[nodiscard]] Bytes encodeCardBody(const CardBody& body);

}  // namespace im::wire
