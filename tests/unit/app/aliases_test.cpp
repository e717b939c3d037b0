// SPDX-License-Identifier: BSL-1.0
#include "libim/app/aliases.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/support.hpp"

using namespace im;
using namespace im::app;
using im::app::test::errorOf;

namespace {

using Members = std::vector<std::string>;

Members expanded(std::string_view text, std::string_view name) {
    return Aliases::parse(text, "aliases").expand(name);
}

std::string refused(std::string_view text, std::string_view name = "a") {
    return errorOf([&] { (void)Aliases::parse(text, "aliases").expand(name); });
}

/// a1: a2, a2: a3, ... to bob.
std::string chain(unsigned length) {
    std::string text;
    for (unsigned i = 1; i < length; ++i)
        text += "a" + std::to_string(i) + ": a" + std::to_string(i + 1) + "\n";
    return text + "a" + std::to_string(length) + ": bob\n";
}

}  // namespace

TEST_CASE("an alias stands for its members in order") {
    CHECK(expanded("oncall: bob, 天涯\n", "oncall") == Members{"bob", "天涯"});
    CHECK(expanded("a:b\n", "a") == Members{"b"});
    CHECK(expanded("all of us: bob smith ,carol", "all of us") == Members{"bob smith", "carol"});
}

TEST_CASE("what is no alias stands for itself") {
    CHECK(expanded("oncall: bob\n", "bob") == Members{"bob"});
    CHECK(expanded("oncall: bob\n", "Oncall") == Members{"Oncall"});
    CHECK(Aliases().expand("x") == Members{"x"});
    CHECK(Aliases::parse("oncall: bob\n", "f").contains("oncall"));
    CHECK_FALSE(Aliases::parse("oncall: bob\n", "f").contains("bob"));
}

TEST_CASE("a member may be user@host:port") {
    CHECK(expanded("oncall: ci@build.example:5000, bob@[::1]:7\n", "oncall") ==
          Members{"ci@build.example:5000", "bob@[::1]:7"});
}

TEST_CASE("aliases may name aliases, whatever their order in the file") {
    CHECK(expanded("all: ops, dev\nops: bob\ndev: carol, dave\n", "all") ==
          Members{"bob", "carol", "dave"});
    CHECK(expanded("dev: carol\nall: dev, bob\n", "all") == Members{"carol", "bob"});
}

TEST_CASE("nobody is in an expansion twice") {
    CHECK(expanded("a: bob, carol, bob\n", "a") == Members{"bob", "carol"});
    CHECK(expanded("all: ops, bob, dev\nops: bob\ndev: bob, carol\n", "all") ==
          Members{"bob", "carol"});
}

TEST_CASE("# begins a comment in aliases, too") {
    CHECK(expanded("# who is on call\n\n  # still\noncall: bob # not carol\n", "oncall") ==
          Members{"bob"});
    CHECK(expanded("oncall: bob#1\n", "oncall") == Members{"bob#1"});
}

TEST_CASE("aliases that name each other in a circle are refused, and the circle is shown") {
    CHECK(refused("a: a\n", "a") == "78 aliases:1: a -> a: a circle");
    const std::string_view circle = "x: bob, b\na: b\nb: c\nc: a\n";
    CHECK(refused(circle, "a") == "78 aliases:2: a -> b -> c -> a: a circle");
    CHECK(refused(circle, "x") == "78 aliases:3: b -> c -> a -> b: a circle");
}

TEST_CASE("nesting has a limit") {
    CHECK(expanded(chain(Aliases::kMaxDepth), "a1") == Members{"bob"});
    CHECK(refused(chain(Aliases::kMaxDepth + 1), "a1").find(": nested deeper than 64") !=
          std::string::npos);
    CHECK(refused(chain(20000), "a1").find(": nested deeper than 64") != std::string::npos);
}

TEST_CASE("what is wrong with an alias concerns only who names it") {
    const std::string_view text =
        "circle: circle\nbad: bob@host\ntwice: x\ntwice: y\nempty:\nfine: bob\n";
    CHECK(expanded(text, "fine") == Members{"bob"});
    CHECK(expanded(text, "carol") == Members{"carol"});
    for (const char* name : {"circle", "bad", "twice", "empty"})
        CHECK(refused(text, name).starts_with("78 aliases:"));
}

TEST_CASE("a wide graph of aliases is expanded in a moment") {
    // Each of 60 names both of the next: 2^60 paths.
    std::string text;
    for (int i = 0; i < 60; ++i) {
        const std::string next = std::to_string(i + 1);
        for (const char* side : {"x", "y"})
            text.append(side)
                .append(std::to_string(i))
                .append(": x")
                .append(next)
                .append(", y")
                .append(next)
                .append("\n");
    }
    CHECK(expanded(text, "x0") == Members{"x60", "y60"});
}

TEST_CASE("a wrong line is 78 with file and line") {
    CHECK(refused("a: b\noncall bob\n") == "78 aliases:2: not a line of 'alias: user, user'");
    CHECK(refused("a/b: bob\n") == "78 aliases:1: 'a/b': not a user name: has one of , ; : / @ \\");
    CHECK(refused(": bob\n") == "78 aliases:1: '': not a user name: empty");
    CHECK(refused("a:\n") == "78 aliases:1: '': not a user name: empty");
    CHECK(refused("a: bob,\n") == "78 aliases:1: '': not a user name: empty");
    CHECK(refused("a: bob,,carol\n") == "78 aliases:1: '': not a user name: empty");
    CHECK(refused("a: bob@host\n") == "78 aliases:1: 'bob@host': not user@host:port");
    CHECK(refused("a: bob\nb: carol\na: dave\n") == "78 aliases:3: a: defined in line 1 already");
}
