// SPDX-License-Identifier: BSL-1.0
// With real files, in a directory of its own: permissions and links are what it is about.
#include "libim/node/identity_file.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/sandbox.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <vector>

using im::ErrorKind;
using im::node::IdentityFile;
using im::node::parseIdentity;
using im::test::errorOf;
using im::test::kindOf;
using im::test::whatOf;
namespace fs = std::filesystem;

namespace {

constexpr const char* kFile = "data/im/identity";

struct Home : im::test::Sandbox {
    Home() { im::noise::initialise(); }

    IdentityFile file() const { return IdentityFile(path(kFile)); }
    std::string make() const { return im::noise::fingerprint(made().publicKey()); }
    im::noise::Identity made() const {
        im::noise::SystemRandom random;
        return file().readOrMake(random).identity;
    }
    ErrorKind refusal() const {
        return kindOf([&] { static_cast<void>(file().read()); });
    }
};

/// The text of an identity file, and what is done to it.
std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("An identity is made at the first start and found at the second") {
    const Home home;
    CHECK_FALSE(home.file().read());
    im::noise::SystemRandom random;
    const auto first = home.file().readOrMake(random);
    const auto second = home.file().readOrMake(random);
    CHECK(first.isNew);
    CHECK_FALSE(second.isNew);
    CHECK(first.identity.seed().equals(second.identity.seed()));
    CHECK(home.file().read()->publicKey() == first.identity.publicKey());
}

TEST_CASE(
    "The identity file and its directory are for their owner alone, and nothing is left over") {
    const Home home;
    const mode_t old = ::umask(0);
    home.make();
    ::umask(old);
    CHECK(home.mode(kFile) == 0600);
    CHECK(home.mode("data/im") == 0700);
    CHECK(home.count("data/im") == 1);
}

TEST_CASE("The identity file can be read with cat and shows the fingerprint") {
    const Home home;
    const std::string fingerprint = home.make();
    const std::string text = home.read(kFile);
    CHECK(text.starts_with("im identity 1\n#"));
    CHECK(text.find("\npublic " + fingerprint + "\nseed ") != std::string::npos);
    CHECK(std::all_of(text.begin(), text.end(),
                      [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
}

TEST_CASE("An identity file that others can read is refused with 77, with the cure") {
    const Home home;
    home.make();
    for (const unsigned mode : {0640U, 0604U, 0660U, 0622U, 0601U}) {
        fs::permissions(home.path(kFile), static_cast<fs::perms>(mode));
        const auto error = errorOf([&] { static_cast<void>(home.file().read()); });
        REQUIRE(error);
        CHECK(error->kind() == ErrorKind::NoPermission);
        CHECK(error->hint().find("chmod 600") != std::string::npos);
    }
}

TEST_CASE("An identity in a directory where others can write is refused with 77") {
    const Home home;
    home.make();
    fs::permissions(home.path("data/im"), static_cast<fs::perms>(0770));
    CHECK(home.refusal() == ErrorKind::NoPermission);
}

TEST_CASE("An identity file of somebody else, and one behind his link, are refused with 77") {
    if (::geteuid() != 0) {  // only root can give files away, and for the others root is somebody
        CHECK(kindOf([] { static_cast<void>(IdentityFile("/etc/passwd").read()); }) ==
              ErrorKind::NoPermission);
        return;
    }
    const Home home;
    home.make();
    REQUIRE(::chown(home.path(kFile).c_str(), 12345, 12345) == 0);
    CHECK(home.refusal() == ErrorKind::NoPermission);
    REQUIRE(::chown(home.path(kFile).c_str(), 0, 0) == 0);
    fs::rename(home.path(kFile), home.path("elsewhere"));
    fs::create_symlink(home.path("elsewhere"), home.path(kFile));
    CHECK(home.refusal() == ErrorKind::No);  // our own link
    REQUIRE(::lchown(home.path(kFile).c_str(), 12345, 12345) == 0);
    CHECK(home.refusal() == ErrorKind::NoPermission);
}

TEST_CASE("An identity that cannot be made is 73") {
    const Home home;
    home.write("data", "not a directory");
    im::noise::SystemRandom random;
    CHECK(kindOf([&] { static_cast<void>(home.file().readOrMake(random)); }) ==
          ErrorKind::CannotCreate);
}

TEST_CASE("What is no regular file is refused, and does not keep us waiting") {
    const Home home;
    fs::create_directories(home.path("data/im"));
    REQUIRE(::mkfifo(home.path(kFile).c_str(), 0600) == 0);
    CHECK(home.refusal() == ErrorKind::Configuration);
}

TEST_CASE("A damaged identity file is refused with 78, never taken for another key") {
    const Home home;
    home.make();
    const std::string good = home.read(kFile);
    std::vector<std::string> damaged{"",
                                     "im identity",
                                     "seed " + std::string(64, '0') + "\n",
                                     replaced(good, "seed ", "sead "),
                                     replaced(good, "public ", "Public "),
                                     replaced(good, "identity 1", "identity 2"),
                                     good + "seed 12\n"};
    for (std::size_t cut = 0; cut + 1 < good.size(); ++cut) damaged.push_back(good.substr(0, cut));
    for (const std::string& text : damaged) {
        INFO(text);
        CHECK(kindOf([&] { static_cast<void>(parseIdentity(text, "file")); }) ==
              ErrorKind::Configuration);
    }
    home.write(kFile, damaged.back());
    CHECK(home.refusal() == ErrorKind::Configuration);
}

TEST_CASE("Every changed digit of a seed is found out") {
    const Home home;
    home.make();
    const std::string good = home.read(kFile);
    const std::size_t seed = good.find("seed ") + 5;
    for (std::size_t at = seed; at < seed + 64; ++at) {
        std::string text = good;
        text[at] = text[at] == '0' ? '1' : '0';
        CHECK(whatOf([&] { static_cast<void>(parseIdentity(text, "file")); }).find("not a pair") !=
              std::string::npos);
    }
}

TEST_CASE("The refusal of an identity file does not show what it holds") {
    const Home home;
    home.make();
    const std::string good = home.read(kFile);
    const std::string seed = good.substr(good.find("seed ") + 5, 64);
    for (const std::string& text :
         {good.substr(0, good.size() - 2), seed + "\n" + good, "im identity " + seed + "\n"}) {
        const auto error = errorOf([&] { static_cast<void>(parseIdentity(text, "file")); });
        REQUIRE(error);
        CHECK((error->what() + error->hint()).find(seed.substr(0, 8)) == std::string::npos);
    }
}

TEST_CASE("Comments and lines of other keys are not looked at") {
    const Home home;
    const std::string fingerprint = home.make();
    const std::string text = home.read(kFile) + "# mine\n\ndevice laptop\n";
    CHECK(im::noise::fingerprint(parseIdentity(text, "file").publicKey()) == fingerprint);
}

TEST_CASE("Many first starts at once end with one identity that all of them have") {
    const Home home;
    constexpr std::size_t kStarts = 24;
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    std::vector<pid_t> children;
    for (std::size_t i = 0; i < kStarts; ++i) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            const std::string line = home.make() + "\n";
            ::_exit(::write(ends[1], line.data(), line.size()) > 0 ? 0 : 1);
        }
        children.push_back(child);
    }
    ::close(ends[1]);
    for (const pid_t child : children) {
        int status = 1;
        CHECK(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
    std::string said(kStarts * 64, '\0');
    said.resize(static_cast<std::size_t>(::read(ends[0], said.data(), said.size())));
    ::close(ends[0]);
    const std::string line = im::noise::fingerprint(home.file().read()->publicKey()) + "\n";
    std::string expected;
    for (std::size_t i = 0; i < kStarts; ++i) expected += line;
    CHECK(said == expected);
    CHECK(home.count("data/im") == 1);
}

TEST_CASE("A process that forbids core dumps leaves none") {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        im::node::forbidCoreDumps();
        struct rlimit limit {};
        const bool isForbidden = ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
                                 ::getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0;
        ::_exit(isForbidden ? 0 : 1);
    }
    int status = 1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}
