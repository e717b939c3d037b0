// SPDX-License-Identifier: BSL-1.0
// Where the tools keep their files, by the XDG Base Directory Specification: a variable that is
// empty or not an absolute path is as if unset.  HOME unset: the home of the password file.
// Every path ends in "/im" (or below) and has no "/" at its end; nothing is created here but by
// makeDirectory().
#pragma once

#include <string>

namespace im::app {

[[nodiscard]] std::string configDirectory();   ///< $XDG_CONFIG_HOME/im, ~/.config/im
[[nodiscard]] std::string dataDirectory();     ///< $XDG_DATA_HOME/im, ~/.local/share/im
[[nodiscard]] std::string stateDirectory();    ///< $XDG_STATE_HOME/im, ~/.local/state/im
[[nodiscard]] std::string sessionDirectory();  ///< $XDG_RUNTIME_DIR/im, else stateDirectory()/run

/// The login name, for when nobody said who the user is: the password file's name of the real
/// user id, else empty.  Not $LOGNAME, which anybody may set.
[[nodiscard]] std::string loginName();

/// Makes `path` and what is missing above it, mode 0700.  Error 73 when that fails or when
/// something else has the name.
void makeDirectory(const std::string& path);

}  // namespace im::app
