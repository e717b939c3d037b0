// SPDX-License-Identifier: BSL-1.0
#include "libim/base/expected.hpp"

#include "tests/support/catch.hpp"

#include <memory>
#include <string>

using namespace im;

namespace {

Expected<int, std::string> half(int number) {
    if (number % 2 != 0) return Unexpected(std::string("odd"));
    return number / 2;
}

}  // namespace

TEST_CASE("Expected holds a value or the reason why there is none") {
    CHECK(half(4).has_value());
    CHECK(static_cast<bool>(half(4)));
    CHECK(*half(4) == 2);
    CHECK_FALSE(half(3).has_value());
    CHECK_FALSE(static_cast<bool>(half(3)));
    CHECK(half(3).error() == "odd");
}

TEST_CASE("Expected tells value and reason apart when both have one type") {
    const Expected<int, int> value = 1;
    const Expected<int, int> reason = Unexpected(1);
    CHECK(value.has_value());
    CHECK_FALSE(reason.has_value());
}

TEST_CASE("the value of an Expected can be changed and moved out") {
    Expected<std::string, int> text = std::string("ab");
    *text += "c";
    text->push_back('d');
    CHECK(text->size() == 4);
    const std::string moved = std::move(*text);
    CHECK(moved == "abcd");
}

TEST_CASE("Expected takes values that can only be moved") {
    Expected<std::unique_ptr<int>, int> one = std::make_unique<int>(7);
    REQUIRE(one);
    CHECK(**one == 7);
}

TEST_CASE("what a temporary Expected holds may be walked over") {
    std::string walked;
    for (const char c : *Expected<std::string, int>(std::string(64, 'x'))) walked += c;
    CHECK(walked == std::string(64, 'x'));
}
