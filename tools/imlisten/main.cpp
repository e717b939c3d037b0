// SPDX-License-Identifier: BSL-1.0
// imlisten - print every incoming message and presence event as one line.  Manual: imlisten(1)

#include "libim/app/paths.hpp"
#include "libim/net/clock.hpp"
#include "libim/net/signals.hpp"
#include "tools/imlisten/listening.hpp"
#include "tools/shared/login_options.hpp"

#include <fcntl.h>

#include <array>
#include <climits>
#include <csignal>
#include <cstdint>
#include <memory>

namespace {

using namespace im;
using app::Option;

constexpr int kFrom = tools::kFirstToolId;
constexpr int kType = tools::kFirstToolId + 1;
constexpr int kRoster = tools::kFirstToolId + 2;
constexpr int kCount = tools::kFirstToolId + 3;
constexpr int kExec = tools::kFirstToolId + 4;
constexpr int kPrint = tools::kFirstToolId + 5;
constexpr int kKeep = tools::kFirstToolId + 6;
constexpr int kReadyFd = tools::kFirstToolId + 7;
constexpr int kAck = tools::kFirstToolId + 8;
constexpr int kAllowClassic = tools::kFirstToolId + 9;

constexpr std::array kOptions{
    tools::kPortOption,
    tools::kBindOption,
    tools::kClassicOption,
    tools::kForceOption,
    Option{.id = kAllowClassic,
           .name = "allow-classic",
           .help = "sealed: show what is said in classic, too"},
    Option{.id = kFrom,
           .letter = 'f',
           .name = "from",
           .argument = "USER",
           .help = "only this user, repeatable; '!carol' excludes",
           .repeatable = true},
    Option{.id = kType,
           .letter = 'T',
           .name = "type",
           .argument = "TYPE,...",
           .help = "only these types (default all but roster)"},
    Option{.id = kRoster,
           .letter = 'r',
           .name = "roster",
           .help = "first who is online now, then the stream"},
    Option{.id = kCount,
           .letter = 'c',
           .name = "count",
           .argument = "N",
           .help = "exit 0 after N matching records"},
    Option{.id = tools::kTimeout,
           .letter = 't',
           .name = "timeout",
           .argument = "DUR",
           .help = "end after DUR; 1 when too little came",
           .variable = "IM_TIMEOUT"},
    Option{.id = kExec,
           .letter = 'x',
           .name = "exec",
           .argument = "CMD",
           .help = "run CMD for each record, text on its stdin"},
    Option{.id = kPrint, .name = "print", .help = "with -x: print the records as well"},
    Option{.id = kKeep, .name = "keep", .help = "do not log out at the end"},
    Option{.id = kReadyFd,
           .name = "ready-fd",
           .argument = "N",
           .help = "write a newline to descriptor N when listening",
           .inConfig = false},
    app::kJsonOption,
    app::kNullOption,
    app::kFormatOption,
    app::kTimeOption,
    Option{.id = kAck,
           .name = "ack",
           .argument = "write|exec|never",
           .help = "sealed: when the receipt goes out"},
};

constexpr std::array kSynopsis{
    "[-p PORT | -b ADDR:PORT] [--classic] [-f USER]... [-T TYPE,...] [-r]\n"
    "                [-c N] [-t DUR] [-x CMD [--print]] [--keep] [-j | -0 | -F FMT]",
};

constexpr std::array kExamples{
    "imlisten -T talk | grep -i --line-buffered deploy | cut -f3,5",
    "imlisten -0 -T talk -F '%rm' -c 1 -t 30s -f alice > received.bin",
    "imlisten -T talk -x 'logger -t \"im:$IM_FROM\"'",
};

constexpr app::ToolInfo kInfo{.name = "imlisten",
                              .section = 1,
                              .purpose = "print every incoming message and presence event",
                              .synopsis = kSynopsis,
                              .options = kOptions,
                              .examples = kExamples,
                              .translate = tools::translate};

node::ListenFilter filterOf(const app::Settings& settings) {
    node::ListenFilter filter;
    for (const app::Given* given : settings.all(kFrom)) filter.addUser(given->value);
    if (const app::Given* given = settings.find(kType)) filter.addTypes(given->value);
    if (settings.flag(kRoster)) filter.takeRoster();
    return filter;
}

node::ListenGoal goalOf(const app::Settings& settings) {
    std::optional<std::uint64_t> count;
    std::optional<Duration> timeout;
    if (settings.find(kCount) != nullptr) count = settings.number(kCount, 1, UINT64_MAX, 1);
    if (settings.find(tools::kTimeout) != nullptr) timeout = settings.duration(tools::kTimeout, {});
    return {count, timeout, net::now()};
}

std::optional<int> readyDescriptorOf(const app::Settings& settings) {
    const app::Given* given = settings.find(kReadyFd);
    if (given == nullptr) return std::nullopt;
    const auto descriptor = static_cast<int>(settings.number(kReadyFd, 0, INT_MAX, 0));
    if (::fcntl(descriptor, F_GETFD) < 0) throw app::wrongValue(*given, "not open");
    return descriptor;
}

/// With a command and no records the receipt is the command's business.
node::AckWhen ackOf(const app::Settings& settings) {
    constexpr std::array<std::string_view, 3> kWords{"write", "exec", "never"};
    const bool hasCommand = settings.find(kExec) != nullptr;
    const bool prints = !hasCommand || settings.flag(kPrint);
    const app::Given* given = settings.find(kAck);
    const auto when = static_cast<node::AckWhen>(settings.choice(kAck, kWords, prints ? 0 : 1));
    if (when == node::AckWhen::Exec && !hasCommand)
        throw app::wrongValue(*given, "there is no --exec");
    if (when == node::AckWhen::Write && !prints)
        throw app::wrongValue(*given, "with --exec nothing is written without --print");
    return when;
}

tools::ListenPlan planOf(app::Tool& tool) {
    const app::Settings& settings = tool.settings();
    const std::string command(settings.text(kExec));
    if (settings.find(kExec) != nullptr && command.empty())
        throw app::wrongValue(*settings.find(kExec), "no command");
    return {
        .service = {.local = tools::localWish(settings),
                    .rosterFirst = settings.flag(kRoster),
                    .keep = settings.flag(kKeep),
                    .allowClassic = settings.flag(kAllowClassic) || settings.flag(tools::kClassic),
                    .outbox = app::stateDirectory() + "/outbox"},
        .ack = ackOf(settings),
        .filter = filterOf(settings),
        .goal = goalOf(settings),
        .style = app::recordStyle(settings, tool.out().isTerminal()),
        .command = command,
        .prints = command.empty() || settings.flag(kPrint),
        .readyDescriptor = readyDescriptorOf(settings)};
}

int listen(app::Tool& tool) {
    if (!tool.operands().empty())
        throw app::UsageError("'" + std::string(tool.operands().front()) +
                              "': no operand expected");
    tools::ListenPlan plan = planOf(tool);
    const node::Account account =
        node::findAccount(tools::sessionDirectory(), tools::accountQuery(tool.settings()));
    std::unique_ptr<node::SealedSelf> self;
    if (tools::profileOf(tool, account) == node::Profile::Sealed)
        self = tools::openSelf(tool, account);
    net::blockSignals({SIGCHLD});
    net::Loop loop;
    return tools::Listening(tool, loop, account, std::move(plan), self.get()).run();
}

}  // namespace

int main(int argc, char** argv) {
    return im::app::runTool(kInfo, argc, argv, listen);
}
