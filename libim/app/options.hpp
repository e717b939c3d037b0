// SPDX-License-Identifier: BSL-1.0
// Options: one table per tool, from which parsing, im.conf, --help and the test against the
// manual come.  The grammar is GNU's, by getopt_long: short options bundle, values attach, "--"
// ends the options, and so does the first operand.  Abbreviated long options are refused.
// Of several values of an option that is not repeatable, the last one counts.
#pragma once

#include "libim/base/error.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace im::app {

enum class OptionKind : std::uint8_t {
    Common,  ///< means the same in every tool; in im.conf before any header
    Own,     ///< this tool's; in im.conf under its name
    Sealed,  ///< recognised, listed by --help apart, and refused: 64, "needs the sealed profile"
};

struct Option {
    int id = 0;                      ///< what the tool asks Settings for; own ids from kFirstOwnId
    char letter = 0;                 ///< 0: none
    const char* name = nullptr;      ///< the long name; nullptr: only the letter
    const char* argument = nullptr;  ///< as shown: "DUR"; nullptr: a flag, takes no value
    const char* help = nullptr;      ///< one line of --help
    OptionKind kind = OptionKind::Own;
    bool repeatable = false;         ///< every value counts (-b), or the flags are counted (-v)
    bool inConfig = true;            ///< may stand in im.conf
    const char* variable = nullptr;  ///< environment variable that gives it, or nullptr
};

/// Ids of what is shared; a tool's own ids start at kFirstOwnId.
inline constexpr int kServer = 1;
inline constexpr int kUser = 2;
inline constexpr int kConfig = 3;
inline constexpr int kQuiet = 4;
inline constexpr int kVerbose = 5;
inline constexpr int kHelp = 6;
inline constexpr int kVersion = 7;
inline constexpr int kColor = 8;
inline constexpr int kTime = 9;
inline constexpr int kJson = 10;
inline constexpr int kNull = 11;
inline constexpr int kFormat = 12;
inline constexpr int kFirstOwnId = 100;

/// -s -u -C -q -v -h -V --color: in every tool, without being listed in the tool's table.
[[nodiscard]] std::span<const Option> commonOptions();

// For the table of a tool that prints records.  The shape is not in im.conf: a file does not
// change the format of records under the feet of a script.
inline constexpr Option kTimeOption{.id = kTime,
                                    .name = "time",
                                    .argument = "utc|local|unix|none",
                                    .help = "how times are written (default utc)"};
inline constexpr Option kJsonOption{.id = kJson,
                                    .letter = 'j',
                                    .name = "json",
                                    .help = "print NDJSON, one object a line",
                                    .inConfig = false};
inline constexpr Option kNullOption{.id = kNull,
                                    .letter = '0',
                                    .name = "null",
                                    .help = "records end in NUL, their text is raw",
                                    .inConfig = false};
inline constexpr Option kFormatOption{.id = kFormat,
                                      .letter = 'F',
                                      .name = "format",
                                      .argument = "FMT",
                                      .help = "print each record as FMT says, see imevents(5)",
                                      .inConfig = false};

/// A usage error: what() and the usage lines go to stderr, the exit status is 64.
class UsageError : public Error {
public:
    explicit UsageError(const std::string& what, std::string hint = {})
        : Error(ErrorKind::Usage, what, std::move(hint)) {}
};

/// Where a value comes from, strongest first.
enum class Source : std::uint8_t { CommandLine, Environment, UserFile, SystemFile };

/// One option as somebody gave it.
struct Given {
    const Option* option = nullptr;
    std::string value;  ///< of a flag "true" or "false"
    Source source = Source::CommandLine;
    std::string where;  ///< for messages: "--count", "IM_TIMEOUT", "/etc/im/im.conf:3: count"
};

/// "WHERE: 'VALUE': WHY", 78 from a file, else 64.
[[nodiscard]] Error wrongValue(const Given& given, std::string_view why);

/// A tool's options and the common ones.  Borrows `own`; an own option with the letter, name or
/// id of a common one stands in its place (imsend's -v says what it adds).
class OptionTable {
public:
    OptionTable(std::string_view tool, std::span<const Option> own);

    /// nullptr when there is none.
    const Option* byName(std::string_view name) const;
    const Option* byLetter(char letter) const;

    std::string_view tool() const { return tool_; }                 ///< "imsend"
    const std::vector<const Option*>& all() const { return all_; }  ///< own first

private:
    std::string_view tool_;
    std::vector<const Option*> all_;
};

struct CommandLine {
    std::vector<Given> options;              ///< in the order given
    std::vector<std::string_view> operands;  ///< borrowed from argv
    /// -h or -V was met: the last of `options`, nothing behind it has been looked at.
    bool stopped = false;
};

/// Parses argv[1] and on; throws UsageError, and Error 64 for a Sealed option.  `argv` ends in a
/// null pointer and is not reordered.  Not thread-safe: getopt keeps its state in globals.
[[nodiscard]] CommandLine parseCommandLine(int argc, char* const argv[], const OptionTable& table);

}  // namespace im::app
