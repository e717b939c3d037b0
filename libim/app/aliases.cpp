// SPDX-License-Identifier: BSL-1.0
#include "libim/app/aliases.hpp"

#include "libim/app/config.hpp"
#include "libim/app/recipient.hpp"
#include "libim/app/text_line.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

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

/// One name being expanded, depth first.
class Aliases::Expansion {
public:
    explicit Expansion(const Aliases& aliases) : aliases_(aliases) {}

    std::vector<std::string> of(std::string_view name) {
        add(std::string(name));
        return std::move(out_);
    }

private:
    void add(const std::string& member) {
        const Alias* alias = aliases_.find(member);
        if (alias != nullptr) checkPath(*alias);
        if (!seen_.insert(member).second) return;
        if (alias == nullptr) return out_.push_back(member);
        path_.push_back(alias);
        for (const std::string& below : membersOf(*alias)) add(below);
        path_.pop_back();
    }

    void checkPath(const Alias& alias) const {
        const auto above = std::find(path_.begin(), path_.end(), &alias);
        if (above != path_.end()) {
            std::string circle;
            for (auto one = above; one != path_.end(); ++one) circle += (*one)->name + " -> ";
            throw wrong(aliases_.file_, alias.line, circle + alias.name + ": a circle");
        }
        if (path_.size() == kMaxDepth)
            throw wrong(aliases_.file_, alias.line,
                        alias.name + ": nested deeper than " + std::to_string(kMaxDepth));
    }

    std::vector<std::string> membersOf(const Alias& alias) const {
        if (const Alias* twin = aliases_.findTwin(alias); twin != nullptr)
            throw wrong(
                aliases_.file_, twin->line,
                alias.name + ": defined in line " + std::to_string(alias.line) + " already");
        try {
            return parseMembers(alias.list);
        } catch (const Error& error) {
            throw wrong(aliases_.file_, alias.line, error.what());
        }
    }

    const Aliases& aliases_;
    std::vector<const Alias*> path_;
    std::set<std::string> seen_;  // aliases and members alike: once is enough for both
    std::vector<std::string> out_;
};

Aliases Aliases::parse(std::string_view text, const std::string& file) {
    Aliases aliases;
    aliases.file_ = file;
    for (unsigned number = 1; !text.empty(); ++number) {
        const std::string_view line = trimmed(withoutComment(takeLine(text)));
        if (line.empty()) continue;
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos)
            throw wrong(file, number, "not a line of 'alias: user, user'");
        try {
            const Name name =
                Name::orThrow(trimmed(line.substr(0, colon)), ErrorKind::Configuration);
            aliases.aliases_.push_back({name.str(), std::string(line.substr(colon + 1)), number});
        } catch (const Error& error) {
            throw wrong(file, number, error.what());
        }
    }
    std::stable_sort(aliases.aliases_.begin(), aliases.aliases_.end(),
                     [](const Alias& a, const Alias& b) { return a.name < b.name; });
    return aliases;
}

Aliases Aliases::load(const std::string& path) {
    const auto text = readSmallFile(path);
    return text ? parse(*text, path) : Aliases();
}

const Aliases::Alias* Aliases::find(std::string_view name) const {
    const auto found =
        std::lower_bound(aliases_.begin(), aliases_.end(), name,
                         [](const Alias& alias, std::string_view key) { return alias.name < key; });
    return found != aliases_.end() && found->name == name ? &*found : nullptr;
}

const Aliases::Alias* Aliases::findTwin(const Alias& alias) const {
    const Alias* next = &alias + 1;
    const bool isTwin = next != aliases_.data() + aliases_.size() && next->name == alias.name;
    return isTwin ? next : nullptr;
}

std::vector<std::string> Aliases::expand(std::string_view name) const {
    return Expansion(*this).of(name);
}

}  // namespace im::app
