// SPDX-License-Identifier: BSL-1.0
// imlogin - register with the index and print who is online.  Manual: imlogin(1)

#include "tools/imlogin/commands.hpp"
#include "tools/imlogin/keys.hpp"
#include "tools/shared/login_options.hpp"

#include <array>

namespace {

using namespace im;
using app::Option;
using app::OptionKind;

constexpr int kList = tools::kFirstToolId;
constexpr int kLogout = tools::kFirstToolId + 1;
constexpr int kIsOnline = tools::kFirstToolId + 2;
constexpr int kWait = tools::kFirstToolId + 3;
constexpr int kKey = tools::kFirstToolId + 4;
constexpr int kVerify = tools::kFirstToolId + 5;
constexpr int kTrust = tools::kFirstToolId + 6;
constexpr int kForget = tools::kFirstToolId + 7;
constexpr int kPath = tools::kFirstToolId + 8;

constexpr std::array kOptions{
    Option{.id = kList,
           .letter = 'l',
           .name = "list",
           .help = "print the roster, register nothing",
           .inConfig = false},
    Option{.id = kLogout,
           .letter = 'o',
           .name = "logout",
           .help = "log out, remove the session file",
           .inConfig = false},
    Option{.id = kIsOnline,
           .letter = 'i',
           .name = "is-online",
           .help = "is everyone named online? exit 0 or 1",
           .inConfig = false},
    Option{.id = kWait,
           .letter = 'w',
           .name = "wait",
           .help = "wait until everyone named is online",
           .inConfig = false},
    tools::kPortOption,
    tools::kBindOption,
    tools::kClassicOption,
    tools::kForceOption,
    Option{.id = tools::kTimeout,
           .letter = 't',
           .name = "timeout",
           .argument = "DUR",
           .help = "wait for the index (default 5s); with -w for the users",
           .variable = "IM_TIMEOUT"},
    app::kJsonOption,
    app::kNullOption,
    app::kFormatOption,
    app::kTimeOption,
    Option{.id = kKey, .name = "key", .help = "print your fingerprint", .inConfig = false},
    Option{.id = kVerify,
           .name = "verify",
           .argument = "USER",
           .help = "compare a user's key by six words",
           .inConfig = false},
    Option{.id = kTrust,
           .name = "trust",
           .argument = "USER",
           .help = "this is the user's key, whatever was known",
           .inConfig = false},
    Option{.id = kForget,
           .name = "forget",
           .argument = "USER",
           .help = "forget a user's key",
           .inConfig = false},
    Option{.id = kPath,
           .letter = 'x',
           .name = "path",
           .help = "is the path to a user direct?",
           .kind = OptionKind::Sealed},
};

constexpr std::array kSynopsis{
    "[-p PORT | -b ADDR:PORT] [--classic] [-qj0F]",
    "-l | -o",
    "-i USER...",
    "-w [-t DUR] USER...",
    "--key | --verify USER | --trust USER [KEY] | --forget USER",
};

constexpr std::array kExamples{
    "imlogin",
    "imlogin -i bob >/dev/null && imsend bob 'lunch?'",
    "imlogin -w -t 10m bob && imsend bob 'you there? build is broken'",
};

constexpr app::ToolInfo kInfo{.name = "imlogin",
                              .section = 1,
                              .purpose = "register with the index and print who is online",
                              .synopsis = kSynopsis,
                              .options = kOptions,
                              .examples = kExamples,
                              .translate = tools::translate};

/// What is asked for; 0: to register.
int modeOf(const app::Settings& settings) {
    int mode = 0;
    for (const int id : {kList, kLogout, kIsOnline, kWait, kKey, kVerify, kTrust, kForget}) {
        if (settings.find(id) == nullptr) continue;
        if (mode != 0)
            throw app::UsageError(
                "-l, -o, -i, -w, --key, --verify, --trust and --forget exclude each other");
        mode = id;
    }
    return mode;
}

std::vector<std::string> usersOf(const app::Tool& tool) {
    std::vector<std::string> users;
    for (const std::string_view operand : tool.operands())
        users.push_back(Name::orThrow(operand, ErrorKind::Usage).str());
    if (users.empty()) throw app::UsageError("no user is named");
    return users;
}

void checkNoOperands(const app::Tool& tool) {
    if (tool.operands().empty()) return;
    throw app::UsageError("'" + std::string(tool.operands().front()) + "': no operand expected");
}

/// All values are looked at, whatever is asked for, so that a mistake is said at once.
tools::LoginRequest requestOf(app::Tool& tool) {
    const app::Settings& settings = tool.settings();
    tools::LoginRequest request;
    request.query = tools::accountQuery(settings);
    request.local = tools::localWish(settings);
    request.style = app::recordStyle(settings, tool.out().isTerminal());
    if (settings.find(tools::kTimeout) != nullptr)
        request.timeout = settings.duration(tools::kTimeout, {});
    return request;
}

Name userOf(const app::Settings& settings, int id) {
    const app::Given& given = *settings.find(id);
    auto name = Name::parse(given.value);
    if (!name) throw app::wrongValue(given, "not a user name: " + std::string(name.error()));
    return *name;
}

int trust(app::Tool& tool, const tools::LoginRequest& request) {
    if (tool.operands().size() > 1)
        throw app::UsageError("'" + std::string(tool.operands()[1]) + "': no operand expected");
    std::optional<std::string> key;
    if (!tool.operands().empty()) key = tool.operands().front();
    return tools::trust(tool, request, userOf(tool.settings(), kTrust), key);
}

int login(app::Tool& tool) {
    const tools::LoginRequest request = requestOf(tool);
    const int mode = modeOf(tool.settings());
    if (mode == kIsOnline) return tools::isOnline(tool, request, usersOf(tool));
    if (mode == kWait) return tools::waitFor(tool, request, usersOf(tool));
    if (mode == kTrust) return trust(tool, request);
    checkNoOperands(tool);
    if (mode == kKey) return tools::printKey(tool);
    if (mode == kVerify) return tools::verify(tool, request, userOf(tool.settings(), kVerify));
    if (mode == kForget) return tools::forget(tool, request, userOf(tool.settings(), kForget));
    if (mode == kList) return tools::list(tool, request);
    if (mode == kLogout) return tools::logOut(tool, request);
    return tools::registerUser(tool, request);
}

}  // namespace

int main(int argc, char** argv) {
    return im::app::runTool(kInfo, argc, argv, login);
}
