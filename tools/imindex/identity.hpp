// SPDX-License-Identifier: BSL-1.0
// The index's identity: whoever has pinned it knows the index by it, for good.
#pragma once

#include "libim/noise/identity.hpp"

#include <string>

namespace im::tools {

/// Reads the identity in `file`; the first time makes it, its directory too.  From now on there is
/// no core file of this process.  Throws as node::IdentityFile does.
[[nodiscard]] noise::Identity openIdentity(const std::string& file);

}  // namespace im::tools
