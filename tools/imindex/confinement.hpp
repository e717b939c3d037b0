// SPDX-License-Identifier: BSL-1.0
// What imindex keeps of its rights once it serves: its state file's directory, and the reading of
// its configuration, which HUP does again.
#pragma once

#include "libim/app/tool.hpp"

#include <string>

namespace im::tools {

/// To be called before the state file is opened: has SQLite make its temporary files beside
/// `state`, the only place where they can be made later.
void keepTemporaryFilesBeside(const std::string& state);

/// Confines the process for good (net::confine).  `state` and `users`, which HUP reads again, are
/// paths, or empty for none.
/// To be called when sockets are bound and `state` is open, and before a thread is started: what
/// comes later must do with what is left.  With -v, says what this kernel cannot do.
void confineTo(const app::Tool& tool, const std::string& state, const std::string& users);

}  // namespace im::tools
