// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/record.hpp"

#include "libim/base/little_endian.hpp"
#include "libim/wire/frame.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace im;
using namespace im::wire;
using namespace std::string_view_literals;

namespace {

std::vector<Record> all(BytesView bytes) {
    const auto records = Records::parse(bytes);
    REQUIRE(records);
    std::vector<Record> list;
    for (const Record& record : *records) list.push_back(record);
    return list;
}

std::string verdict(std::string_view bytes) {
    const auto records = Records::parse(asBytes(bytes));
    return records ? "ok" : std::string(toString(records.error()));
}

template <typename R>
Bytes encoded(const R& record) {
    Bytes out;
    appendRecord(out, record);
    return out;
}

/// kind, flags and a body of `length` bytes.
std::string raw(char kind, unsigned flags, std::size_t length) {
    Bytes out{static_cast<std::byte>(kind), static_cast<std::byte>(flags)};
    appendLittleEndian(out, static_cast<std::uint16_t>(length));
    out.resize(out.size() + length);
    return std::string(asText(out));
}

}  // namespace

TEST_CASE("each record comes back as it was written") {
    const Bytes card(150, std::byte{5});
    const Bytes frame(300, std::byte{6});
    const PingBytes opaque{std::byte{1}, std::byte{2}};
    Bytes out;
    appendRecord(out, CardRecord{card});
    appendRecord(out, TextRecord{"lookup,1,bob"});
    appendRecord(out, DataRecord{1, 2, true, false, asBytes("hi")});
    appendRecord(out, DataRecord{1, 3, false, true, {}});
    appendRecord(out, AckRecord{1, 2, 3, 4, 5, 6, true});
    appendRecord(out, RelayRecord{7, frame});
    appendRecord(out, PingRecord{opaque});
    appendRecord(out, PongRecord{opaque, 99});
    appendRecord(out, CloseRecord{CloseCode::Replaced, "elsewhere"});
    padRecords(out, 2'000);
    CHECK(out.size() == 2'000);
    const std::vector<Record> expected{CardRecord{card},
                                       TextRecord{"lookup,1,bob"},
                                       DataRecord{1, 2, true, false, asBytes("hi")},
                                       DataRecord{1, 3, false, true, {}},
                                       AckRecord{1, 2, 3, 4, 5, 6, true},
                                       RelayRecord{7, frame},
                                       PingRecord{opaque},
                                       PongRecord{opaque, 99},
                                       CloseRecord{CloseCode::Replaced, "elsewhere"}};
    CHECK((all(out) == expected));
}

TEST_CASE("DATA and ACK are on the wire as the protocol writes them") {
    CHECK(asText(encoded(DataRecord{0x0807060504030201, 0x0C0B0A09, true, true, asBytes("x")})) ==
          "\x03\x03\x0D\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0Cx"sv);
    CHECK(
        asText(encoded(AckRecord{1, 2, 3, 4, 5, 6})) ==
        "\x04\0\x20\0\x01\0\0\0\0\0\0\0\x02\0\0\0\x03\0\0\0\0\0\0\0\x04\0\x05\0\x06\0\0\0\0\0\0\0"sv);
    CHECK(asText(encoded(AckRecord{1, 2, 3, 4, 5, 6, true})).substr(0, 4) == "\x04\x01\x20\0"sv);
    CHECK(asText(encoded(CloseRecord{CloseCode::Denied, "no"})) == "\x08\0\x03\0\x04no"sv);
}

TEST_CASE("the largest segment fills a peer frame exactly") {
    const Bytes segment(kMaxSegment);
    CHECK(encoded(DataRecord{1, 2, true, false, segment}).size() + kBoxOverhead == kMaxPeerFrame);
}

TEST_CASE("records cut anywhere are refused as a whole") {
    const Bytes one = encoded(PingRecord{});
    const Bytes two = encoded(AckRecord{});
    Bytes both = one;
    append(both, two);
    for (std::size_t n = 1; n < both.size(); ++n)
        if (n != one.size()) CHECK(verdict(asText(BytesView(both).first(n))) == "truncated");
    CHECK(verdict("") == "ok");
}

TEST_CASE("a body of a size its kind never has is refused") {
    CHECK(verdict(raw(1, 0, 139)) == "size");
    CHECK(verdict(raw(1, 0, 173)) == "size");
    CHECK(verdict(raw(3, 0, 11)) == "size");
    CHECK(verdict(raw(3, 0, 12 + 1'105)) == "size");
    CHECK(verdict(raw(4, 0, 31)) == "size");
    CHECK(verdict(raw(4, 0, 33)) == "size");
    CHECK(verdict(raw(5, 0, 27)) == "size");
    CHECK(verdict(raw(5, 0, 4 + 1'153)) == "size");
    CHECK(verdict(raw(6, 0, 7)) == "size");
    CHECK(verdict(raw(6, 0, 9)) == "size");
    CHECK(verdict(raw(7, 0, 15)) == "size");
    CHECK(verdict(raw(7, 0, 17)) == "size");
    CHECK(verdict(raw(8, 0, 0)) == "size");
}

TEST_CASE("flags that a kind does not have are refused") {
    for (const int kind : {1, 2, 5, 6, 7, 8})
        CHECK(verdict(raw(static_cast<char>(kind), 1, 32)) == "flags");
    CHECK(verdict(raw(3, 16, 12)) == "flags");
    CHECK(verdict(raw(4, 2, 32)) == "flags");
    CHECK(verdict(raw(3, 0x80, 12)) == "flags");
    CHECK(verdict(raw(3, 15, 12)) == "ok");
}

TEST_CASE("unknown kinds are skipped unless they are marked") {
    Bytes out;
    append(out, asBytes(raw(9, 0x7F, 3)));
    appendRecord(out, TextRecord{"a"});
    append(out, asBytes(raw(static_cast<char>(0xFF), 0, 0)));
    CHECK((all(out) == std::vector<Record>{TextRecord{"a"}}));
    CHECK(verdict(raw(9, 0x80, 3)) == "unknown kind");
}

TEST_CASE("a marked unknown kind behind known ones refuses the whole frame") {
    CHECK(verdict(std::string(asText(encoded(TextRecord{"a"}))) + raw(9, 0x80, 0)) ==
          "unknown kind");
}

TEST_CASE("padding is zero to the end of the frame, of any length") {
    const std::string ping(asText(encoded(PingRecord{})));
    for (std::size_t n = 1; n < 10; ++n) {
        CHECK(all(asBytes(ping + std::string(n, '\0'))).size() == 1);
        CHECK(verdict(ping + std::string(n, '\0') + "\x01") == "padding");
    }
}

TEST_CASE("padRecords does not shorten") {
    Bytes out(20, std::byte{1});
    padRecords(out, 10);
    CHECK(out.size() == 20);
}
