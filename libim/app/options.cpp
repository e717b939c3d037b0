// SPDX-License-Identifier: BSL-1.0
#include "libim/app/options.hpp"

#include <getopt.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace im::app {

namespace {

constexpr std::array kCommonOptions{
    Option{.id = kServer,
           .letter = 's',
           .name = "server",
           .argument = "HOST[:PORT]",
           .help = "the index (default port 4649)",
           .kind = OptionKind::Common,
           .variable = "IM_SERVER"},
    Option{.id = kUser,
           .letter = 'u',
           .name = "user",
           .argument = "NAME",
           .help = "who you are",
           .kind = OptionKind::Common,
           .variable = "IM_USER"},
    Option{.id = kConfig,
           .letter = 'C',
           .name = "config",
           .argument = "FILE",
           .help = "read FILE instead of im.conf",
           .kind = OptionKind::Common,
           .inConfig = false,
           .variable = "IM_CONFIG"},
    Option{.id = kQuiet,
           .letter = 'q',
           .name = "quiet",
           .help = "no hints, notices and progress",
           .kind = OptionKind::Common},
    Option{.id = kVerbose,
           .letter = 'v',
           .name = "verbose",
           .help = "say more, repeatable",
           .kind = OptionKind::Common,
           .repeatable = true},
    Option{.id = kColor,
           .name = "color",
           .argument = "auto|always|never",
           .help = "colour records (default auto)",
           .kind = OptionKind::Common},
    Option{.id = kHelp,
           .letter = 'h',
           .name = "help",
           .help = "print this help",
           .kind = OptionKind::Common,
           .inConfig = false},
    Option{.id = kVersion,
           .letter = 'V',
           .name = "version",
           .help = "print the version",
           .kind = OptionKind::Common,
           .inConfig = false},
};

bool sameOption(const Option& a, const Option& b) {
    return a.id == b.id || (a.letter != 0 && a.letter == b.letter) ||
           (a.name != nullptr && b.name != nullptr && std::string_view(a.name) == b.name);
}

/// "--count", or "-x" where there is no long name.
std::string shown(const Option& option) {
    if (option.name != nullptr) return std::string("--") + option.name;
    return {'-', option.letter};
}

/// getopt_long's two descriptions of a table.  A long option is reported as kLongBase plus its
/// place in the table, so that ids may be any numbers.
struct Grammar {
    static constexpr int kLongBase = 1000;

    explicit Grammar(const OptionTable& table) : all(table.all()) {
        // '+': the first operand ends the options.  ':': a missing value is told apart.
        letters = "+:";
        for (std::size_t i = 0; i < all.size(); ++i) add(*all[i], kLongBase + static_cast<int>(i));
        names.push_back({nullptr, 0, nullptr, 0});
    }

    void add(const Option& option, int value) {
        if (option.letter != 0) {
            letters += option.letter;
            if (option.argument != nullptr) letters += ':';
        }
        if (option.name != nullptr)
            names.push_back({option.name,
                             option.argument != nullptr ? required_argument : no_argument, nullptr,
                             value});
    }

    /// Of what getopt_long returned or left in optopt; nullptr for a letter that is none.
    const Option* reported(int value, const OptionTable& table) const {
        if (value >= kLongBase) return all[static_cast<std::size_t>(value - kLongBase)];
        return table.byLetter(static_cast<char>(value));
    }

    const std::vector<const Option*>& all;
    std::string letters;
    std::vector<::option> names;
};

void refuseSealed(const Option& option) {
    if (option.kind == OptionKind::Sealed)
        throw Error(ErrorKind::Usage, shown(option) + ": needs the sealed profile");
}

/// getopt_long takes abbreviations, so the exact name is looked for before it sees the argument.
void checkLongOption(std::string_view argument, const OptionTable& table) {
    const std::string_view name = argument.substr(2, argument.find('=') - 2);
    const Option* option = table.byName(name);
    if (option == nullptr) throw UsageError("unknown option --" + std::string(name));
    refuseSealed(*option);
    if (option->argument == nullptr && argument.find('=') != std::string_view::npos)
        throw UsageError("--" + std::string(name) + ": takes no value");
}

/// One answer of getopt_long that is no option: an unknown letter, or a missing value.
[[noreturn]] void refuse(const Grammar& grammar, const OptionTable& table) {
    const Option* option = grammar.reported(optopt, table);
    if (option == nullptr)
        throw UsageError(std::string("unknown option -") + static_cast<char>(optopt));
    refuseSealed(*option);
    throw UsageError(shown(*option) + ": needs a value, " + option->argument);
}

Given onCommandLine(const Option& option) {
    return {&option, option.argument != nullptr ? optarg : "true", Source::CommandLine,
            shown(option)};
}

}  // namespace

std::span<const Option> commonOptions() {
    return kCommonOptions;
}

Error wrongValue(const Given& given, std::string_view why) {
    const bool inFile = given.source == Source::UserFile || given.source == Source::SystemFile;
    return Error(inFile ? ErrorKind::Configuration : ErrorKind::Usage,
                 given.where + ": '" + given.value + "': " + std::string(why));
}

OptionTable::OptionTable(std::string_view tool, std::span<const Option> own) : tool_(tool) {
    for (const Option& option : own) all_.push_back(&option);
    for (const Option& option : kCommonOptions)
        if (std::none_of(own.begin(), own.end(),
                         [&option](const Option& other) { return sameOption(option, other); }))
            all_.push_back(&option);
}

const Option* OptionTable::byName(std::string_view name) const {
    for (const Option* option : all_)
        if (option->name != nullptr && name == option->name) return option;
    return nullptr;
}

const Option* OptionTable::byLetter(char letter) const {
    for (const Option* option : all_)
        if (letter != 0 && option->letter == letter) return option;
    return nullptr;
}

CommandLine parseCommandLine(int argc, char* const argv[], const OptionTable& table) {
    const Grammar grammar(table);
    CommandLine line;
    opterr = 0;  // the words are ours
    optind = 0;  // glibc: begin anew
    for (;;) {
        const int next = std::max(optind, 1);
        const std::string_view argument = next < argc ? argv[next] : "";
        if (argument.size() > 2 && argument.substr(0, 2) == "--") checkLongOption(argument, table);
        const int answer =
            getopt_long(argc, argv, grammar.letters.c_str(), grammar.names.data(), nullptr);
        if (answer == -1) break;
        if (answer == '?' || answer == ':') refuse(grammar, table);
        const Option& option = *grammar.reported(answer, table);
        refuseSealed(option);
        line.options.push_back(onCommandLine(option));
        line.stopped = option.id == kHelp || option.id == kVersion;
        if (line.stopped) return line;
    }
    for (int i = std::max(optind, 1); i < argc; ++i) line.operands.emplace_back(argv[i]);
    return line;
}

}  // namespace im::app
