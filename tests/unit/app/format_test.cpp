// SPDX-License-Identifier: BSL-1.0
#include "libim/app/format.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/support.hpp"

using namespace im::app;
using im::app::test::errorOf;

namespace {

/// Literals in brackets, fields as "letter index/width/flags".
std::string parsed(std::string_view text) {
    std::string out;
    const Format format = Format::parse(text);
    for (const Format::Piece& piece : format.pieces()) {
        if (!piece.isField) {
            out += "[" + piece.literal + "]";
            continue;
        }
        out += "<" + std::to_string(static_cast<int>(piece.field));
        if (piece.width != 0) out += (piece.left ? " -" : " ") + std::to_string(piece.width);
        out += piece.raw ? " raw>" : ">";
    }
    return out;
}

std::string refused(std::string_view text) {
    return errorOf([text] { (void)Format::parse(text); });
}

}  // namespace

TEST_CASE("each letter names its field") {
    CHECK(parsed("%t%y%u%k%e%i%s%m%l%n") == "<0><1><2><3><4><5><6><7><8><9>");
}

TEST_CASE("%% and the backslash escapes are literal") {
    CHECK(parsed("100%% \\n\\t\\\\") == "[100% \n\t\\]");
    CHECK(parsed("a\\0b") == "[a" + std::string(1, '\0') + "b]");
    CHECK(parsed("%%m") == "[%m]");
    CHECK(parsed("\\\\n") == "[\\n]");
}

TEST_CASE("everything else stands for itself") {
    CHECK(parsed("") == "");
    CHECK(parsed("天 \"x\"\x01") == "[天 \"x\"\x01]");
    CHECK(parsed("<%u> %m") == "[<]<2>[> ]<7>");
}

TEST_CASE("a field may have a width and be raw") {
    CHECK(parsed("%10u") == "<2 10>");
    CHECK(parsed("%-10u") == "<2 -10>");
    CHECK(parsed("%rm") == "<7 raw>");
    CHECK(parsed("%-10rm") == "<7 -10 raw>");
    CHECK(parsed("%9999u") == "<2 9999>");
}

TEST_CASE("an unknown directive is refused") {
    CHECK(refused("%q") == "64 --format: unknown directive %q");
    CHECK(refused("%") == "64 --format: unknown directive %");
    CHECK(refused("a%5") == "64 --format: unknown directive %5");
    CHECK(refused("%r") == "64 --format: unknown directive %r");
    CHECK(refused("%rrm") == "64 --format: unknown directive %rrm");
    CHECK(refused("%r5m") == "64 --format: unknown directive %r5m");
    CHECK(refused("%-u") == "64 --format: unknown directive %-u");
    CHECK(refused("%0u") == "64 --format: unknown directive %0u");
    CHECK(refused("%05u") == "64 --format: unknown directive %05u");
    CHECK(refused("%10000u") == "64 --format: unknown directive %10000u");
    CHECK(refused("%5%") == "64 --format: unknown directive %5%");
    CHECK(refused("%U") == "64 --format: unknown directive %U");
}

TEST_CASE("an unknown escape is refused") {
    CHECK(refused("\\x") == "64 --format: unknown escape \\x");
    CHECK(refused("a\\") == "64 --format: unknown escape \\");
}
