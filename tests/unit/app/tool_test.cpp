// SPDX-License-Identifier: BSL-1.0
// Tool from the outside: each case runs a small tool in a process of its own.
#include "libim/app/tool.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/system_support.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <new>
#include <stdexcept>

using namespace im;
using namespace im::app;
using im::app::test::Args;
using im::app::test::Directory;
using im::app::test::Ended;
using im::app::test::inChild;
using im::app::test::Pipe;

namespace {

constexpr Option kOwn[] = {
    {.id = 100,
     .letter = 'c',
     .name = "count",
     .argument = "N",
     .help = "n",
     .variable = "IM_TEST_COUNT"},
    {.id = 101, .letter = 'a', .name = "ask", .help = "wait", .kind = OptionKind::Sealed},
};
constexpr const char* kSynopsis[] = {"[options] USER", "-l"};
constexpr const char* kExamples[] = {"imsend a", "imsend b", "imsend c"};
constexpr ToolInfo kInfo{.name = "imsend",
                         .section = 1,
                         .purpose = "try things",
                         .synopsis = kSynopsis,
                         .options = kOwn,
                         .examples = kExamples};
const std::string kUsage = "usage: imsend [options] USER\n       imsend -l\n";

/// Runs a tool with an environment of nothing but `home`'s configuration.
class World {
public:
    Ended run(std::initializer_list<const char*> words, int (*body)(Tool&),
              const ToolInfo& info = kInfo) const {
        Args args(words);
        return inChild([&] { return runTool(info, args.count(), args.argv(), body); },
                       [this] { prepare(); });
    }

    void prepare() const {
        for (const char* name : {"IM_SERVER", "IM_USER", "IM_CONFIG", "IM_TIMEOUT"})
            ::unsetenv(name);
        ::setenv("XDG_CONFIG_HOME", (home / "config").c_str(), 1);
        for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
        if (before) before();
    }

    void config(std::string_view text) const { home.write("config/im/im.conf", text); }

    Directory home;
    std::vector<std::pair<std::string, std::string>> environment;
    std::function<void()> before;
};

int succeed(Tool& /*tool*/) {
    return 0;
}

int fail(Tool& /*tool*/) {
    throw Error(ErrorKind::NoUser, "alice: no such user", "imlogin -l lists them");
}

int print(Tool& tool) {
    tool.out().write("data\n");
    return 0;
}

int tellUser(Tool& tool) {
    tool.out().write(std::string(tool.settings().text(kUser, "nobody")) + "\n");
    return 0;
}

int tellCount(Tool& tool) {
    tool.out().write(std::to_string(tool.settings().number(100, 0, 9, 0)) + "\n");
    return 0;
}

int talkative(Tool& tool) {
    tool.complain("an error");
    tool.notice("a notice");
    tool.hint("a hint");
    tool.detail(1, "a detail");
    tool.detail(2, "a small detail");
    tool.progress("42 messages");
    return 0;
}

/// Says on stderr that the stack was unwound, as a logout would happen.
struct Farewell {
    Farewell() = default;
    Farewell(const Farewell&) = delete;
    Farewell& operator=(const Farewell&) = delete;
    ~Farewell() { [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, "bye\n", 4); }
};

int printForever(Tool& tool) {
    const Farewell farewell;
    for (;;) tool.out().write("line\n");
}

void onto(const char* path) {
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    ::dup2(fd, STDOUT_FILENO);
}

}  // namespace

// ---- Help and version

TEST_CASE("Options --help and --version go to stdout with exit 0 and need nothing") {
    World world;
    world.config("nonsense\n");
    for (const char* option : {"-h", "--help"}) {
        const Ended ended = world.run({"imsend", option}, fail);
        CHECK(ended.how == "exit 0");
        CHECK(ended.out == helpText(kInfo));
        CHECK(ended.err.empty());
    }
    for (const char* option : {"-V", "--version"}) {
        const Ended ended = world.run({"imsend", option}, fail);
        CHECK(ended.how == "exit 0");
        CHECK(ended.out == versionText(kInfo));
    }
}

TEST_CASE("help on a full disk is 74") {
    World world;
    world.before = [] { onto("/dev/full"); };
    const Ended ended = world.run({"imsend", "--help"}, succeed);
    CHECK(ended.how == "exit 74");
    CHECK(ended.err == "imsend: stdout: no space left on device\n");
}

// ---- Errors

TEST_CASE("an unknown option is said with the usage on stderr and 64") {
    const Ended ended = World().run({"imsend", "--foo"}, succeed);
    CHECK(ended.how == "exit 64");
    CHECK(ended.out.empty());
    CHECK(ended.err == "imsend: unknown option --foo\n" + kUsage);
}

TEST_CASE("an option of the sealed profile is said without the usage") {
    const Ended ended = World().run({"imsend", "-a"}, succeed);
    CHECK(ended.how == "exit 64");
    CHECK(ended.err == "imsend: --ask: needs the sealed profile\n");
}

TEST_CASE("an error is said with its hint and is the exit status") {
    const Ended ended = World().run({"imsend"}, fail);
    CHECK(ended.how == "exit 67");
    CHECK(ended.out.empty());
    CHECK(ended.err == "imsend: alice: no such user\nimsend: hint: imlogin -l lists them\n");
}

TEST_CASE("Option -q silences the hint and not the error") {
    const Ended ended = World().run({"imsend", "-q"}, fail);
    CHECK(ended.how == "exit 67");
    CHECK(ended.err == "imsend: alice: no such user\n");
}

TEST_CASE("a usage error of the tool's own shows the usage") {
    const Ended ended = World().run({"imsend"}, [](Tool&) -> int { throw UsageError("no user"); });
    CHECK(ended.how == "exit 64");
    CHECK(ended.err == "imsend: no user\n" + kUsage);
}

TEST_CASE("another exception is an internal error, 70") {
    const Ended ended =
        World().run({"imsend"}, [](Tool&) -> int { throw std::logic_error("broken"); });
    CHECK(ended.how == "exit 70");
    CHECK(ended.err == "imsend: internal error: broken\n");
}

TEST_CASE("out of memory is an error of the operating system, 71") {
    const Ended ended = World().run({"imsend"}, [](Tool&) -> int { throw std::bad_alloc(); });
    CHECK(ended.how == "exit 71");
    CHECK(ended.err == "imsend: out of memory\n");
}

TEST_CASE("a tool may translate the exceptions of its libraries") {
    ToolInfo info = kInfo;
    info.translate = [](const std::exception& problem) {
        return Error(ErrorKind::Unavailable, std::string("net: ") + problem.what());
    };
    const Ended ended = World().run(
        {"imsend"}, [](Tool&) -> int { throw std::runtime_error("refused"); }, info);
    CHECK(ended.how == "exit 69");
    CHECK(ended.err == "imsend: net: refused\n");
}

TEST_CASE("the tool's own status is the program's") {
    CHECK(World().run({"imsend"}, succeed).how == "exit 0");
    CHECK(World().run({"imsend"}, [](Tool&) { return 75; }).how == "exit 75");
}

TEST_CASE("what strangers wrote cannot drive the terminal through a message") {
    const Ended ended = World().run({"imsend", "--\x1B[2J\n\xFF"}, succeed);
    CHECK(ended.err == "imsend: unknown option --\\0033[2J\\n\\0377\n" + kUsage);
}

TEST_CASE("operands reach the tool") {
    const Ended ended = World().run({"imsend", "-c1", "bob", "-q"}, [](Tool& tool) {
        for (const std::string_view operand : tool.operands())
            tool.out().write(std::string(operand) + "|");
        return 0;
    });
    CHECK(ended.out == "bob|-q|");
}

// ---- Talking

TEST_CASE("notices and hints are said, details from their -v on, progress only on a terminal") {
    CHECK(World().run({"imsend"}, talkative).err ==
          "imsend: an error\nimsend: notice: a notice\nimsend: hint: a hint\n");
    CHECK(World().run({"imsend", "-q"}, talkative).err == "imsend: an error\n");
    CHECK(World().run({"imsend", "-qv"}, talkative).err == "imsend: an error\nimsend: a detail\n");
    CHECK(World().run({"imsend", "-qvv"}, talkative).err ==
          "imsend: an error\nimsend: a detail\nimsend: a small detail\n");
}

TEST_CASE("on a terminal progress is a line that the next message replaces") {
    const int controller = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(controller >= 0);
    REQUIRE(::grantpt(controller) == 0);
    REQUIRE(::unlockpt(controller) == 0);
    std::array<char, 128> name{};
    REQUIRE(::ptsname_r(controller, name.data(), name.size()) == 0);
    World world;
    // The last descriptor of the terminal must not close before its text has been read.
    const int terminal = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    world.before = [terminal] { ::dup2(terminal, STDERR_FILENO); };
    const Ended ended = world.run({"imsend"}, [](Tool& tool) {
        tool.progress("1 message");
        tool.progress("2 messages");
        tool.complain("stop");
        tool.progress("");
        tool.progress("3 messages");
        tool.progress("");
        return 0;
    });
    CHECK(ended.how == "exit 0");
    std::string shown(4096, '\0');
    const ssize_t count = ::read(controller, shown.data(), shown.size());
    REQUIRE(count > 0);
    shown.resize(static_cast<std::size_t>(count));
    CHECK(shown ==
          "\r\033[Kimsend: 1 message\r\033[Kimsend: 2 messages\r\033[Kimsend: stop\r\n"
          "\r\033[Kimsend: 3 messages\r\033[K");
    ::close(terminal);
    ::close(controller);
}

// ---- stdout

TEST_CASE("a full disk is 74") {
    World world;
    world.before = [] { onto("/dev/full"); };
    const Ended ended = world.run({"imsend"}, print);
    CHECK(ended.how == "exit 74");
    CHECK(ended.err == "imsend: stdout: no space left on device\n");
    CHECK(world.run({"imsend"}, succeed).how == "exit 0");
}

TEST_CASE("a closed stdout is 74 for who writes and nothing for who does not") {
    World world;
    world.before = [] { ::close(STDOUT_FILENO); };
    const Ended ended = world.run({"imsend"}, print);
    CHECK(ended.how == "exit 74");
    CHECK(ended.err == "imsend: stdout: bad file descriptor\n");
    CHECK(world.run({"imsend"}, succeed).how == "exit 0");
}

TEST_CASE("stdout is closed at the end, and that is checked") {
    const Ended ended = World().run({"imsend"}, [](Tool& tool) {
        tool.out().write("data\n");
        return ::close(STDOUT_FILENO);
    });
    CHECK(ended.how == "exit 74");
    CHECK(ended.err == "imsend: stdout: bad file descriptor\n");
}

TEST_CASE("when the reader has left the tool unwinds and dies by SIGPIPE") {
    World world;
    world.before = [] {
        Pipe pipe;
        ::dup2(pipe.writer(), STDOUT_FILENO);
    };
    const Ended ended = world.run({"imsend"}, printForever);
    CHECK(ended.how == "signal 13");
    CHECK(ended.err == "bye\n");
}

TEST_CASE("SIGPIPE kills also when it was blocked or ignored before") {
    World world;
    world.before = [] {
        sigset_t pipes;
        sigemptyset(&pipes);
        sigaddset(&pipes, SIGPIPE);
        ::sigprocmask(SIG_BLOCK, &pipes, nullptr);
        ::signal(SIGPIPE, SIG_IGN);
        Pipe pipe;
        ::dup2(pipe.writer(), STDOUT_FILENO);
    };
    CHECK(world.run({"imsend"}, printForever).how == "signal 13");
}

TEST_CASE("programs that the tool starts have SIGPIPE as the shell gives it") {
    World world;
    world.before = [] {
        sigset_t pipes;
        sigemptyset(&pipes);
        sigaddset(&pipes, SIGPIPE);
        ::sigprocmask(SIG_BLOCK, &pipes, nullptr);
    };
    const Ended ended = world.run({"imsend"}, [](Tool&) {
        const int status = std::system("kill -PIPE $$");
        return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    });
    CHECK(ended.how == "exit 13");
}

TEST_CASE("dying by a signal is seen as such, even when it was blocked") {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        const Ended ended = inChild([number]() -> int {
            const rlimit none{0, 0};
            ::setrlimit(RLIMIT_CORE, &none);
            sigset_t all;
            sigfillset(&all);
            ::sigprocmask(SIG_BLOCK, &all, nullptr);
            ::signal(number, SIG_IGN);
            dieBySignal(number);
        });
        CHECK(ended.how == "signal " + std::to_string(number));
    }
}

// ---- Settings

TEST_CASE("command line, environment, file, built-in: in this order") {
    World world;
    CHECK(world.run({"imsend"}, tellUser).out == "nobody\n");
    world.config("user = from-file\n");
    CHECK(world.run({"imsend"}, tellUser).out == "from-file\n");
    world.environment = {{"IM_USER", "from-environment"}};
    CHECK(world.run({"imsend"}, tellUser).out == "from-environment\n");
    CHECK(world.run({"imsend", "-u", "from-line"}, tellUser).out == "from-line\n");
}

TEST_CASE("Option --config goes before IM_CONFIG, and both before the user's file") {
    World world;
    world.config("user = usual\n");
    const std::string first = world.home.write("first", "user = first\n");
    const std::string second = world.home.write("second", "user = second\n");
    world.environment = {{"IM_CONFIG", second}};
    CHECK(world.run({"imsend"}, tellUser).out == "second\n");
    CHECK(world.run({"imsend", "-C", first.c_str()}, tellUser).out == "first\n");
    world.environment = {{"IM_CONFIG", ""}};
    CHECK(world.run({"imsend"}, tellUser).out == "usual\n");
}

TEST_CASE("a configuration that cannot be read is 66, a wrong one 78") {
    World world;
    const Ended missing = world.run({"imsend", "--config=/no/such"}, succeed);
    CHECK(missing.how == "exit 66");
    CHECK(missing.err == "imsend: /no/such: no such file or directory\n");
    world.config("usr = x\n");
    const Ended wrong = world.run({"imsend"}, succeed);
    CHECK(wrong.how == "exit 78");
    CHECK(wrong.err ==
          "imsend: " + (world.home / "config/im/im.conf") + ":1: unknown option 'usr'\n");
}

TEST_CASE("a value is 64 from the environment and 78 from a file") {
    World world;
    world.config("[imsend]\ncount = x\n");
    const Ended file = world.run({"imsend"}, tellCount);
    CHECK(file.how == "exit 78");
    CHECK(file.err == "imsend: " + (world.home / "config/im/im.conf") +
                          ":2: count: 'x': not a number of 0 to 9\n");
    world.environment = {{"IM_TEST_COUNT", "10"}};
    const Ended variable = world.run({"imsend"}, tellCount);
    CHECK(variable.how == "exit 64");
    CHECK(variable.err == "imsend: IM_TEST_COUNT: '10': not a number of 0 to 9\n");
    CHECK(world.run({"imsend", "-c3"}, tellCount).out == "3\n");
}

TEST_CASE("the common options are checked, used or not") {
    World world;
    CHECK(world.run({"imsend", "--color=green"}, succeed).err ==
          "imsend: --color: 'green': not one of auto, always, never\n");
    CHECK(world.run({"imsend", "--user=a/b"}, succeed).err ==
          "imsend: --user: 'a/b': not a user name: has one of , ; : / @ \\\n");
    CHECK(world.run({"imsend", "--server=h:0"}, succeed).how == "exit 64");
    world.environment = {{"IM_SERVER", "127.0.0.1:99999"}};
    const Ended variable = world.run({"imsend"}, succeed);
    CHECK(variable.how == "exit 64");
    CHECK(variable.err == "imsend: IM_SERVER: '127.0.0.1:99999': not HOST[:PORT]\n");
    world.environment = {};
    world.config("user = a/b\n");
    CHECK(world.run({"imsend"}, succeed).how == "exit 78");
}

TEST_CASE("quiet in a file is as -q") {
    World world;
    world.config("quiet = true\n");
    CHECK(world.run({"imsend"}, fail).err == "imsend: alice: no such user\n");
}

TEST_CASE("a running tool can read its files again") {
    World world;
    world.config("user = before\n[imsend]\ncount = 1\n");
    const Ended ended = world.run({"imsend", "-c7"}, [](Tool& tool) {
        const std::string file = std::string(std::getenv("XDG_CONFIG_HOME")) + "/im/im.conf";
        std::ofstream(file) << "user = after\n[imsend]\ncount = 2\n";
        const Settings again = tool.readAgain();
        tool.out().write(std::string(tool.settings().text(kUser)) + " " +
                         std::string(again.text(kUser)) + " " + std::string(again.text(100)));
        return 0;
    });
    CHECK(ended.out == "before after 7");
}
