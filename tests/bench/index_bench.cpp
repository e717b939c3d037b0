// SPDX-License-Identifier: BSL-1.0
// index_bench TOOLS PART [AMOUNT]: what im costs beside the raw kernel, and beside mosquitto, redis
// and nats-server where they are installed, in the same run.  TOOLS is the folder of the built
// programs.  The parts are in parts.hpp; `machine` prints where it is measured.  Loopback only,
// bounded in time.  Exit status: 0 all bars hold, 1 some are missed, 64, 70.
#include "tests/bench/figures.hpp"
#include "tests/bench/parts.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

namespace {

using namespace im::bench;
namespace fs = std::filesystem;

struct Part {
    std::string_view name;
    std::function<void(const Place&, int amount)> run;
    int amount = 0;  // when the command line does not say
};

const std::array kParts{
    Part{"machine", [](const Place&, int) { printMachine(); }},
    Part{"login", [](const Place& place, int) { benchLogin(place); }},
    Part{"fanout", [](const Place& place, int) { benchFanout(place); }},
    Part{"storm", [](const Place& place, int) { benchStorm(place); }},
    Part{"roster", [](const Place& place, int) { benchRoster(place); }},
    Part{"memory", [](const Place& place, int) { benchMemory(place); }},
    Part{"serve", [](const Place& place, int) { benchServe(place); }},
    Part{"pipe", [](const Place& place, int) { benchPipe(place); }},
    Part{"once", [](const Place& place, int) { benchOnce(place); }},
    Part{"sealed", [](const Place& place, int) { benchSealed(place); }},
    Part{"overload", benchOverload, 30},
    Part{"soak", benchSoak, 30},
    Part{"kill", benchKill, 20},
};

/// Whose environment is bare, so that nobody's configuration is measured.
void bareEnvironment(const fs::path& scratch) {
    for (const char* name : {"XDG_CONFIG_HOME", "XDG_STATE_HOME", "IM_SERVER", "IM_USER",
                             "IM_CONFIG", "IM_TIMEOUT", "NOTIFY_SOCKET"})
        unsetenv(name);
    setenv("HOME", scratch.c_str(), 1);
    setenv("XDG_RUNTIME_DIR", scratch.c_str(), 1);
}

int run(const Part& part, const fs::path& tools, const char* amount) {
    std::string pattern = (fs::temp_directory_path() / "im-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) return 73;
    const fs::path scratch = pattern;
    // mosquitto gives up being root and still has to read its configuration here.
    fs::permissions(scratch, fs::perms::others_exec, fs::perm_options::add);
    bareEnvironment(scratch);
    part.run({tools, scratch}, amount == nullptr ? part.amount : std::atoi(amount));
    fs::remove_all(scratch);
    return barsMissed() == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 3 || argc == 4)
        for (const Part& part : kParts)
            if (part.name == argv[2]) return run(part, argv[1], argc == 4 ? argv[3] : nullptr);
    std::fputs("usage: index_bench TOOLS PART [AMOUNT]\n", stderr);
    return 64;
}
