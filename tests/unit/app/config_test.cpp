// SPDX-License-Identifier: BSL-1.0
#include "libim/app/config.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/support.hpp"

#include <array>

using namespace im;
using namespace im::app;
using im::app::test::errorOf;
using im::app::test::Variable;

namespace {

constexpr Option kOwn[] = {
    {.id = 100, .letter = 'c', .name = "count", .argument = "N", .variable = "IM_TEST_COUNT"},
    {.id = 101, .name = "keep"},
    {.id = 102, .letter = 'b', .name = "bind", .argument = "ADDR", .repeatable = true},
    {.id = 103, .name = "ack", .argument = "WHEN", .kind = OptionKind::Sealed},
    {.id = 104, .letter = 'x'},
    kTimeOption,
    kJsonOption,
    kNullOption,
    kFormatOption,
};

const OptionTable& table() {
    static const OptionTable made("imlisten", kOwn);
    return made;
}

/// The settings as "name=value" words.
std::string read(std::string_view text) {
    std::string out;
    for (const Given& given : parseConfig(text, "im.conf", Source::UserFile, table())) {
        CHECK(given.source == Source::UserFile);
        out += std::string(out.empty() ? "" : " ") + given.option->name + "=" + given.value;
    }
    return out;
}

std::string refused(std::string_view text) {
    return errorOf([text] { (void)read(text); });
}

}  // namespace

TEST_CASE("the common options stand before any header, a tool's own under its name") {
    CHECK(read("server = index:7\nuser = alice\nquiet = true\nverbose = true\ncolor = never\n"
               "[imlisten]\ncount = 3\nkeep = false\ntime = local\n") ==
          "server=index:7 user=alice quiet=true verbose=true color=never "
          "count=3 keep=false time=local");
}

TEST_CASE("a tool's own option before any header is an error") {
    CHECK(refused("count = 3\n") == "78 im.conf:1: unknown option 'count'");
}

TEST_CASE("a common option in a tool's section is an error") {
    CHECK(refused("[imlisten]\nuser = bot\n") == "78 im.conf:2: unknown option 'user'");
}

TEST_CASE("verbose may stand in imindex's section, and no other common option") {
    constexpr std::array kVerboseOnly{Option{.id = im::app::kVerbose,
                                             .letter = 'v',
                                             .name = "verbose",
                                             .kind = im::app::OptionKind::Common,
                                             .repeatable = true}};
    const OptionTable own("imindex", kVerboseOnly);
    const auto given = parseConfig("[imindex]\nverbose = true\n", "f", Source::UserFile, own);
    REQUIRE(given.size() == 1);
    CHECK(given.front().option->id == im::app::kVerbose);
    CHECK(errorOf([&] {
              (void)parseConfig("[imindex]\nquiet = true\n", "f", Source::UserFile, own);
          }) == "78 f:2: unknown option 'quiet'");
    CHECK(refused("[imlisten]\nverbose = true\n") == "78 im.conf:2: unknown option 'verbose'");
}

TEST_CASE("the other tools' sections are skipped, whatever is in them") {
    CHECK(read("[imsend]\nno such = thing\n!!!\n[imlisten]\ncount=1\n[imindex]\ncount=2\n"
               "[imlogin]\n=\n") == "count=1");
}

TEST_CASE("a tool's section may come twice") {
    CHECK(read("[imlisten]\ncount=1\n[imsend]\n[imlisten]\nkeep=true\n") == "count=1 keep=true");
}

TEST_CASE("an unknown key is an error that names file and line") {
    CHECK(refused("# one\n\nservr = x\n") == "78 im.conf:3: unknown option 'servr'");
    CHECK(refused("[imlisten]\nfoo = 1\n") == "78 im.conf:2: unknown option 'foo'");
    CHECK(refused("[imlisten]\nCount = 1\n") == "78 im.conf:2: unknown option 'Count'");
    CHECK(refused("[imlisten]\n--count = 1\n") == "78 im.conf:2: unknown option '--count'");
    CHECK(refused("[imlisten]\nc = 1\n") == "78 im.conf:2: unknown option 'c'");
    CHECK(refused("[imlisten]\n= 1\n") == "78 im.conf:2: unknown option ''");
}

TEST_CASE("a header names one of the four tools") {
    CHECK(refused("[imchat]\n").substr(0, 30) == "78 im.conf:1: '[imchat]': not ");
    CHECK(refused("[imsend\n").substr(0, 29) == "78 im.conf:1: '[imsend': not ");
    CHECK(refused("[imsend] x\n").substr(0, 32) == "78 im.conf:1: '[imsend] x': not ");
    CHECK(refused("[]\n").substr(0, 24) == "78 im.conf:1: '[]': not ");
    CHECK(read("  [ imlisten ]  # ours\ncount=1\n") == "count=1");
}

TEST_CASE("a flag is true or false and nothing else") {
    CHECK(read("quiet=false\n") == "quiet=false");
    for (const char* bad : {"yes", "1", "TRUE", "on"})
        CHECK(refused("quiet = " + std::string(bad) + "\n") ==
              "78 im.conf:1: quiet: '" + std::string(bad) + "': not true or false");
}

TEST_CASE("# begins a comment at the start of a line and after a blank") {
    CHECK(read("# all\n   # of it\nuser = alice # me\nserver = a\t#b\n") == "user=alice server=a");
    CHECK(refused("user = # x\n") == "78 im.conf:1: no value");
    CHECK(read("user = a#b\n") == "user=a#b");
}

TEST_CASE("a quoted value is taken as it stands") {
    CHECK(read("user = \" a # b \"\n") == "user= a # b ");
    CHECK(read("user = \"\"  # nothing\n") == "user=");
    CHECK(read("user = a\"b\"\n") == "user=a\"b\"");
    CHECK(refused("user = \"a\n") == "78 im.conf:1: no closing quote");
    CHECK(refused("user = \"a\" b\n") == "78 im.conf:1: text behind the closing quote");
}

TEST_CASE("blanks, TABs and a CR around key and value mean nothing") {
    CHECK(read("\t user \t=\t alice smith \t\r\nserver=h\r\n\r\n") == "user=alice smith server=h");
}

TEST_CASE("a value may hold an equals sign") {
    CHECK(read("user = a=b\n") == "user=a=b");
}

TEST_CASE("the last line may lack its LF") {
    CHECK(read("user = alice") == "user=alice");
}

TEST_CASE("a line that is no setting is an error") {
    CHECK(refused("user alice\n") == "78 im.conf:1: not a line of 'option = value'");
    CHECK(refused("user =\n") == "78 im.conf:1: no value");
}

TEST_CASE("options that act, or change the shape of records, are not for a file") {
    for (const char* key : {"help", "version", "config"})
        CHECK(refused(std::string(key) + " = x\n") ==
              "78 im.conf:1: " + std::string(key) + ": only on the command line");
    for (const char* key : {"json", "null", "format"})
        CHECK(refused("[imlisten]\n" + std::string(key) + " = true\n") ==
              "78 im.conf:2: " + std::string(key) + ": only on the command line");
}

TEST_CASE("an option of the sealed profile is refused in a file, too") {
    CHECK(refused("[imlisten]\nack = write\n") == "78 im.conf:2: ack: needs the sealed profile");
}

TEST_CASE("a repeatable option may stand in several lines") {
    CHECK(read("[imlisten]\nbind = ::1\nbind = 127.0.0.1\n") == "bind=::1 bind=127.0.0.1");
}

TEST_CASE("a value remembers file, line and key") {
    const auto given = parseConfig("\nuser = x\n", "/a/im.conf", Source::SystemFile, table());
    REQUIRE(given.size() == 1);
    CHECK(given[0].where == "/a/im.conf:2: user");
    CHECK(given[0].source == Source::SystemFile);
}

TEST_CASE("the environment gives what its variables name") {
    const Variable server("IM_SERVER", "index:7");
    const Variable user("IM_USER", "");
    const Variable config("IM_CONFIG", std::nullopt);
    const Variable count("IM_TEST_COUNT", "5");
    const auto given = readEnvironment(table());
    REQUIRE(given.size() == 2);
    for (const Given& one : given) {
        CHECK(one.source == Source::Environment);
        const bool isServer = one.option->id == kServer;
        CHECK(one.value == (isServer ? "index:7" : "5"));
        CHECK(one.where == (isServer ? "IM_SERVER" : "IM_TEST_COUNT"));
    }
}

TEST_CASE("IM_USER and IM_CONFIG stand for --user and --config") {
    CHECK(table().byName("user")->variable == std::string("IM_USER"));
    CHECK(table().byName("config")->variable == std::string("IM_CONFIG"));
    CHECK(table().byName("server")->variable == std::string("IM_SERVER"));
}
