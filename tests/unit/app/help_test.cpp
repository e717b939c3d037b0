// SPDX-License-Identifier: BSL-1.0
#include "libim/app/tool.hpp"

#include "tests/support/catch.hpp"

using namespace im::app;

namespace {

constexpr Option kOwn[] = {
    {.id = 100, .letter = 'c', .name = "count", .argument = "N", .help = "stop after N"},
    {.id = 101, .name = "keep", .help = "keep the login"},
    {.id = 102, .letter = 'x', .help = "by letter only"},
    {.id = 103,
     .name = "an-option-with-a-long-name",
     .argument = "VALUE",
     .help = "stands on its own line"},
    {.id = 105, .name = "exactly-so", .argument = "ABCDEFGHI", .help = "just fits"},
    {.id = 104,
     .letter = 'a',
     .name = "ask",
     .help = "wait for the reply",
     .kind = OptionKind::Sealed},
};
constexpr const char* kSynopsis[] = {"[options] USER...", "-l"};
constexpr const char* kExamples[] = {"imtest bob", "imtest -c 3", "imtest -l | wc -l"};
constexpr ToolInfo kInfo{.name = "imtest",
                         .section = 1,
                         .purpose = "try things",
                         .synopsis = kSynopsis,
                         .options = kOwn,
                         .examples = kExamples};

constexpr Option kPlainOptions[] = {{.id = 100, .name = "keep", .help = "keep the login"}};
constexpr ToolInfo kPlain{.name = "implain",
                          .section = 8,
                          .purpose = "be plain",
                          .synopsis = kSynopsis,
                          .options = kPlainOptions,
                          .examples = kExamples};

std::size_t place(const std::string& text) {
    return helpText(kInfo).find(text);
}

}  // namespace

TEST_CASE("help begins with one line of purpose and the synopsis") {
    CHECK(place("imtest - try things\n\nusage: imtest [options] USER...\n       imtest -l\n") == 0);
}

TEST_CASE("help lists every option with its letter, name and argument") {
    for (const char* line :
         {"\n  -c, --count=N               stop after N\n",
          "\n      --keep                  keep the login\n",
          "\n  -x                          by letter only\n",
          "\n      --exactly-so=ABCDEFGHI  just fits\n",
          "\n  -s, --server=HOST[:PORT]    the index (default port 4649)\n", "\n  -q, --quiet ",
          "\n  -v, --verbose ", "\n  -h, --help ", "\n  -V, --version ", "\n  -C, --config=FILE ",
          "\n  -u, --user=NAME ", "\n      --color=auto|always|never\n",
          "\n                              colour records (default auto)\n",
          "\n      --an-option-with-a-long-name=VALUE\n",
          "\n                              stands on its own line\n",
          "\n  -a, --ask                   wait for the reply\n"}) {
        INFO(line);
        CHECK(place(line) != std::string::npos);
    }
}

TEST_CASE("options of the sealed profile stand under their own heading") {
    CHECK(place("\noptions:\n") < place("-c, --count"));
    CHECK(place("-c, --count") < place("\noptions of all tools:\n"));
    CHECK(place("\noptions of all tools:\n") < place("-s, --server"));
    CHECK(place("-V, --version") < place("\nsealed profile (not in this release):\n"));
    CHECK(place("\nsealed profile (not in this release):\n") < place("-a, --ask"));
    CHECK(helpText(kPlain).find("sealed") == std::string::npos);
}

TEST_CASE("help ends with three examples and the name of the manual page") {
    const std::string end =
        "\nexamples:\n  imtest bob\n  imtest -c 3\n  imtest -l | wc -l\n\nmanual: imtest(1)\n";
    const std::string help = helpText(kInfo);
    REQUIRE(help.size() > end.size());
    CHECK(help.substr(help.size() - end.size()) == end);
    CHECK(helpText(kPlain).find("\nmanual: implain(8)\n") != std::string::npos);
}

TEST_CASE("the version is the program's name and a number") {
    const std::string text = versionText(kInfo);
    CHECK(text.substr(0, 7) == "imtest ");
    CHECK(text.find_first_not_of("0123456789.", 7) == text.size() - 1);
    CHECK(text.size() > 8);
    CHECK(text.back() == '\n');
}

TEST_CASE("the worse status is in the order 77, 65, 67, 69, 75") {
    const int order[] = {77, 65, 67, 68, 69, 71, 75, 0};
    for (std::size_t a = 0; a < std::size(order); ++a)
        for (std::size_t b = a; b < std::size(order); ++b) {
            CHECK(worseStatus(order[a], order[b]) == order[a]);
            CHECK(worseStatus(order[b], order[a]) == order[a]);
        }
    CHECK(worseStatus(71, 74) == 71);  // the first of those without a rank
}
