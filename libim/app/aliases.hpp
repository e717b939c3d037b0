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

    /// Throws Error 78 "FILE:LINE: …" for a line that is none: no colon, or no name before it.
    static Aliases parse(std::string_view text, const std::string& file);

    /// The file's; none when there is no such file.  Error 66 when it cannot be read.
    static Aliases load(const std::string& path);

    /// Whether some line defines it.
    bool contains(std::string_view name) const { return find(name) != nullptr; }

    /// The members of alias `name`, aliases among them replaced by theirs, in order and each once;
    /// `name` itself where it is no alias.  Only what is met on the way is judged, so that nobody's
    /// message waits for another alias to be put right.  Throws Error 78 "FILE:LINE: …": a bad
    /// member or none, an alias defined twice, in a circle ("a -> b -> a") or nested too deep.
    [[nodiscard]] std::vector<std::string> expand(std::string_view name) const;

private:
    struct Alias {
        std::string name;
        std::string list;  ///< as written
        unsigned line = 0;
    };
    class Expansion;

    const Alias* find(std::string_view name) const;
    /// Where a second line defines it, or null.
    const Alias* findTwin(const Alias& alias) const;

    std::string file_;
    std::vector<Alias> aliases_;  // sorted by name, then by line
};

}  // namespace im::app
