// SPDX-License-Identifier: BSL-1.0
#include "libim/app/tool.hpp"

#include "libim/app/config.hpp"
#include "libim/app/escape.hpp"
#include "libim/base/name.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace im::app {

namespace {

void toStderr(const std::string& text) {
    // Nobody could be told that telling failed.
    [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, text.data(), text.size());
}

void unblock(int number) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
}

void ignorePipe(int /*number*/) {}

/// A write to a reader who left becomes EPIPE.  By a handler and not by SIG_IGN, because exec
/// gives handlers back their default and would pass SIG_IGN on to the children of imlisten -x.
void makePipeHarmless() {
    struct sigaction action {};
    action.sa_handler = ignorePipe;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGPIPE, &action, nullptr);
    unblock(SIGPIPE);
}

/// A stream that was closed from the start must not become a socket or a file of ours, into which
/// records would then be written.  What stands in its place fails as a closed one does: EBADF.
void holdClosedStreams() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(fd, F_GETFD) < 0)
            static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
}

int inform(const ToolInfo& info, int id) {
    Output out(STDOUT_FILENO);
    out.write(id == kHelp ? helpText(info) : versionText(info));
    out.close();
    return 0;
}

int report(const Tool& tool, const Error& error) {
    tool.complain(error.what(), Priority::Error);
    if (!error.hint().empty()) tool.hint(error.hint());
    return static_cast<int>(error.kind());
}

Error asError(const ToolInfo& info, const std::exception& problem) {
    if (info.translate != nullptr) return info.translate(problem);
    if (dynamic_cast<const std::bad_alloc*>(&problem) != nullptr)
        return Error(ErrorKind::OperatingSystem, "out of memory");
    return Error(ErrorKind::Software, std::string("internal error: ") + problem.what());
}

/// Runs `step` and turns what it throws into words on stderr and an exit status.
template <typename Step>
int guarded(const Tool& tool, Step step) {
    try {
        return step();
    } catch (const ReaderLeft&) {
        dieBySignal(SIGPIPE);
    } catch (const UsageError& error) {
        const int status = report(tool, error);
        toStderr(usageText(tool.info()));
        return status;
    } catch (const Error& error) {
        return report(tool, error);
    } catch (const std::exception& problem) {
        return report(tool, asError(tool.info(), problem));
    }
}

/// The common options that have a form are wrong in every tool alike, used or not.
void checkCommon(const Settings& settings) {
    constexpr std::array<std::string_view, 3> kColors{"auto", "always", "never"};
    (void)settings.server(kServer);
    (void)settings.choice(kColor, kColors, 0);
    const Given* user = settings.find(kUser);
    if (user == nullptr) return;
    const auto name = Name::parse(user->value);
    if (!name) throw wrongValue(*user, "not a user name: " + std::string(name.error()));
}

/// The command line with what environment and files add to it.
Settings completed(std::vector<Given> commandLine, const OptionTable& table) {
    Settings settings(withDefaults(std::move(commandLine), table));
    checkCommon(settings);
    return settings;
}

/// Everything behind the command line; its -q already counts.
int runParsed(const Tool& early, const OptionTable& table, CommandLine line, int (*body)(Tool&)) {
    return guarded(early, [&] {
        Tool tool(early.info(), completed(std::move(line.options), table),
                  std::move(line.operands));
        return guarded(tool, [&] {
            const int status = body(tool);
            tool.out().close();
            return status;
        });
    });
}

}  // namespace

Tool::Tool(const ToolInfo& info, Settings settings, std::vector<std::string_view> operands)
    : info_(info),
      settings_(std::move(settings)),
      operands_(std::move(operands)),
      out_(STDOUT_FILENO),
      quiet_(settings_.flag(kQuiet)),
      verbosity_(settings_.count(kVerbose)),
      toJournal_(isJournal(STDERR_FILENO)) {}

Settings Tool::readAgain() const {
    std::vector<Given> commandLine = settings_.given();
    std::erase_if(commandLine, [](const Given& g) { return g.source != Source::CommandLine; });
    return completed(std::move(commandLine), OptionTable(info_.name, info_.options));
}

void Tool::say(Priority priority, std::string_view kind, std::string_view what) const {
    // One write, so that the lines of several programs on one terminal do not mix.
    std::string line = progressShown_ ? "\r\033[K" : "";
    progressShown_ = false;
    if (toJournal_) line += prefixOf(priority);
    line.append(info_.name).append(": ").append(kind).append(printable(what)).append("\n");
    if (unhurried_) return unhurried_->say(line);
    toStderr(line);
}

void Tool::dontWaitForStderr() {
    const std::string prefix = toJournal_ ? prefixOf(Priority::Warning) : "";
    unhurried_.emplace(STDERR_FILENO, prefix + info_.name);
}

void Tool::complain(std::string_view what, Priority priority) const {
    say(priority, "", what);
}

void Tool::notice(std::string_view what) const {
    if (!quiet_) say(Priority::Notice, "notice: ", what);
}

void Tool::hint(std::string_view what) const {
    if (!quiet_) say(Priority::Info, "hint: ", what);
}

void Tool::detail(unsigned level, std::string_view what) const {
    if (verbosity_ >= level) say(Priority::Info, "", what);
}

bool Tool::stderrIsTerminal() const {
    return ::isatty(STDERR_FILENO) == 1;
}

void Tool::progress(std::string_view text) {
    if (quiet_ || !stderrIsTerminal()) return;
    if (text.empty() && !progressShown_) return;
    std::string line = "\r\033[K";
    if (!text.empty()) line.append(info_.name).append(": ").append(printable(text));
    progressShown_ = !text.empty();
    toStderr(line);
}

int runTool(const ToolInfo& info, int argc, char* argv[], int (*body)(Tool&)) {
    holdClosedStreams();
    makePipeHarmless();
    const OptionTable table(info.name, info.options);
    return guarded(Tool(info, {}, {}), [&] {
        CommandLine line = parseCommandLine(argc, argv, table);
        if (line.stopped) return inform(info, line.options.back().option->id);
        const Tool early(info, Settings(line.options), {});
        return runParsed(early, table, std::move(line), body);
    });
}

void dieBySignal(int number) {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    ::sigaction(number, &action, nullptr);
    unblock(number);
    ::raise(number);
    ::_exit(128 + number);  // only when its default is not to die
}

int worseStatus(int a, int b) {
    constexpr std::array kWorstFirst{77, 65, 67, 68, 69};
    if (a == b || b == 0) return a;
    if (a == 0) return b;
    for (const int status : kWorstFirst)
        if (a == status || b == status) return status;
    return a == 75 ? b : a;
}

}  // namespace im::app
