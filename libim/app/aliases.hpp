// SPDX-License-Identifier: BSL-1.0
// Aliases: names for several recipients, see imsend(1).  `oncall: bob, 天涯, ci@host:5000` lines;
// `#` begins a comment at the start of a line and after a blank.  A member may be an alias.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace im::app {

class Aliases {
public:
    /// How deep aliases may name aliases.
    static constexpr unsigned kMaxDepth = 64;

    Aliases() = default;

    /// Throws Error 78 "FILE:LINE: …": no colon, a bad name or member, no member, a name defined
    /// twice, aliases that name each other in a circle.
    static Aliases parse(std::string_view text, const std::string& file);

    /// The file's; none when there is no such file.  Error 66 when it cannot be read.
    static Aliases load(const std::string& path);

    bool contains(std::string_view name) const { return find(name) != nullptr; }

    /// The members of alias `name`, aliases among them replaced by theirs, in order and each once;
    /// `name` itself where it is no alias.
    [[nodiscard]] std::vector<std::string> expand(std::string_view name) const;

private:
    struct Alias {
        std::string name;
        std::vector<std::string> members;
        unsigned line = 0;
    };

    const Alias* find(std::string_view name) const;
    void sort(const std::string& file);
    void checkNesting(const std::string& file) const;

    std::vector<Alias> aliases_;  // sorted by name
};

}  // namespace im::app
