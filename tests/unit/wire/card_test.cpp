// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/card.hpp"

#include "libim/base/little_endian.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <string>

using namespace im;
using namespace im::wire;
using namespace std::string_view_literals;

namespace {

CardBody bobsBody() {
    CardBody body;
    body.notAfter = 0x0807060504030201;
    body.sessionKey.fill(std::byte{'K'});
    body.identity.fill(std::byte{'I'});
    body.name = "bob";
    return body;
}

Bytes finished(const CardBody& body) {
    Bytes card = encodeCardBody(body);
    card.resize(card.size() + kSignature, std::byte{'S'});
    return card;
}

std::string verdict(BytesView bytes) {
    const auto card = parseCard(bytes);
    return card ? "ok" : std::string(toString(card.error()));
}

}  // namespace

TEST_CASE("a card is 140 bytes and the name, in the order of the protocol") {
    const Bytes card = finished(bobsBody());
    CHECK(asText(card) == "\x01\x01\x03\x01\x01\x02\x03\x04\x05\x06\x07\x08" +
                              std::string(32, 'K') + std::string(32, 'I') + "bob" +
                              std::string(64, 'S'));
}

TEST_CASE("a card comes back as it was written") {
    const Bytes bytes = finished(bobsBody());
    const auto card = parseCard(bytes);
    REQUIRE(card);
    CHECK(card->body == bobsBody());
    CHECK(std::ranges::equal(card->signedPart, encodeCardBody(bobsBody())));
    CHECK(card->signature.front() == std::byte{'S'});
}

TEST_CASE("the card of an index may have no name, a user's may not") {
    CardBody body = bobsBody();
    body.role = CardRole::Index;
    body.name.clear();
    Bytes bytes = finished(body);
    CHECK(verdict(bytes) == "ok");
    bytes[1] = std::byte{1};
    CHECK(verdict(bytes) == "name");
}

TEST_CASE("a card that breaks a rule is refused") {
    const Bytes good = finished(bobsBody());
    const auto with = [&good](std::size_t at, unsigned char value) {
        Bytes changed = good;
        changed[at] = std::byte{value};
        return verdict(changed);
    };
    CHECK(with(0, 2) == "format");
    CHECK(with(1, 0) == "role");
    CHECK(with(1, 3) == "role");
    CHECK(with(2, 2) == "size");
    CHECK(with(2, 4) == "size");
    CHECK(with(3, 0) == "version");
    CHECK(with(3, 255) == "ok");
    CHECK(with(76, ',') == "name");
    CHECK(with(76, 0xFF) == "name");
}

TEST_CASE("no strict prefix of a card is a card, nor is a card with a byte behind") {
    Bytes card = finished(bobsBody());
    for (std::size_t n = 0; n < card.size(); ++n)
        CHECK(verdict(BytesView(card).first(n)) == "size");
    card.push_back(std::byte{0});
    CHECK(verdict(card) == "size");
}
