// SPDX-License-Identifier: BSL-1.0
#include "tools/imindex/identity.hpp"

#include "libim/node/identity_file.hpp"
#include "libim/noise/primitives.hpp"
#include "libim/noise/random.hpp"

namespace im::tools {

noise::Identity openIdentity(const std::string& file) {
    noise::initialise();
    node::forbidCoreDumps();
    noise::SystemRandom random;
    return node::IdentityFile(file).readOrMake(random).identity;
}

}  // namespace im::tools
