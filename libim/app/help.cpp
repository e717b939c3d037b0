// SPDX-License-Identifier: BSL-1.0
// The text of --help, made of the tables.
#include "libim/app/tool.hpp"

#include <cstddef>

namespace im::app {

namespace {

/// "  -c, --count=N", "      --keep", "  -x".
std::string leftColumn(const Option& option) {
    std::string text = "  ";
    text += option.letter != 0 ? std::string{'-', option.letter} : "  ";
    if (option.name == nullptr) return text;
    text += option.letter != 0 ? ", --" : "  --";
    text += option.name;
    if (option.argument != nullptr) text.append("=").append(option.argument);
    return text;
}

std::string optionLine(const Option& option) {
    constexpr std::size_t kColumn = 30;
    std::string line = leftColumn(option);
    if (line.size() + 2 > kColumn) line.append("\n");
    const std::size_t used = line.back() == '\n' ? 0 : line.size();
    return line.append(kColumn - used, ' ').append(option.help).append("\n");
}

/// The options of one kind under their heading; nothing when there are none.
std::string section(const OptionTable& table, OptionKind kind, const char* heading) {
    std::string lines;
    for (const Option* option : table.all())
        if (option->kind == kind) lines += optionLine(*option);
    return lines.empty() ? "" : std::string("\n") + heading + ":\n" + lines;
}

}  // namespace

std::string usageText(const ToolInfo& info) {
    std::string text;
    for (const char* form : info.synopsis) {
        text += text.empty() ? "usage: " : "       ";
        text.append(info.name).append(" ").append(form).append("\n");
    }
    return text;
}

std::string helpText(const ToolInfo& info) {
    const OptionTable table(info.name, info.options);
    std::string text = std::string(info.name) + " - " + info.purpose + "\n\n" + usageText(info);
    text += section(table, OptionKind::Own, "options");
    text += section(table, OptionKind::Common, "options of all tools");
    text += section(table, OptionKind::Sealed, "sealed profile (not in this release)");
    text += "\nexamples:\n";
    for (const char* example : info.examples) text.append("  ").append(example).append("\n");
    return text + "\nmanual: " + info.name + "(" + std::to_string(info.section) + ")\n";
}

std::string versionText(const ToolInfo& info) {
    return std::string(info.name) + " " IM_VERSION "\n";
}

}  // namespace im::app
