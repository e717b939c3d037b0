// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/card.hpp"

#include "libim/base/little_endian.hpp"
#include "libim/base/name.hpp"

#include <algorithm>
#include <cassert>

namespace im::wire {

namespace {

using Refused = Unexpected<CardError>;

constexpr std::byte kFormat{1};
constexpr std::size_t kNotAfter = 4;
constexpr std::size_t kSessionKey = 12;
constexpr std::size_t kIdentity = 44;
constexpr std::size_t kName = 76;

static_assert(kMaxCard == kCardFixed + Name::kMaxBytes);

template <typename Array>
void copyFrom(BytesView bytes, std::size_t at, Array& to) {
    std::ranges::copy(bytes.subspan(at, to.size()), to.begin());
}

bool isNameFor(CardRole role, std::string_view name) {
    return (role == CardRole::Index && name.empty()) || Name::parse(name).has_value();
}

}  // namespace

std::string_view toString(CardError why) {
    switch (why) {
        case CardError::Size:
            return "size";
        case CardError::Format:
            return "format";
        case CardError::Role:
            return "role";
        case CardError::Version:
            return "version";
        case CardError::Name:
            return "name";
    }
    return "unknown";
}

Expected<CardBytes, CardError> parseCard(BytesView bytes) {
    if (bytes.size() < kMinCard) return Refused(CardError::Size);
    if (bytes[0] != kFormat) return Refused(CardError::Format);
    const auto nameLength = std::to_integer<std::size_t>(bytes[2]);
    if (bytes.size() != kCardFixed + nameLength) return Refused(CardError::Size);

    CardBytes card;
    CardBody& body = card.body;
    body.role = static_cast<CardRole>(bytes[1]);
    if (body.role != CardRole::User && body.role != CardRole::Index)
        return Refused(CardError::Role);
    body.highestVersion = std::to_integer<std::uint8_t>(bytes[3]);
    if (body.highestVersion == 0) return Refused(CardError::Version);
    body.notAfter = readLittleEndian<std::uint64_t>(bytes, kNotAfter);
    copyFrom(bytes, kSessionKey, body.sessionKey);
    copyFrom(bytes, kIdentity, body.identity);
    body.name = asText(bytes.subspan(kName, nameLength));
    if (!isNameFor(body.role, body.name)) return Refused(CardError::Name);
    card.signedPart = bytes.first(kName + nameLength);
    copyFrom(bytes, kName + nameLength, card.signature);
    return card;
}

Bytes encodeCardBody(const CardBody& body) {
    assert(isNameFor(body.role, body.name) && body.highestVersion != 0);
    Bytes out;
    out.reserve(kCardFixed + body.name.size());
    append(out, std::array{kFormat, static_cast<std::byte>(body.role),
                           static_cast<std::byte>(body.name.size()),
                           static_cast<std::byte>(body.highestVersion)});
    appendLittleEndian(out, body.notAfter);
    append(out, body.sessionKey);
    append(out, body.identity);
    append(out, asBytes(body.name));
    return out;
}

}  // namespace im::wire
