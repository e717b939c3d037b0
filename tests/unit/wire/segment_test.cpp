// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/segment.hpp"

#include "libim/base/little_endian.hpp"
#include "libim/wire/hex.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <string_view>

using namespace im;
using namespace im::wire;
using namespace std::string_view_literals;

namespace {

DataRecord segment(std::string_view bytes) {
    DataRecord record;
    record.bytes = asBytes(bytes);
    return record;
}

DataRecord packed(std::string_view bytes) {
    DataRecord record = segment(bytes);
    record.end = record.many = true;
    return record;
}

}  // namespace

TEST_CASE("a segment with END is one message, whatever its bytes") {
    DataRecord record = segment("");
    record.end = true;
    CHECK(messagesEndingIn(record) == 1);
    record.bytes = asBytes("\xff\xff"sv);
    record.fin = true;
    CHECK(messagesEndingIn(record) == 1);
}

TEST_CASE("messages that share a segment are taken off one by one") {
    const DataRecord record = packed("\2\0hi\0\0\1\0!"sv);
    REQUIRE(messagesEndingIn(record) == 3);
    BytesView rest = record.bytes;
    CHECK(asText(takeMessage(rest)) == "hi");
    CHECK(asText(takeMessage(rest)).empty());
    CHECK(asText(takeMessage(rest)) == "!");
    CHECK(rest.empty());
}

TEST_CASE("a shared segment is on the wire as the protocol prints it") {
    DataRecord record = packed("\2\0hi\0\0\1\0!"sv);
    record.stream = 0x0807060504030201;
    record.sequence = 5;
    Bytes out;
    appendRecord(out, record);
    CHECK(toHex(out) ==
          "03051500"
          "0102030405060708"
          "05000000"
          "020068690000010021");
    const auto records = Records::parse(out);
    REQUIRE(records);
    CHECK(std::get<DataRecord>(*records->begin()) == record);
}

TEST_CASE("a shared segment whose lengths do not add up is none") {
    CHECK_FALSE(messagesEndingIn(packed(""sv)));
    CHECK_FALSE(messagesEndingIn(packed("\2\0hi"sv)));  // one message is not many
    CHECK_FALSE(messagesEndingIn(packed("\2\0hi\1"sv)));
    CHECK_FALSE(messagesEndingIn(packed("\2\0hi\1\0"sv)));
    DataRecord open = packed("\2\0hi\0\0"sv);
    CHECK(messagesEndingIn(open) == 2);
    open.end = false;
    CHECK_FALSE(messagesEndingIn(open));
}

TEST_CASE("a message that goes on fills its segment") {
    const std::string full(kMaxSegment, 'x');
    CHECK(messagesEndingIn(segment(full)) == 0);
    CHECK_FALSE(messagesEndingIn(segment(full.substr(1))));
    DataRecord last = segment("");
    CHECK_FALSE(messagesEndingIn(last));
    last.fin = true;
    CHECK(messagesEndingIn(last) == 0);
}

TEST_CASE("where a stream goes on is told by eight bytes, and is no segment") {
    Bytes out;
    appendFrom(out, 7, 12, 345);
    CHECK(toHex(out) == "0308140007000000000000000c0000005901000000000000");
    const auto records = Records::parse(out);
    REQUIRE(records);
    const auto from = std::get<DataRecord>(*records->begin());
    CHECK(from.stream == 7);
    CHECK(from.sequence == 12);
    CHECK(messagesBefore(from) == 345);
    CHECK_FALSE(messagesEndingIn(from));

    DataRecord other = from;
    other.end = true;
    CHECK_FALSE(messagesBefore(other));
    other = from;
    other.bytes = other.bytes.first(7);
    CHECK_FALSE(messagesBefore(other));
    other = from;
    other.from = false;
    CHECK_FALSE(messagesBefore(other));
}
