// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/frame.hpp"

#include "libim/base/little_endian.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <string>

using namespace im;
using namespace im::wire;

namespace {

Bytes filled(std::size_t size, unsigned char with) {
    return Bytes(size, std::byte{with});
}

AddressToken token(unsigned char with) {
    AddressToken value{};
    value.fill(std::byte{with});
    return value;
}

Bytes withMac(Bytes frame, unsigned char with) {
    append(frame, filled(sizeof(Mac1), with));
    return frame;
}

Bytes initOf(std::size_t size) {
    return withMac(encodeInit(0x04030201, token(7), filled(size - kInitHeader - 16, 8)), 9);
}
Bytes respOf(std::size_t size) {
    return withMac(encodeResp(1, 2, filled(size - kRespHeader - 16, 8)), 9);
}
Bytes boxOf(std::size_t size) {
    Bytes box;
    appendBoxHeader(box, 0xFEDCBA98, 0x1122334455667788);
    append(box, filled(size - kBoxHeader, 5));
    return box;
}
Bytes hintOf(std::size_t card) {
    return encodeHint(3, token(7), filled(card, 6));
}

std::string verdict(BytesView bytes, std::size_t maxBox = kMaxUdpPayload) {
    const auto frame = parseFrame(bytes, maxBox);
    if (!frame) return std::string(toString(frame.error()));
    constexpr std::array kNames{"INIT", "RESP", "HINT", "BOX"};
    return kNames.at(frame->index());
}

bool same(BytesView a, BytesView b) {
    return std::ranges::equal(a, b);
}

}  // namespace

TEST_CASE("INIT has its fields where the protocol puts them") {
    const Bytes bytes = initOf(300);
    CHECK(asText(BytesView(bytes).first(8)) == "\xFF\xFF\x01\x01\x01\x02\x03\x04");
    const auto frame = parseFrame(bytes);
    REQUIRE(frame);
    const auto& init = std::get<InitFrame>(*frame);
    CHECK(init.sender == 0x04030201);
    CHECK(init.token == token(7));
    CHECK(same(init.noise, filled(260, 8)));
    CHECK(same(init.mac1, filled(16, 9)));
    CHECK(same(init.macced, BytesView(bytes).first(284)));
}

TEST_CASE("RESP has its fields where the protocol puts them") {
    const Bytes bytes = respOf(100);
    CHECK(same(BytesView(bytes).first(12),
               asBytes(std::string_view("\xFF\xFF\x01\x02\x01\0\0\0\x02\0\0\0", 12))));
    const auto frame = parseFrame(bytes);
    REQUIRE(frame);
    const auto& resp = std::get<RespFrame>(*frame);
    CHECK(resp.sender == 1);
    CHECK(resp.receiver == 2);
    CHECK(same(resp.noise, filled(72, 8)));
    CHECK(same(resp.mac1, filled(16, 9)));
    CHECK(same(resp.macced, BytesView(bytes).first(84)));
}

TEST_CASE("HINT is 24 bytes, with or without a card behind") {
    const auto bare = parseFrame(hintOf(0));
    REQUIRE(bare);
    CHECK(std::get<HintFrame>(*bare).receiver == 3);
    CHECK(std::get<HintFrame>(*bare).token == token(7));
    CHECK(std::get<HintFrame>(*bare).card.empty());
    const Bytes bytes = hintOf(172);
    CHECK(bytes.size() == kMaxHint);
    const auto full = parseFrame(bytes);
    REQUIRE(full);
    CHECK(same(std::get<HintFrame>(*full).card, filled(172, 6)));
}

TEST_CASE("BOX has its fields where the protocol puts them") {
    const Bytes bytes = boxOf(40);
    CHECK(asText(BytesView(bytes).first(16)) ==
          "\xFF\xFF\x01\x04\x98\xBA\xDC\xFE\x88\x77\x66\x55\x44\x33\x22\x11");
    const auto frame = parseFrame(bytes);
    REQUIRE(frame);
    const auto& box = std::get<BoxFrame>(*frame);
    CHECK(box.receiver == 0xFEDCBA98);
    CHECK(box.counter == 0x1122334455667788);
    CHECK(same(box.sealed, filled(24, 5)));
}

TEST_CASE("a frame of a size its type never has is refused") {
    CHECK(verdict(initOf(255)) == "size");
    CHECK(verdict(initOf(256)) == "INIT");
    CHECK(verdict(initOf(1152)) == "INIT");
    CHECK(verdict(initOf(1153)) == "size");
    CHECK(verdict(respOf(75)) == "size");
    CHECK(verdict(respOf(76)) == "RESP");
    CHECK(verdict(respOf(1152)) == "RESP");
    CHECK(verdict(respOf(1153)) == "size");
    CHECK(verdict(hintOf(1)) == "size");
    CHECK(verdict(hintOf(139)) == "size");
    CHECK(verdict(hintOf(140)) == "HINT");
    CHECK(verdict(hintOf(173)) == "size");
    CHECK(verdict(boxOf(31)) == "size");
    CHECK(verdict(boxOf(32)) == "BOX");
    CHECK(verdict(boxOf(1200)) == "BOX");
    CHECK(verdict(boxOf(1201)) == "size");
    CHECK(verdict(boxOf(16'384), kMaxTcpFrame) == "BOX");
    CHECK(verdict(boxOf(16'385), kMaxTcpFrame) == "size");
}

TEST_CASE("no strict prefix of the smallest frames is a frame") {
    for (const Bytes& whole : {initOf(256), respOf(76), hintOf(0), boxOf(32)})
        for (std::size_t n = 0; n < whole.size(); ++n)
            CHECK_FALSE(parseFrame(BytesView(whole).first(n)).has_value());
}

TEST_CASE("other profiles, versions and types are no frames") {
    Bytes bytes = boxOf(32);
    bytes[2] = std::byte{2};
    CHECK(verdict(bytes) == "version");
    bytes[2] = std::byte{1};
    bytes[3] = std::byte{0};
    CHECK(verdict(bytes) == "type");
    bytes[3] = std::byte{5};
    CHECK(verdict(bytes) == "type");
    bytes[0] = std::byte{0xFE};
    CHECK(verdict(bytes) == "not sealed");
    CHECK(verdict({}) == "not sealed");
}

TEST_CASE("no frame has a session index of zero") {
    for (Bytes bytes : {initOf(256), respOf(76), hintOf(0), boxOf(32)}) {
        std::fill_n(bytes.begin() + 4, 4, std::byte{0});
        CHECK(verdict(bytes) == "index zero");
    }
    Bytes resp = respOf(76);
    std::fill_n(resp.begin() + 8, 4, std::byte{0});
    CHECK(verdict(resp) == "index zero");
}
