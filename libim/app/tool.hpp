// SPDX-License-Identifier: BSL-1.0
// Tool: what the four programs do alike.  --help and --version, the precedence of settings,
// "imsend: what" and "imsend: hint: …" on stderr, exit statuses, stdout checked to the end, and
// death by SIGPIPE when the reader has left.  No POCO, no iostream: imsend starts with it.
//
//     constexpr im::app::ToolInfo kInfo{.name = "imsend", …};
//     int send(im::app::Tool& tool) { … return 0; }
//     int main(int argc, char** argv) { return im::app::runTool(kInfo, argc, argv, send); }
#pragma once

#include "libim/app/journal.hpp"
#include "libim/app/options.hpp"
#include "libim/app/output.hpp"
#include "libim/app/settings.hpp"
#include "libim/app/unhurried_lines.hpp"
#include "libim/base/error.hpp"

#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace im::app {

struct ToolInfo {
    const char* name;                       ///< "imsend"
    int section;                            ///< of its manual page
    const char* purpose;                    ///< "send messages", one line
    std::span<const char* const> synopsis;  ///< each without the program's name
    std::span<const Option> options;        ///< its own; the common ones are added
    std::span<const char* const> examples;  ///< three command lines
    /// Makes an Error of an exception that is none, or nullptr.  For a tool that uses POCO,
    /// whose what() omits the detail.
    Error (*translate)(const std::exception&) = nullptr;
};

/// What a running tool sees of the shell it was started from.  One per program; it belongs to
/// the main thread.
class Tool {
public:
    Tool(const ToolInfo& info, Settings settings, std::vector<std::string_view> operands);

    const ToolInfo& info() const { return info_; }
    const Settings& settings() const { return settings_; }
    /// What they would be if the program were started now with the same command line.  Throws as
    /// it would then.  For a server's HUP.
    [[nodiscard]] Settings readAgain() const;
    std::span<const std::string_view> operands() const { return operands_; }
    Output& out() { return out_; }  ///< stdout

    bool quiet() const { return quiet_; }              ///< -q
    unsigned verbosity() const { return verbosity_; }  ///< how many -v

    // Each writes whole lines to stderr; control characters and what is not UTF-8 are escaped,
    // so that a peer's text cannot drive the terminal.  When stderr is the journal, a line begins
    // with its priority.
    /// "imsend: what": always said
    void complain(std::string_view what, Priority priority = Priority::Warning) const;
    void notice(std::string_view what) const;  ///< "imsend: notice: what": not with -q
    void hint(std::string_view what) const;    ///< "imsend: hint: what": not with -q
    /// "imsend: what" when -v was given `level` times or more.
    void detail(unsigned level, std::string_view what) const;
    /// From now on no word to stderr is waited for: what finds no room is dropped and counted.
    /// For a server, which a reader asleep must not stop.
    void dontWaitForStderr();
    /// A line that the next progress or message replaces; only when stderr is a terminal and
    /// without -q.  An empty `text` takes the line away.
    void progress(std::string_view text);
    bool stderrIsTerminal() const;

private:
    void say(Priority priority, std::string_view kind, std::string_view what) const;

    const ToolInfo& info_;
    Settings settings_;
    std::vector<std::string_view> operands_;
    Output out_;
    bool quiet_;
    unsigned verbosity_;
    bool toJournal_;
    mutable bool progressShown_ = false;
    mutable std::optional<UnhurriedLines> unhurried_;
};

/// Runs `body` and returns the exit status: its own, that of the Error it threw, 70 for another
/// exception.  Answers --help and --version itself.  First of all unblocks SIGPIPE (loading
/// libPocoFoundation blocks it) and makes it harmless, so that a write to a reader who left is
/// EPIPE and `body` can log out on the way; ReaderLeft then ends the program by SIGPIPE.
[[nodiscard]] int runTool(const ToolInfo& info, int argc, char* argv[], int (*body)(Tool&));

/// Ends the program by signal `number` with its default action, as the shell expects (128+n).
/// Nothing is unwound: log out before.
[[noreturn]] void dieBySignal(int number);

/// The worse of two exit statuses, for several recipients or lines: 77, 65, 67, 68, 69, any
/// other, 75, 0.
[[nodiscard]] int worseStatus(int a, int b);

/// --help: purpose, synopsis, options (those of the sealed profile apart), examples, manual.
[[nodiscard]] std::string helpText(const ToolInfo& info);

/// "usage: imsend …", one line per form of the synopsis.
[[nodiscard]] std::string usageText(const ToolInfo& info);

/// "imsend 0.1.0".
[[nodiscard]] std::string versionText(const ToolInfo& info);

}  // namespace im::app
