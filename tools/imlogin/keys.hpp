// SPDX-License-Identifier: BSL-1.0
// What imlogin does with keys, one function each.  Each returns the exit status and throws what the
// tool is to report.
#pragma once

#include "libim/app/tool.hpp"
#include "tools/imlogin/commands.hpp"

#include <optional>
#include <string>

namespace im::tools {

/// Prints our fingerprint; the first time makes the identity.
int printKey(app::Tool& tool);

/// Prints the six words, asks on stderr, reads the answer from stdin; with `yes` the user is
/// verified from then on.  1 without.
int verify(app::Tool& tool, const LoginRequest& request, const Name& user);

/// This key is the user's from now on, whatever was pinned; without one, that which the index
/// names.
int trust(app::Tool& tool, const LoginRequest& request, const Name& user,
          const std::optional<std::string>& fingerprint);

/// Whoever comes next under that name is new.  1 when nothing was pinned.
int forget(app::Tool& tool, const LoginRequest& request, const Name& user);

}  // namespace im::tools
