// SPDX-License-Identifier: BSL-1.0
#include "libim/app/options.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/support.hpp"

#include <set>

using namespace im;
using namespace im::app;
using im::app::test::Args;
using im::app::test::errorOf;

namespace {

constexpr Option kOwn[] = {
    {.id = 100, .letter = 'c', .name = "count", .argument = "N", .help = "stop after N"},
    {.id = 101, .letter = 'k', .name = "keep", .help = "keep it"},
    {.id = 102, .name = "keepalive", .argument = "DUR", .help = "stay"},
    {.id = 103,
     .letter = 'f',
     .name = "from",
     .argument = "USER",
     .help = "only",
     .repeatable = true},
    {.id = 104, .letter = 'a', .name = "ask", .help = "wait", .kind = OptionKind::Sealed},
    {.id = 105, .name = "ack", .argument = "WHEN", .help = "when", .kind = OptionKind::Sealed},
    {.id = 106, .letter = 'x', .help = "by letter only"},
    {.id = 107, .letter = 'y', .help = "sealed letter", .kind = OptionKind::Sealed},
    {.id = 108,
     .letter = 'r',
     .name = "re",
     .argument = "ID",
     .help = "a reply",
     .kind = OptionKind::Sealed},
    kNullOption,
};

const OptionTable& table() {
    static const OptionTable made("imtest", kOwn);
    return made;
}

/// The options as "name=value" words, then "|" and the operands.
std::string parsed(std::initializer_list<const char*> words) {
    Args args(words);
    const CommandLine line = parseCommandLine(args.count(), args.argv(), table());
    std::string out;
    for (const Given& given : line.options) {
        CHECK(given.source == Source::CommandLine);
        out += given.option->name != nullptr ? given.option->name : "-";
        out += "=" + given.value + " ";
    }
    out += "|";
    for (const std::string_view operand : line.operands) out += " " + std::string(operand);
    return out;
}

std::string refused(std::initializer_list<const char*> words) {
    return errorOf([&] { (void)parsed(words); });
}

bool showsUsage(std::initializer_list<const char*> words) {
    try {
        (void)parsed(words);
    } catch (const UsageError&) {
        return true;
    } catch (const Error&) {
        return false;
    }
    return false;
}

}  // namespace

TEST_CASE("short options bundle") {
    CHECK(parsed({"imtest", "-qv"}) == "quiet=true verbose=true |");
    CHECK(parsed({"imtest", "-kqc3"}) == "keep=true quiet=true count=3 |");
    CHECK(parsed({"imtest", "-0q"}) == "null=true quiet=true |");
}

TEST_CASE("values attach, to the letter and with = to the long name") {
    CHECK(parsed({"imtest", "-c3"}) == "count=3 |");
    CHECK(parsed({"imtest", "--count=3"}) == "count=3 |");
    CHECK(parsed({"imtest", "-c=3"}) == "count==3 |");
    CHECK(parsed({"imtest", "--count="}) == "count= |");
    CHECK(parsed({"imtest", "--count=a=b"}) == "count=a=b |");
}

TEST_CASE("a value may be the next argument, even with a dash") {
    CHECK(parsed({"imtest", "-c", "3", "bob"}) == "count=3 | bob");
    CHECK(parsed({"imtest", "--count", "3"}) == "count=3 |");
    CHECK(parsed({"imtest", "-c", "-q"}) == "count=-q |");
    CHECK(parsed({"imtest", "--count", "--qui"}) == "count=--qui |");
}

TEST_CASE("The operand -- ends the options") {
    CHECK(parsed({"imtest", "-q", "--", "-v", "--count"}) == "quiet=true | -v --count");
    CHECK(parsed({"imtest", "--", "--"}) == "| --");
}

TEST_CASE("the first operand ends the options") {
    CHECK(parsed({"imtest", "bob", "disk", "-q"}) == "| bob disk -q");
    CHECK(parsed({"imtest", "-q", "bob", "--", "--unknown"}) == "quiet=true | bob -- --unknown");
    CHECK(parsed({"imtest", "-", "-q"}) == "| - -q");
    CHECK(parsed({"imtest", "", "-q"}) == "|  -q");
}

TEST_CASE("abbreviated long options are refused") {
    CHECK(refused({"imtest", "--quie"}) == "64 unknown option --quie");
    CHECK(refused({"imtest", "--cou=3"}) == "64 unknown option --cou");
    CHECK(refused({"imtest", "--q"}) == "64 unknown option --q");
    CHECK(refused({"imtest", "-q", "--v"}) == "64 unknown option --v");
}

TEST_CASE("a long name that begins another one is itself") {
    CHECK(parsed({"imtest", "--keep"}) == "keep=true |");
    CHECK(parsed({"imtest", "--keepalive=1s"}) == "keepalive=1s |");
}

TEST_CASE("an unknown option is a usage error") {
    CHECK(refused({"imtest", "--foo"}) == "64 unknown option --foo");
    CHECK(refused({"imtest", "--foo=bar"}) == "64 unknown option --foo");
    CHECK(refused({"imtest", "--=bar"}) == "64 unknown option --");
    CHECK(refused({"imtest", "-Z"}) == "64 unknown option -Z");
    CHECK(refused({"imtest", "-qZ"}) == "64 unknown option -Z");
    CHECK(refused({"imtest", "-:"}) == "64 unknown option -:");
    CHECK(refused({"imtest", "-\xC3\xA9"}) == "64 unknown option -\xC3");
    CHECK(showsUsage({"imtest", "--foo"}));
    CHECK(showsUsage({"imtest", "-Z"}));
}

TEST_CASE("long names are case-sensitive and take no colon") {
    CHECK(refused({"imtest", "--COUNT=3"}) == "64 unknown option --COUNT");
    CHECK(refused({"imtest", "--count:3"}) == "64 unknown option --count:3");
}

TEST_CASE("a missing value is said in our words") {
    CHECK(refused({"imtest", "--count"}) == "64 --count: needs a value, N");
    CHECK(refused({"imtest", "-c"}) == "64 --count: needs a value, N");
    CHECK(refused({"imtest", "-qc"}) == "64 --count: needs a value, N");
    CHECK(showsUsage({"imtest", "-c"}));
}

TEST_CASE("a flag takes no value") {
    CHECK(refused({"imtest", "--quiet=yes"}) == "64 --quiet: takes no value");
    CHECK(refused({"imtest", "--keep="}) == "64 --keep: takes no value");
    CHECK(showsUsage({"imtest", "--keep=1"}));
}

TEST_CASE("an option of the sealed profile is refused by name") {
    CHECK(refused({"imtest", "--ack=write"}) == "64 --ack: needs the sealed profile");
    CHECK(refused({"imtest", "--ack", "write"}) == "64 --ack: needs the sealed profile");
    CHECK(refused({"imtest", "--ack"}) == "64 --ack: needs the sealed profile");
    CHECK(refused({"imtest", "--ask"}) == "64 --ask: needs the sealed profile");
    CHECK(refused({"imtest", "-a"}) == "64 --ask: needs the sealed profile");
    CHECK(refused({"imtest", "-qa"}) == "64 --ask: needs the sealed profile");
    CHECK(refused({"imtest", "-r"}) == "64 --re: needs the sealed profile");
    CHECK(refused({"imtest", "-rID"}) == "64 --re: needs the sealed profile");
    CHECK(refused({"imtest", "-y"}) == "64 -y: needs the sealed profile");
    CHECK_FALSE(showsUsage({"imtest", "--ack=write"}));
}

TEST_CASE("an option may have a letter only") {
    CHECK(parsed({"imtest", "-x", "bob"}) == "-=true | bob");
}

TEST_CASE("Options --help and --version stop the parser where they stand") {
    Args args({"imtest", "-q", "--help", "--unknown"});
    const CommandLine line = parseCommandLine(args.count(), args.argv(), table());
    REQUIRE(line.stopped);
    CHECK(line.options.back().option->id == kHelp);
    CHECK(refused({"imtest", "--unknown", "--help"}) == "64 unknown option --unknown");
    Args version({"imtest", "-V"});
    CHECK(parseCommandLine(version.count(), version.argv(), table()).stopped);
    Args neither({"imtest", "-q"});
    CHECK_FALSE(parseCommandLine(neither.count(), neither.argv(), table()).stopped);
}

TEST_CASE("options come in the order given, each as often as given") {
    CHECK(parsed({"imtest", "-f", "bob", "-v", "--from=!carol", "-v"}) ==
          "from=bob verbose=true from=!carol verbose=true |");
}

TEST_CASE("the parser leaves argv as it was and begins anew each time") {
    Args args({"imtest", "-q", "bob", "-v"});
    for (int round = 0; round < 2; ++round) {
        const CommandLine line = parseCommandLine(args.count(), args.argv(), table());
        CHECK(line.options.size() == 1);
        CHECK(line.operands.size() == 2);
        for (std::size_t i = 0; i < args.words().size(); ++i)
            CHECK(args.argv()[i] == args.words()[i].data());
    }
    (void)refused({"imtest", "-qZv"});  // leaves getopt in the middle of a bundle
    CHECK(parsed({"imtest", "-k"}) == "keep=true |");
}

TEST_CASE("no argument at all is no option and no operand") {
    CHECK(parsed({"imtest"}) == "|");
    CHECK(parsed({}) == "|");
}

TEST_CASE("the common options are in every table") {
    const OptionTable bare("imtest", {});
    std::set<std::string> names;
    for (const Option* option : bare.all()) names.insert(option->name);
    CHECK(names == std::set<std::string>{"server", "user", "config", "quiet", "verbose", "color",
                                         "help", "version"});
    const std::pair<char, const char*> letters[] = {
        {'s', "server"},  {'u', "user"}, {'C', "config"}, {'q', "quiet"},
        {'v', "verbose"}, {'h', "help"}, {'V', "version"}};
    for (const auto& [letter, name] : letters) {
        CHECK(bare.byLetter(letter) != nullptr);
        CHECK(bare.byLetter(letter) == bare.byName(name));
    }
    CHECK(bare.byName("color")->letter == 0);
    CHECK(bare.byLetter('\0') == nullptr);
}

TEST_CASE("an own option stands in the place of a common one") {
    constexpr Option kLoud[] = {
        {.id = kVerbose, .letter = 'v', .name = "verbose", .help = "print receipts"}};
    const OptionTable loud("imtest", kLoud);
    CHECK(loud.byLetter('v')->help == std::string("print receipts"));
    CHECK(loud.all().size() == commonOptions().size());
    constexpr Option kByLetter[] = {{.id = 100, .letter = 's', .name = "speed", .help = "own"}};
    const OptionTable byLetter("imtest", kByLetter);
    CHECK(byLetter.byLetter('s')->name == std::string("speed"));
    CHECK(byLetter.byName("server") == nullptr);
    constexpr Option kByName[] = {{.id = 100, .letter = 'S', .name = "server", .help = "own"}};
    const OptionTable byName("imtest", kByName);
    CHECK(byName.byName("server")->letter == 'S');
    CHECK(byName.byLetter('s') == nullptr);
}

TEST_CASE("a wrong value is 64 from the command line and the environment, 78 from a file") {
    const Option option{.id = 100, .name = "count", .argument = "N"};
    const auto status = [&option](Source source) {
        return errorOf([&] { throw wrongValue({&option, "x", source, "WHERE"}, "not a number"); });
    };
    CHECK(status(Source::CommandLine) == "64 WHERE: 'x': not a number");
    CHECK(status(Source::Environment) == "64 WHERE: 'x': not a number");
    CHECK(status(Source::UserFile) == "78 WHERE: 'x': not a number");
    CHECK(status(Source::SystemFile) == "78 WHERE: 'x': not a number");
}
