// SPDX-License-Identifier: BSL-1.0
#include "libim/base/bytes.hpp"

#include "tests/support/catch.hpp"

#include <string>

using namespace im;
using namespace std::string_literals;

TEST_CASE("text and bytes are two views of the same memory") {
    const std::string text = "a\0\xFF"s;
    const BytesView bytes = asBytes(text);
    REQUIRE(bytes.size() == 3);
    CHECK(static_cast<const void*>(bytes.data()) == text.data());
    CHECK(bytes[2] == std::byte{0xFF});
    CHECK(asText(bytes) == text);
    CHECK(asText(bytes).data() == text.data());
}

TEST_CASE("no text is no bytes") {
    CHECK(asBytes("").empty());
    CHECK(asText({}).empty());
}
