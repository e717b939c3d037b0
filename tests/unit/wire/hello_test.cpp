// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/hello.hpp"

#include "libim/wire/classic_codec.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/wire/support.hpp"

using namespace im;
using namespace im::wire;

namespace {

std::u16string helloText() {
    std::u16string text = u"hello,1a2b3c4d,0.0.0.0:0,";
    text.resize(128, u' ');
    return text;
}

}  // namespace

TEST_CASE("hello is 256 bytes of UTF-16LE with three classic fields") {
    CHECK(encodeHello(0x1A2B3C4D) == test::utf16le(helloText()));
    CHECK(decodeHello(encodeHello(0x1A2B3C4D)) == 0x1A2B3C4D);
}

TEST_CASE("hello is an unknown verb to our classic side, not a broken message") {
    CHECK(test::decoded(encodeHello(7)) == "unknown verb");
    CHECK_FALSE(isSealed(encodeHello(7)));
}

TEST_CASE("a hello that could be answered with more than was sent is no hello") {
    std::u16string text = helloText();
    text.pop_back();
    CHECK_FALSE(decodeHello(test::utf16le(text)));
    text.resize(256, u' ');
    CHECK(decodeHello(test::utf16le(text)));
    text.push_back(u' ');
    CHECK_FALSE(decodeHello(test::utf16le(text)));
}

TEST_CASE("a hello with any other byte in it is no hello") {
    const Bytes good = encodeHello(0x11111111);
    for (std::size_t i = 0; i < good.size(); ++i) {
        Bytes changed = good;
        changed[i] ^= std::byte{0x80};
        CHECK_FALSE(decodeHello(changed));
    }
    Bytes odd = good;
    odd.push_back(std::byte{0});
    CHECK_FALSE(decodeHello(odd));
}

TEST_CASE("a hello for the index zero is no hello") {
    std::u16string text = helloText();
    text.replace(6, 8, u"00000000");
    CHECK_FALSE(decodeHello(test::utf16le(text)));
}
