// SPDX-License-Identifier: BSL-1.0
// Laws: an aliases file is refused with file and line, or every line's alias stands for at least
// one recipient, none of them an alias and none twice.
#include "libim/app/recipient.hpp"
#include "libim/app/text_line.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace im;
using namespace im::app;

namespace {

std::optional<Aliases> parse(std::string_view text) {
    try {
        return Aliases::parse(text, "aliases");
    } catch (const Error& error) {
        IM_LAW(error.kind() == ErrorKind::Configuration);
        IM_LAW(std::string_view(error.what()).substr(0, 8) == "aliases:");
        return {};
    }
}

/// What the alias stands for; nothing when it cannot be used, for a reason that names the line.
std::vector<std::string> expand(const Aliases& aliases, std::string_view name) {
    try {
        const auto members = aliases.expand(name);
        IM_LAW(!members.empty());
        return members;
    } catch (const Error& error) {
        IM_LAW(error.kind() == ErrorKind::Configuration);
        IM_LAW(std::string_view(error.what()).substr(0, 8) == "aliases:");
        return {};
    }
}

void checkAlias(const Aliases& aliases, std::string_view name) {
    IM_LAW(aliases.contains(name));
    const auto members = expand(aliases, name);
    if (members.empty()) return;
    for (const std::string& member : members) IM_LAW(!aliases.contains(member));
    IM_LAW(std::set<std::string>(members.begin(), members.end()).size() == members.size());
    IM_LAW(parseRecipients(name, aliases, ErrorKind::Data).size() == members.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text = fuzz::textOf(data, size);
    const auto aliases = parse(text);
    if (!aliases) return 0;
    while (!text.empty()) {
        const std::string_view line = trimmed(withoutComment(takeLine(text)));
        if (!line.empty()) checkAlias(*aliases, trimmed(line.substr(0, line.find(':'))));
    }
    return 0;
}
