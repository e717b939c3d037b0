// SPDX-License-Identifier: BSL-1.0
// im.conf, see im.conf(5): `long-option = value` lines, flags `true` or `false`.  The common
// options stand before any header, a tool's own (and imindex's `verbose`) under [imindex],
// [imlogin], [imlisten] or [imsend].  `#` begins a comment at the start of a line and after a
// blank; a value in double quotes is taken as it stands, without the quotes.  A tool reads the
// common part and its own section; the others' it skips.
#pragma once

#include "libim/app/options.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::app {

/// The settings of `text` for `table`'s tool, in the order in which they stand.  Throws Error 78
/// "FILE:LINE: …" for a line that is no setting, a header that names no tool, an unknown key in a
/// part that is read, a flag that is neither true nor false, and an option of the sealed profile.
[[nodiscard]] std::vector<Given> parseConfig(std::string_view text, const std::string& file,
                                             Source source, const OptionTable& table);

/// What is read: the file of --config or IM_CONFIG and no other (as `ssh -F` does), else the
/// user's and the system's, where each may be missing.
struct ConfigFiles {
    std::string chosen;  ///< of --config or IM_CONFIG; must be readable (66)
    std::string user;    ///< $XDG_CONFIG_HOME/im/im.conf
    std::string system;  ///< /etc/im/im.conf
};

/// Reads the files; Error 66 for one that is there (or chosen) and cannot be read.
[[nodiscard]] std::vector<Given> readConfig(const ConfigFiles& files, const OptionTable& table);

/// The values that the environment gives by the options' `variable`; an empty one is unset.
[[nodiscard]] std::vector<Given> readEnvironment(const OptionTable& table);

/// What the command line gave, and what environment and files add to it.
[[nodiscard]] std::vector<Given> withDefaults(std::vector<Given> commandLine,
                                              const OptionTable& table);

/// The whole of a file that a person writes, at most 1 MiB (66 when longer); nothing when there is
/// no such file.  Error 66 when it is there and cannot be read.
[[nodiscard]] std::optional<std::string> readSmallFile(const std::string& path);

}  // namespace im::app
