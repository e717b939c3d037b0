// SPDX-License-Identifier: BSL-1.0
// With real files, in a directory of its own: several writers at once are what it is about.
#include "libim/node/known_file.hpp"

#include "libim/base/little_endian.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sandbox.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

using im::Bytes;
using im::ErrorKind;
using im::Name;
using im::Trust;
using im::WallTime;
using im::node::Known;
using im::node::KnownFile;
using im::node::parseKnown;
using im::noise::fingerprint;
using im::noise::IdentityKey;
using im::test::errorOf;
using im::test::kindOf;
using im::test::whatOf;
namespace fs = std::filesystem;
using std::chrono::days;

namespace {

constexpr const char* kFile = "data/im/known";

Name name(std::string_view text) {
    return Name::orThrow(text, ErrorKind::Usage);
}

/// Any 32 bytes will do for a key here.
IdentityKey key(unsigned number) {
    IdentityKey bytes{};
    for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::byte>(number >> (8 * i));
    bytes[31] = std::byte{1};
    return bytes;
}

const IdentityKey kX = key(1000);
const IdentityKey kOtherX = key(1001);
const WallTime kDay{days(20779)};  // 2026-11-22

struct Home : im::test::Sandbox {
    KnownFile file{path(kFile)};

    std::string text() const { return read(kFile); }
    void setText(const std::string& text) const { write(kFile, text); }
};

std::string userLine(std::string_view user, unsigned number, std::string_view state = "ok") {
    return "user\t" + fingerprint(kX) + "\t" + std::string(user) + "\t" + fingerprint(key(number)) +
           "\t" + std::string(state) + "\t2026-11-22\n";
}

constexpr const char* kHead = "im known 1\n";

}  // namespace

TEST_CASE("Whom nobody has seen is new, and looking pins nothing") {
    const Home home;
    CHECK(home.file.check(kX, name("alice"), key(1)) == Trust::New);
    CHECK(home.file.check(kX, name("alice"), key(1)) == Trust::New);
    CHECK_FALSE(fs::exists(home.path(kFile)));
    CHECK(home.file.read().users.empty());
}

TEST_CASE("Who is pinned is ok with the same key and BAD with another, however often he comes") {
    const Home home;
    CHECK(home.file.pin(kX, name("alice"), key(1), kDay) == Trust::New);
    CHECK(home.file.pin(kX, name("alice"), key(1), kDay) == Trust::Ok);
    for (int i = 0; i < 3; ++i) CHECK(home.file.pin(kX, name("alice"), key(2), kDay) == Trust::Bad);
    CHECK(home.file.check(kX, name("alice"), key(2)) == Trust::Bad);
    CHECK(home.file.check(kX, name("alice"), key(1)) == Trust::Ok);
}

TEST_CASE("A pin is of one name at one index, byte by byte") {
    const Home home;
    home.file.pin(kX, name("alice"), key(1), kDay);
    for (const char* const other : {"Alice", "alic", "alice b", "lice", "天涯"})
        CHECK(home.file.check(kX, name(other), key(2)) == Trust::New);
    CHECK(home.file.check(kOtherX, name("alice"), key(2)) == Trust::New);
}

TEST_CASE("The file of known keys is one line a pin, for its owner alone") {
    const Home home;
    home.file.pinIndex("im.example.org:4649", kX, 1, {}, kDay);
    home.file.pin(kX, name("天 涯"), key(1), kDay);
    CHECK(home.text() == kHead + ("index\tim.example.org:4649\t" + fingerprint(kX)) +
                             "\t1\t2026-11-22\t-\n" + userLine("天 涯", 1));
    CHECK(home.mode(kFile) == 0600);
    CHECK(home.mode("data/im") == 0700);
}

TEST_CASE("Verified is what a person has compared, and only of the pinned key") {
    const Home home;
    home.file.pin(kX, name("alice"), key(1), kDay);
    CHECK(home.file.verify(kX, name("alice"), key(2), kDay) == Trust::Bad);
    CHECK(home.file.check(kX, name("alice"), key(1)) == Trust::Ok);
    CHECK(home.file.verify(kX, name("alice"), key(1), kDay + days(1)) == Trust::Verified);
    CHECK(home.file.check(kX, name("alice"), key(1)) == Trust::Verified);
    CHECK(home.file.pin(kX, name("alice"), key(1), kDay) == Trust::Verified);
    CHECK(home.file.findUser(kX, name("alice"))->since == "2026-11-23");
    CHECK(home.file.verify(kX, name("bob"), key(3), kDay) == Trust::Verified);
    CHECK(home.file.check(kX, name("bob"), key(3)) == Trust::Verified);
}

TEST_CASE("Trust replaces a key, and what was verified of the old one does not carry over") {
    const Home home;
    home.file.verify(kX, name("alice"), key(1), kDay);
    home.file.trust(kX, name("alice"), key(1), kDay);
    CHECK(home.file.check(kX, name("alice"), key(1)) == Trust::Verified);
    home.file.trust(kX, name("alice"), key(2), kDay);
    CHECK(home.file.check(kX, name("alice"), key(2)) == Trust::Ok);
    CHECK(home.file.check(kX, name("alice"), key(1)) == Trust::Bad);
    home.file.trust(kX, name("bob"), key(3), kDay);
    CHECK(home.file.check(kX, name("bob"), key(3)) == Trust::Ok);
}

TEST_CASE("Who is forgotten is new again, and nobody else") {
    const Home home;
    home.file.pin(kX, name("alice"), key(1), kDay);
    home.file.pin(kX, name("bob"), key(2), kDay);
    CHECK(home.file.forget(kX, name("alice")));
    CHECK_FALSE(home.file.forget(kX, name("alice")));
    CHECK(home.file.check(kX, name("alice"), key(9)) == Trust::New);
    CHECK(home.file.check(kX, name("bob"), key(2)) == Trust::Ok);
}

TEST_CASE("An index is pinned to its identity; its card and version are kept up, never down") {
    const Home home;
    const Bytes card(140, std::byte{0xAB});
    CHECK(home.file.pinIndex("[::1]:4649", kX, 2, card, kDay) == Trust::New);
    CHECK(home.file.pinIndex("[::1]:4649", kX, 1, {}, kDay + days(1)) == Trust::Ok);
    CHECK(home.file.findIndex("[::1]:4649")->card == card);
    CHECK(home.file.findIndex("[::1]:4649")->highestVersion == 2);
    CHECK(home.file.pinIndex("[::1]:4649", kX, 3, Bytes(141), kDay) == Trust::Ok);
    CHECK(home.file.findIndex("[::1]:4649")->card.size() == 141);
    CHECK(home.file.findIndex("[::1]:4649")->highestVersion == 3);
    CHECK(home.file.findIndex("[::1]:4649")->since == "2026-11-22");
    CHECK(home.file.pinIndex("[::1]:4649", kOtherX, 9, Bytes(142), kDay) == Trust::Bad);
    CHECK(home.file.findIndex("[::1]:4649")->identity == kX);
    CHECK(home.file.findIndex("[::1]:4649")->highestVersion == 3);
    CHECK_FALSE(home.file.findIndex("[::1]:464"));
    CHECK_FALSE(home.file.findIndex(""));
}

TEST_CASE("Another key of an index is trusted only when a person says so") {
    const Home home;
    home.file.pinIndex("host:1", kX, 2, Bytes(140), kDay);
    home.file.trustIndex("host:1", kOtherX, kDay);
    CHECK(home.file.findIndex("host:1")->identity == kOtherX);
    CHECK(home.file.findIndex("host:1")->card.empty());
    CHECK(home.file.forgetIndex("host:1"));
    CHECK_FALSE(home.file.findIndex("host:1"));
    CHECK_FALSE(home.file.forgetIndex("host:1"));
}

TEST_CASE("Comments, empty lines, lines and fields of a later release outlive every change") {
    const Home home;
    const std::string before = "# mine\n\ngroup\tteam\talice,bob\n";
    std::string carol = userLine("carol", 3);
    carol.insert(carol.size() - 1, "\tlaptop\tred");
    home.setText(kHead + before + userLine("bob", 2) + "#between\n" + carol);
    home.file.pin(kX, name("alice"), key(1), kDay);
    home.file.verify(kX, name("carol"), key(3), kDay);
    home.file.forget(kX, name("bob"));
    std::string verified = userLine("carol", 3, "verified");
    verified.insert(verified.size() - 1, "\tlaptop\tred");
    CHECK(home.text() == kHead + before + "#between\n" + verified + userLine("alice", 1));
}

TEST_CASE("A pin that stands anywhere is found: no order hides one") {
    const Home home;
    home.setText(kHead + userLine("zoe", 1) + userLine("alice", 2) + "# x\n" + userLine("mia", 3));
    CHECK(home.file.check(kX, name("zoe"), key(9)) == Trust::Bad);
    CHECK(home.file.check(kX, name("alice"), key(9)) == Trust::Bad);
    CHECK(home.file.check(kX, name("mia"), key(9)) == Trust::Bad);
}

TEST_CASE("The last line counts without its line end, and is kept when another is added") {
    const Home home;
    const std::string line = userLine("alice", 1);
    home.setText(kHead + line.substr(0, line.size() - 1));
    CHECK(home.file.check(kX, name("alice"), key(2)) == Trust::Bad);
    home.file.pin(kX, name("bob"), key(2), kDay);
    CHECK(home.text() == kHead + line + userLine("bob", 2));
}

TEST_CASE("Of two lines of one user the first counts, and forgetting removes both") {
    const Home home;
    home.setText(kHead + userLine("alice", 1) + userLine("bob", 5) + userLine("alice", 2));
    CHECK(home.file.check(kX, name("alice"), key(1)) == Trust::Ok);
    CHECK(home.file.check(kX, name("alice"), key(2)) == Trust::Bad);
    CHECK(home.file.forget(kX, name("alice")));
    CHECK(home.text() == kHead + userLine("bob", 5));
}

TEST_CASE("A damaged line is refused with 78, file and number, and nothing is lost") {
    const Home home;
    const std::string good = userLine("bob", 2);
    const std::vector<std::string> damaged{
        "user\n",
        "user\t\n",
        userLine("alice", 1, "OK"),
        userLine("alice", 1, ""),
        userLine("al:ice", 1),
        userLine("", 1),
        "user " + userLine("alice", 1).substr(5),
        userLine("alice", 1).substr(0, 90) + "\n",
        "index\thost:1\t" + fingerprint(kX) + "\t0\t2026-11-22\t-\n",
        "index\thost:1\t" + fingerprint(kX) + "\t1\t2026-11-2\t-\n",
        "index\thost:1\t" + fingerprint(kX) + "\t1\t2026-11-22\tAB\n",
        "index\thost:1\t" + fingerprint(kX) + "\t1\t2026-11-22\n",
        "index\t\t" + fingerprint(kX) + "\t1\t2026-11-22\t-\n"};
    for (const std::string& line : damaged) {
        INFO(line);
        const std::string text = std::string(kHead) + good + line;
        home.setText(text);
        const auto refused = errorOf([&] { home.file.pin(kX, name("carol"), key(3), kDay); });
        REQUIRE(refused);
        CHECK(refused->kind() == ErrorKind::Configuration);
        CHECK(std::string(refused->what()).find(home.path(kFile) + ":3: ") == 0);
        CHECK(kindOf([&] { home.file.forget(kX, name("bob")); }) == ErrorKind::Configuration);
        CHECK(home.text() == text);
        CHECK(home.file.check(kX, name("bob"), key(2)) == Trust::Ok);
    }
}

TEST_CASE("Nobody is new while a line cannot be read: it could be his") {
    const Home home;
    home.setText(kHead + userLine("alice", 1).substr(0, 70) + "\n");
    CHECK(kindOf([&] { static_cast<void>(home.file.check(kX, name("alice"), key(2))); }) ==
          ErrorKind::Configuration);
    const std::string line = userLine("alice", 1);
    home.setText(kHead + line.substr(0, line.size() - 5) + "\n");
    CHECK(whatOf([&] {
              static_cast<void>(home.file.check(kX, name("alice"), key(2)));
          }).find(":2: ") != std::string::npos);
}

TEST_CASE("What is no file of known keys, or a newer one, is refused with 78") {
    const Home home;
    for (const char* const text :
         {"im known 2\n", "im known 10\n", "im known\n", "hello\n", "\n"}) {
        home.setText(text);
        CHECK(kindOf([&] { static_cast<void>(home.file.check(kX, name("bob"), key(1))); }) ==
              ErrorKind::Configuration);
        CHECK(kindOf([&] { home.file.pin(kX, name("bob"), key(1), kDay); }) ==
              ErrorKind::Configuration);
        CHECK(home.text() == text);
    }
}

TEST_CASE("Known keys that others can write are refused with 77; that they read them is nothing") {
    const Home home;
    home.file.pin(kX, name("alice"), key(1), kDay);
    fs::permissions(home.path(kFile), static_cast<fs::perms>(0664));
    CHECK(kindOf([&] { static_cast<void>(home.file.read()); }) == ErrorKind::NoPermission);
    fs::permissions(home.path(kFile), static_cast<fs::perms>(0644));
    CHECK(home.file.read().users.size() == 1);
    fs::permissions(home.path("data/im"), static_cast<fs::perms>(0777));
    CHECK(kindOf([&] { static_cast<void>(home.file.read()); }) == ErrorKind::NoPermission);
}

TEST_CASE("A pin is found in a long file wherever the pieces in which it is read end") {
    const Home home;
    std::string text = kHead;
    std::vector<std::string> names;
    for (unsigned i = 0; i < 3000; ++i) {
        names.push_back("user" + std::to_string(i * 7919 % 100'003));
        text += userLine(names.back(), i);
    }
    home.setText(text);
    for (unsigned i = 0; i < names.size(); ++i)
        if (home.file.check(kX, name(names[i]), key(i)) != Trust::Ok) FAIL(names[i]);
    CHECK(home.file.check(kX, name("nobody"), key(0)) == Trust::New);
}

TEST_CASE("Tools that pin at once lose nothing of each other, and of one name one is the first") {
    const Home home;
    constexpr unsigned kTools = 8;
    constexpr unsigned kPins = 20;
    std::vector<pid_t> children;
    for (unsigned tool = 0; tool < kTools; ++tool) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            for (unsigned i = 0; i < kPins; ++i)
                home.file.pin(kX, name("t" + std::to_string(tool) + "." + std::to_string(i)),
                              key(i), kDay);
            const bool isFirst = home.file.pin(kX, name("one"), key(tool), kDay) == Trust::New;
            ::_exit(isFirst ? 7 : 0);
        }
        children.push_back(child);
    }
    int firsts = 0;
    for (const pid_t child : children) {
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFEXITED(status));
        firsts += WEXITSTATUS(status) == 7 ? 1 : 0;
    }
    CHECK(firsts == 1);
    CHECK(home.file.read().users.size() == kTools * kPins + 1);
    CHECK(home.count("data/im") == 2);  // known and its lock
}
