// SPDX-License-Identifier: BSL-1.0
#include "libim/app/input.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/support.hpp"

using namespace im;
using namespace im::app;
using im::app::test::errorOf;
using im::app::test::Pipe;

namespace {

constexpr std::size_t kNoLimit = std::size_t{1} << 30U;
using Texts = std::vector<std::string>;

/// Every record of `bytes`; a cut one has "..." behind it.
Texts records(std::string_view bytes, Framing framing, std::size_t limit = kNoLimit) {
    Pipe pipe;
    pipe.put(bytes);
    pipe.closeWriter();
    Input input(pipe.reader(), framing, limit);
    Texts all;
    while (const auto record = input.next())
        all.push_back(record->text + (record->tooLong ? "..." : ""));
    CHECK(input.atEnd());
    CHECK_FALSE(input.next().has_value());
    return all;
}

const std::string kNul(1, '\0');

}  // namespace

TEST_CASE("lines end in LF and the last may lack it") {
    CHECK(records("a\nb\n", Framing::Line) == Texts{"a", "b"});
    CHECK(records("a\nb", Framing::Line) == Texts{"a", "b"});
}

TEST_CASE("an empty line is an empty message, no input is none") {
    CHECK(records("\n\na\n", Framing::Line) == Texts{"", "", "a"});
    CHECK(records("", Framing::Line).empty());
}

TEST_CASE("a BOM, a CR and a NUL in a line are data") {
    CHECK(records("\xEF\xBB\xBF"
                  "a\r\n" +
                      kNul + "\n",
                  Framing::Line) == Texts{"\xEF\xBB\xBF"
                                          "a\r",
                                          kNul});
}

TEST_CASE("NUL records hold line feeds, and the last may lack its NUL") {
    CHECK(records("a\nb" + kNul + kNul + "c", Framing::Null) == Texts{"a\nb", "", "c"});
    CHECK(records("a" + kNul, Framing::Null) == Texts{"a"});
    CHECK(records("", Framing::Null).empty());
}

TEST_CASE("the whole input is one message to the last byte, even when empty") {
    CHECK(records("a\nb\n" + kNul, Framing::Whole) == Texts{"a\nb\n" + kNul});
    CHECK(records("", Framing::Whole) == Texts{""});
}

TEST_CASE("a record over the limit is cut and said, and the next one is whole") {
    CHECK(records("12345\n123456\n12\n", Framing::Line, 5) == Texts{"12345", "12345...", "12"});
    CHECK(records("123456", Framing::Line, 5) == Texts{"12345..."});
    CHECK(records("123456" + kNul + "1", Framing::Null, 5) == Texts{"12345...", "1"});
    CHECK(records("12345", Framing::Whole, 5) == Texts{"12345"});
    CHECK(records("123456", Framing::Whole, 5) == Texts{"12345..."});
    CHECK(records("\n1\n", Framing::Line, 0) == Texts{"", "..."});
}

TEST_CASE("a line without end does not grow without bound") {
    Pipe pipe;
    Input input(pipe.reader(), Framing::Line, 100);
    unsigned cut = 0;
    for (int i = 0; i < 50; ++i) {
        pipe.put(std::string(4096, 'x'));
        input.fill();
        while (const auto record = input.take()) {
            CHECK(record->text.size() == 100);
            ++cut;
        }
    }
    CHECK(cut == 1);
    pipe.put("y\nz\n");
    input.fill();
    CHECK(input.take()->text == "z");
}

TEST_CASE("a record comes as soon as it is complete") {
    Pipe pipe;
    Input input(pipe.reader(), Framing::Line, kNoLimit);
    CHECK_FALSE(input.take().has_value());
    pipe.put("one");
    input.fill();
    CHECK_FALSE(input.take().has_value());
    pipe.put("!\ntwo\nth");
    input.fill();
    CHECK(input.take()->text == "one!");
    CHECK(input.take()->text == "two");
    CHECK_FALSE(input.take().has_value());
    CHECK_FALSE(input.atEnd());
    pipe.put("ree");
    pipe.closeWriter();
    input.fill();
    input.fill();
    CHECK(input.atEnd());
    CHECK(input.take()->text == "three");
    CHECK_FALSE(input.take().has_value());
}

TEST_CASE("records longer than one read are put together") {
    const std::string big(60000, 'a');
    Pipe pipe;
    Input input(pipe.reader(), Framing::Line, kNoLimit);
    pipe.put(big);
    input.fill();
    pipe.put(big);
    input.fill();
    CHECK_FALSE(input.take().has_value());
    pipe.put("\nb\n");
    CHECK(input.next()->text == big + big);
    CHECK(input.next()->text == "b");
}

TEST_CASE("a failing read is 74") {
    Input closed(-1, Framing::Line, kNoLimit);
    CHECK(errorOf([&] { (void)closed.next(); }) == "74 stdin: bad file descriptor");
    const Pipe pipe;
    Input writeOnly(pipe.writer(), Framing::Whole, kNoLimit, "input");
    CHECK(errorOf([&] { (void)writeOnly.next(); }) == "74 input: bad file descriptor");
}
