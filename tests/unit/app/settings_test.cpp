// SPDX-License-Identifier: BSL-1.0
#include "libim/app/settings.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/support.hpp"

#include <limits>

using namespace im;
using namespace im::app;
using namespace std::chrono_literals;
using im::app::test::errorOf;

namespace {

constexpr Option kCount{.id = 100, .letter = 'c', .name = "count", .argument = "N"};
constexpr Option kBind{
    .id = 101, .letter = 'b', .name = "bind", .argument = "ADDR", .repeatable = true};
constexpr Option kLoud{.id = 102, .letter = 'v', .name = "loud", .repeatable = true};

Given given(const Option& option, const char* value, Source source = Source::CommandLine) {
    const char* where = source == Source::Environment   ? "IM_COUNT"
                        : source == Source::CommandLine ? "--count"
                                                        : "im.conf:3: count";
    return {&option, value, source, where};
}

Settings one(const char* value) {
    return Settings({given(kCount, value)});
}

}  // namespace

TEST_CASE("the command line goes before the environment, the user's file and the system's") {
    const Given system = given(kCount, "4", Source::SystemFile);
    const Given user = given(kCount, "3", Source::UserFile);
    const Given environment = given(kCount, "2", Source::Environment);
    const Given line = given(kCount, "1");
    CHECK(Settings({system, user, environment, line}).text(100) == "1");
    CHECK(Settings({line, environment, user, system}).text(100) == "1");
    CHECK(Settings({system, environment, user}).text(100) == "2");
    CHECK(Settings({system, user}).text(100) == "3");
    CHECK(Settings({system}).text(100) == "4");
    CHECK(Settings().text(100, "5") == "5");
}

TEST_CASE("of several values of one source the last one counts") {
    CHECK(Settings({given(kCount, "1"), given(kCount, "2")}).text(100) == "2");
    CHECK(Settings({given(kCount, "1", Source::UserFile), given(kCount, "2", Source::UserFile),
                    given(kCount, "9", Source::SystemFile)})
              .text(100) == "2");
}

TEST_CASE("the values of a repeatable option all come from one source") {
    const Settings settings({given(kBind, "::1"), given(kBind, "10.0.0.1", Source::UserFile),
                             given(kBind, "127.0.0.1:7")});
    const auto binds = settings.binds(101);
    REQUIRE(binds.size() == 2);
    CHECK(binds[0].address.toString() == "::1");
    CHECK_FALSE(binds[0].port.has_value());
    CHECK(binds[1].port == 7);
    CHECK(settings.all(100).empty());
}

TEST_CASE("a flag of a stronger source can be false") {
    CHECK(Settings({given(kLoud, "true", Source::UserFile)}).flag(102));
    CHECK_FALSE(Settings({given(kLoud, "false", Source::UserFile),
                          given(kLoud, "true", Source::SystemFile)})
                    .flag(102));
    CHECK_FALSE(Settings().flag(102));
}

TEST_CASE("repeated flags are counted") {
    CHECK(Settings({given(kLoud, "true"), given(kLoud, "true")}).count(102) == 2);
    CHECK(Settings({given(kLoud, "false", Source::UserFile)}).count(102) == 0);
    CHECK(Settings().count(102) == 0);
    // One -v is one, whatever a file says.
    CHECK(Settings({given(kLoud, "true"), given(kLoud, "true", Source::UserFile)}).count(102) == 1);
}

TEST_CASE("the source of a value can be asked for") {
    const Settings settings({given(kCount, "2", Source::Environment)});
    REQUIRE(settings.find(100) != nullptr);
    CHECK(settings.find(100)->source == Source::Environment);
    CHECK(settings.find(101) == nullptr);
}

TEST_CASE("a duration is as in sleep") {
    CHECK(one("0.5").duration(100, 1s) == 500ms);
    CHECK(one("2m").duration(100, 1s) == 2min);
    CHECK(one("0").duration(100, 1s) == 0s);
    CHECK(Settings().duration(100, 1s) == 1s);
    CHECK(errorOf([] { (void)one("soon").duration(100, 1s); }) ==
          "64 --count: 'soon': not a duration, such as 0.5, 5s, 2m or 1h");
    CHECK(errorOf([] { (void)one("-1").duration(100, 1s); }).substr(0, 16) == "64 --count: '-1'");
}

TEST_CASE("a number has a range") {
    CHECK(one("1").number(100, 1, 3, 2) == 1);
    CHECK(one("3").number(100, 1, 3, 2) == 3);
    CHECK(Settings().number(100, 1, 3, 2) == 2);
    const auto refused = [](const char* value) {
        return errorOf([value] { (void)one(value).number(100, 1, 3, 2); });
    };
    CHECK(refused("0") == "64 --count: '0': not a number of 1 to 3");
    CHECK(refused("4") == "64 --count: '4': not a number of 1 to 3");
    for (const char* bad :
         {"", "x", "1x", "+1", "-1", " 1", "1 ", "0x1", "1.0", "99999999999999999999"})
        CHECK(refused(bad) == "64 --count: '" + std::string(bad) + "': not a number of 1 to 3");
    constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
    CHECK(one("18446744073709551615").number(100, 1, kMost, 2) == kMost);
    CHECK(errorOf([] { (void)one("0").number(100, 1, kMost, 2); }) ==
          "64 --count: '0': not a number of at least 1");
}

TEST_CASE("a bad value names its variable, or its file and line with 78") {
    CHECK(errorOf([] {
              (void)Settings({given(kCount, "x", Source::Environment)}).number(100, 0, 9, 0);
          }) == "64 IM_COUNT: 'x': not a number of 0 to 9");
    CHECK(errorOf([] {
              (void)Settings({given(kCount, "x", Source::SystemFile)}).number(100, 0, 9, 0);
          }) == "78 im.conf:3: count: 'x': not a number of 0 to 9");
}

TEST_CASE("a port is 0 to 65535") {
    CHECK(one("0").port(100, 1) == 0);
    CHECK(one("65535").port(100, 1) == 65535);
    CHECK(Settings().port(100, 4649) == 4649);
    CHECK(errorOf([] { (void)one("65536").port(100, 1); }) ==
          "64 --count: '65536': not a port of 0 to 65535");
}

TEST_CASE("a list of ranges") {
    CHECK(one("10.0.0.0/8,::1").cidrs(100, "127.0.0.0/8").size() == 2);
    CHECK(Settings().cidrs(100, "127.0.0.0/8").size() == 1);
    CHECK(errorOf([] { (void)one("10.0.0.0/8,").cidrs(100, "::1"); }) ==
          "64 --count: '10.0.0.0/8,': not a list of ranges, such as 10.0.0.0/8,::1");
}

TEST_CASE("a server has port 4649 unless it says another") {
    CHECK(one("index.example.net").server(100) == HostPort{"index.example.net", 4649});
    CHECK(one("[::1]:7").server(100) == HostPort{"::1", 7});
    CHECK(Settings().server(100) == HostPort{"localhost", 4649});
    CHECK(errorOf([] { (void)one("host:").server(100); }) ==
          "64 --count: 'host:': not HOST[:PORT]");
}

TEST_CASE("an address to bind is a literal") {
    CHECK(errorOf([] { (void)one("localhost").binds(100); }) ==
          "64 --count: 'localhost': not ADDR[:PORT]");
    CHECK(Settings().binds(100).empty());
}

TEST_CASE("a choice is one of its words, exactly") {
    constexpr std::array<std::string_view, 2> kWords{"keep", "wide"};
    CHECK(one("keep").choice(100, kWords, 1) == 0);
    CHECK(one("wide").choice(100, kWords, 0) == 1);
    CHECK(Settings().choice(100, kWords, 1) == 1);
    for (const char* bad : {"", "k", "Keep", "keep,wide"})
        CHECK(errorOf([&] { (void)one(bad).choice(100, kWords, 0); }) ==
              "64 --count: '" + std::string(bad) + "': not one of keep, wide");
}

TEST_CASE("a list of choices has each once, in the order given") {
    constexpr std::array<std::string_view, 3> kWords{"talk", "login", "gap"};
    using List = std::vector<std::size_t>;
    CHECK(one("gap,talk,gap").choices(100, kWords, {}) == List{2, 0});
    CHECK(one("login").choices(100, kWords, {}) == List{1});
    CHECK(Settings().choices(100, kWords, {1, 2}) == List{1, 2});
    CHECK(errorOf([&] { (void)one("talk,").choices(100, kWords, {}); }) ==
          "64 --count: 'talk,': not one of talk, login, gap");
}
