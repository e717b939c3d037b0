// SPDX-License-Identifier: BSL-1.0
#include "libim/base/little_endian.hpp"

#include "tests/support/catch.hpp"

using namespace im;

TEST_CASE("Numbers are written with the lowest byte first") {
    Bytes out;
    appendLittleEndian(out, std::uint16_t{0x0102});
    appendLittleEndian(out, std::uint32_t{0x03040506});
    appendLittleEndian(out, std::uint64_t{0x0708090A0B0C0D0E});
    CHECK(asText(out) ==
          std::string_view("\x02\x01\x06\x05\x04\x03\x0E\x0D\x0C\x0B\x0A\x09\x08\x07"));
}

TEST_CASE("Numbers are read back from any offset") {
    Bytes out{std::byte{9}};
    appendLittleEndian(out, std::uint64_t{0xFFEEDDCCBBAA9988});
    CHECK(readLittleEndian<std::uint64_t>(out, 1) == 0xFFEEDDCCBBAA9988);
    CHECK(readLittleEndian<std::uint16_t>(out, 7) == 0xFFEE);
    CHECK(readLittleEndian<std::uint8_t>(out) == 9);
}
