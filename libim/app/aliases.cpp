// SPDX-License-Identifier: BSL-1.0
#include "libim/app/aliases.hpp"

#include "libim/app/config.hpp"
#include "libim/app/recipient.hpp"
#include "libim/app/text_line.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace im::app {

namespace {

Error wrong(const std::string& file, unsigned line, const std::string& why) {
    return Error(ErrorKind::Configuration, file + ":" + std::to_string(line) + ": " + why);
}

/// The members of a line; throws Error without file and line.
std::vector<std::string> parseMembers(std::string_view list) {
    std::vector<std::string> members;
    for (;;) {
        const std::size_t comma = list.find(',');
        const std::string_view member = trimmed(list.substr(0, comma));
        members.push_back(parseRecipient(member, ErrorKind::Configuration).toString());
        if (comma == std::string_view::npos) return members;
        list.remove_prefix(comma + 1);
    }
}

}  // namespace

Aliases Aliases::parse(std::string_view text, const std::string& file) {
    Aliases aliases;
    for (unsigned number = 1; !text.empty(); ++number) {
        const std::string_view line = trimmed(withoutComment(takeLine(text)));
        if (line.empty()) continue;
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos)
            throw wrong(file, number, "not a line of 'alias: user, user'");
        try {
            const Name name =
                Name::orThrow(trimmed(line.substr(0, colon)), ErrorKind::Configuration);
            aliases.aliases_.push_back({name.str(), parseMembers(line.substr(colon + 1)), number});
        } catch (const Error& error) {
            throw wrong(file, number, error.what());
        }
    }
    aliases.sort(file);
    aliases.checkNesting(file);
    return aliases;
}

Aliases Aliases::load(const std::string& path) {
    const auto text = readSmallFile(path);
    return text ? parse(*text, path) : Aliases();
}

void Aliases::sort(const std::string& file) {
    std::stable_sort(aliases_.begin(), aliases_.end(),
                     [](const Alias& a, const Alias& b) { return a.name < b.name; });
    const auto twice =
        std::adjacent_find(aliases_.begin(), aliases_.end(),
                           [](const Alias& a, const Alias& b) { return a.name == b.name; });
    if (twice != aliases_.end())
        throw wrong(file, std::next(twice)->line,
                    twice->name + ": defined in line " + std::to_string(twice->line) + " already");
}

void Aliases::checkNesting(const std::string& file) const {
    // How many aliases stand below one another, by alias; 0 while it is being found out.
    std::map<const Alias*, unsigned> heights;
    const auto heightOf = [&](const auto& self, const Alias& alias, unsigned above) -> unsigned {
        const auto [entry, isNew] = heights.try_emplace(&alias, 0);
        if (!isNew && entry->second == 0)
            throw wrong(file, alias.line, alias.name + ": names itself, by way of others or not");
        unsigned height = isNew ? 1 : entry->second;
        if (above + height > kMaxDepth)
            throw wrong(file, alias.line,
                        alias.name + ": nested deeper than " + std::to_string(kMaxDepth));
        if (!isNew) return height;
        for (const std::string& member : alias.members)
            if (const Alias* below = find(member); below != nullptr)
                height = std::max(height, 1 + self(self, *below, above + 1));
        return heights[&alias] = height;
    };
    for (const Alias& alias : aliases_) heightOf(heightOf, alias, 0);
}

const Aliases::Alias* Aliases::find(std::string_view name) const {
    const auto found =
        std::lower_bound(aliases_.begin(), aliases_.end(), name,
                         [](const Alias& alias, std::string_view key) { return alias.name < key; });
    return found != aliases_.end() && found->name == name ? &*found : nullptr;
}

std::vector<std::string> Aliases::expand(std::string_view name) const {
    std::vector<std::string> out;
    std::set<std::string_view> seen;  // aliases and members alike: once is enough for both
    const auto add = [&](const auto& self, std::string_view member) -> void {
        if (!seen.insert(member).second) return;
        const Alias* alias = find(member);
        if (alias == nullptr) {
            out.emplace_back(member);
            return;
        }
        for (const std::string& below : alias->members) self(self, below);
    };
    add(add, name);
    return out;
}

}  // namespace im::app
