// SPDX-License-Identifier: BSL-1.0
// What needs real files: paths, the reading of configuration and aliases.
#include "libim/app/aliases.hpp"
#include "libim/app/config.hpp"
#include "libim/app/paths.hpp"
#include "libim/app/settings.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/app/system_support.hpp"

#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace im;
using namespace im::app;
using im::app::test::Directory;
using im::app::test::errorOf;
using im::app::test::Variable;

namespace {

unsigned modeOf(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

const OptionTable& table() {
    static const OptionTable made("imsend", {});
    return made;
}

std::string userOf(const ConfigFiles& files) {
    return std::string(Settings(readConfig(files, table())).text(kUser, "nobody"));
}

}  // namespace

// ---- Paths

TEST_CASE("files are where the XDG variables say") {
    const Variable config("XDG_CONFIG_HOME", "/a/config");
    const Variable data("XDG_DATA_HOME", "/a/data");
    const Variable state("XDG_STATE_HOME", "/a/state");
    const Variable runtime("XDG_RUNTIME_DIR", "/a/run");
    CHECK(configDirectory() == "/a/config/im");
    CHECK(dataDirectory() == "/a/data/im");
    CHECK(stateDirectory() == "/a/state/im");
    CHECK(sessionDirectory() == "/a/run/im");
}

TEST_CASE("an XDG variable that is unset, empty or relative means its default") {
    const Variable home("HOME", "/home/alice");
    for (const auto& value :
         {std::optional<std::string>(), std::optional<std::string>(""),
          std::optional<std::string>("relative/path"), std::optional<std::string>("./here")}) {
        const Variable config("XDG_CONFIG_HOME", value);
        const Variable data("XDG_DATA_HOME", value);
        const Variable state("XDG_STATE_HOME", value);
        const Variable runtime("XDG_RUNTIME_DIR", value);
        CHECK(configDirectory() == "/home/alice/.config/im");
        CHECK(dataDirectory() == "/home/alice/.local/share/im");
        CHECK(stateDirectory() == "/home/alice/.local/state/im");
        CHECK(sessionDirectory() == "/home/alice/.local/state/im/run");
    }
}

TEST_CASE("without XDG_RUNTIME_DIR sessions are below XDG_STATE_HOME") {
    const Variable state("XDG_STATE_HOME", "/a/state");
    const Variable runtime("XDG_RUNTIME_DIR", std::nullopt);
    CHECK(sessionDirectory() == "/a/state/im/run");
}

TEST_CASE("slashes at the end of a variable mean nothing") {
    const Variable config("XDG_CONFIG_HOME", "/a/config//");
    CHECK(configDirectory() == "/a/config/im");
    const Variable root("XDG_DATA_HOME", "/");
    CHECK(dataDirectory().back() == 'm');
}

TEST_CASE("without HOME the password file knows the home") {
    const Variable config("XDG_CONFIG_HOME", std::nullopt);
    const passwd* me = ::getpwuid(::getuid());
    REQUIRE(me != nullptr);
    for (const auto& value : {std::optional<std::string>(), std::optional<std::string>("")}) {
        const Variable home("HOME", value);
        CHECK(configDirectory() == std::string(me->pw_dir) + "/.config/im");
    }
    CHECK(loginName() == me->pw_name);
}

TEST_CASE("a directory is made with all above it, for its owner only") {
    const Directory dir;
    const std::string deep = dir / "a/b/c";
    makeDirectory(deep);
    for (const char* made : {"a", "a/b", "a/b/c"}) CHECK(modeOf(dir / made) == 0700U);
    makeDirectory(deep);  // there already
    makeDirectory(dir / "a/b/d/");
    CHECK(modeOf(dir / "a/b/d") == 0700U);
}

TEST_CASE("a directory that is there keeps its mode") {
    const Directory dir;
    makeDirectory(dir / "a");
    REQUIRE(::chmod((dir / "a").c_str(), 0755) == 0);
    makeDirectory(dir / "a/b");
    CHECK(modeOf(dir / "a") == 0755U);
}

TEST_CASE("a directory that cannot be made is 73") {
    const Directory dir;
    dir.write("file", "");
    CHECK(errorOf([&] { makeDirectory(dir / "file"); }) ==
          "73 " + (dir / "file") + ": not a directory");
    CHECK(errorOf([&] { makeDirectory(dir / "file/below"); }) ==
          "73 " + (dir / "file/below") + ": not a directory");
    CHECK(errorOf([] { makeDirectory("/proc/no/such"); }).substr(0, 12) == "73 /proc/no:");
    CHECK(errorOf([] { makeDirectory(""); }).substr(0, 2) == "73");
}

// ---- Configuration

TEST_CASE("the user's file goes before the system's") {
    const Directory dir;
    const std::string user = dir.write("user.conf", "user = from-user\n");
    const std::string system = dir.write("system.conf", "user = from-system\n");
    CHECK(userOf({"", user, system}) == "from-user");
    CHECK(userOf({"", dir / "none", system}) == "from-system");
    CHECK(userOf({"", dir / "none", dir / "none"}) == "nobody");
}

TEST_CASE("a chosen file is the only one that is read") {
    const Directory dir;
    const std::string system = dir.write("system.conf", "user = from-system\n");
    const std::string chosen = dir.write("chosen.conf", "quiet = true\n");
    CHECK(userOf({chosen, "", system}) == "nobody");
    CHECK(userOf({"/dev/null", system, system}) == "nobody");
}

TEST_CASE("a chosen file that cannot be read is 66") {
    const Directory dir;
    const std::string none = dir / "none.conf";
    CHECK(errorOf([&] {
              (void)userOf({none, "", ""});
          }) == "66 " + none + ": no such file or directory");
    CHECK(errorOf([&] { (void)userOf({dir / ".", "", ""}); }).substr(0, 2) == "66");
}

TEST_CASE("a usual file that is there and cannot be read is 66") {
    const Directory dir;
    const std::string directory = dir / ".";
    CHECK(errorOf([&] {
              (void)userOf({"", directory, ""});
          }) == "66 " + directory + ": is a directory");
}

TEST_CASE("a file where a directory should be means that there is no file below it") {
    const Directory dir;
    dir.write("file", "");
    CHECK(userOf({"", dir / "file/im.conf", ""}) == "nobody");
}

TEST_CASE("behind a directory that is closed to us there is no file for us") {
    const Directory dir;
    const std::string file = dir.write("closed/im.conf", "user = hidden\n");
    REQUIRE(::chmod((dir / "").c_str(), 0755) == 0);
    const auto asNobody = [&](unsigned directoryMode, unsigned fileMode) {
        REQUIRE(::chmod(file.c_str(), fileMode) == 0);
        REQUIRE(::chmod((dir / "closed").c_str(), directoryMode) == 0);
        const auto ended = im::app::test::inChild([&] {
            if (::geteuid() == 0 && ::setuid(65534) != 0) return 1;
            std::string user;
            const std::string error = errorOf([&] { user = userOf({"", file, ""}); });
            return user == "nobody" ? 0 : std::stoi(error);
        });
        REQUIRE(::chmod((dir / "closed").c_str(), 0755) == 0);
        REQUIRE(::chmod(file.c_str(), 0644) == 0);
        return ended.how;
    };
    CHECK(asNobody(0, 0644) == "exit 0");
    CHECK(asNobody(0755, 0) == "exit 66");
}

TEST_CASE("a file of more than 1 MiB is no file that a person wrote") {
    const Directory dir;
    const std::string most(std::size_t{1} << 20U, '\n');
    const std::string big = dir.write("big", most + "\n");
    CHECK(errorOf([&] { (void)readSmallFile(big); }) == "66 " + big + ": longer than 1 MiB");
    CHECK(readSmallFile(dir.write("most", most)) == most);
    CHECK(errorOf([] { (void)readSmallFile("/dev/zero"); }) == "66 /dev/zero: longer than 1 MiB");
}

TEST_CASE("what is wrong in a file names it") {
    const Directory dir;
    const std::string file = dir.write("im.conf", "\nservr = x\n");
    CHECK(errorOf([&] {
              (void)userOf({"", file, ""});
          }) == "78 " + file + ":2: unknown option 'servr'");
}

// ---- Aliases

TEST_CASE("aliases come from their file, none when there is none") {
    const Directory dir;
    const std::string file = dir.write("aliases", "oncall: bob, 天涯\n");
    CHECK(Aliases::load(file).expand("oncall") == std::vector<std::string>{"bob", "天涯"});
    CHECK_FALSE(Aliases::load(dir / "none").contains("oncall"));
    CHECK(errorOf([&] { (void)Aliases::load(dir / "."); }).substr(0, 2) == "66");
    const std::string wrong = dir.write("wrong", "oncall\n");
    CHECK(errorOf([&] { (void)Aliases::load(wrong); }) ==
          "78 " + wrong + ":1: not a line of 'alias: user, user'");
}

TEST_CASE("a file that cannot be read for want of descriptors is 71") {
    const Directory dir;
    const std::string file = dir.write("im.conf", "user = alice\n");
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    const std::string error = errorOf([&] { (void)readSmallFile(file); });
    setrlimit(RLIMIT_NOFILE, &before);
    CHECK(error.starts_with("71 "));
}
