// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/talk_text.hpp"
#include "libim/wire/classic_codec.hpp"
#include "libim/wire/utf16.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/talk/listener_story.hpp"

using namespace im;
using namespace im::talk;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    while (times-- > 0) all += text;
    return all;
}

}  // namespace

TEST_CASE("Any valid UTF-8 up to 32,000 UTF-16 units can be sent") {
    CHECK_FALSE(whyNotSendable(""));
    CHECK_FALSE(whyNotSendable("one,two,,three\r\n\t\x1B[0m"));
    CHECK_FALSE(whyNotSendable("你好，世界！😀"));
    CHECK_FALSE(whyNotSendable(repeated("x", 32'000)));
    CHECK_FALSE(whyNotSendable(repeated("世", 32'000)));
    CHECK_FALSE(whyNotSendable(repeated("😀", 16'000)));
    CHECK_FALSE(whyNotSendable(std::string_view("a\0b", 3)));
}

TEST_CASE("A text of more than 32,000 UTF-16 units cannot be sent") {
    CHECK(whyNotSendable(repeated("x", 32'001)) == "longer than 32000 UTF-16 units");
    CHECK(whyNotSendable(repeated("世", 32'001)) == "longer than 32000 UTF-16 units");
    CHECK(whyNotSendable(repeated("😀", 16'000) + "x") == "longer than 32000 UTF-16 units");
}

TEST_CASE("A text that is not valid UTF-8 cannot be sent, however long it is") {
    for (std::string_view bad : {"\xFF", "a\xC3", "\xED\xA0\x80", "\xC0\xAF", "\xF4\x90\x80\x80"}) {
        CHECK(whyNotSendable(bad) == "not valid UTF-8");
        CHECK(whyNotSendable(repeated("x", 40'000).append(bad)) == "not valid UTF-8");
    }
}

TEST_CASE("Wide commas take the place of commas and of nothing else") {
    CHECK(withWideCommas("one,two,,three") == "one，two，，three");
    CHECK(withWideCommas("你好，a;b:c") == "你好，a;b:c");
    CHECK(withWideCommas("").empty());
}

TEST_CASE("Wide commas make no text too long") {
    const auto talk = makeTalk(name("bob"), "12:00:00", repeated(",", 32'000), Commas::Wide);
    REQUIRE(talk);
    CHECK(wire::utf16Units(talk->text) == 32'000);
}

TEST_CASE("makeTalk keeps commas unless they shall be wide") {
    CHECK(makeTalk(name("bob"), "12:00:00", "a,b", Commas::Keep)->text == "a,b");
    CHECK(makeTalk(name("bob"), "12:00:00", "a,b", Commas::Wide)->text == "a，b");
}

TEST_CASE("makeTalk says why it makes none") {
    const auto talk = makeTalk(name("bob"), "12:00:00", "\xFF", Commas::Keep);
    REQUIRE_FALSE(talk);
    CHECK(talk.error() == "not valid UTF-8");
}

TEST_CASE("The longest talk with the longest name fits into a datagram and comes back whole") {
    const Name longest = name(repeated("n", Name::kMaxBytes));
    const auto talk = makeTalk(longest, "23:59:59", repeated("😀", 16'000), Commas::Keep);
    REQUIRE(talk);
    const Bytes datagram = wire::encodeClassic(*talk);
    CHECK(datagram.size() <= wire::kMaxDatagram);
    const auto back = wire::decodeClassic(datagram);
    REQUIRE(back);
    CHECK(std::get<wire::Talk>(*back) == *talk);
}
