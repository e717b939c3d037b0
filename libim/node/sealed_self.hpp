// SPDX-License-Identifier: BSL-1.0
// SealedSelf: what a client of the sealed profile has of its own: its identity, and whose keys it
// knows at one index.  To hold one forbids core files (openIdentity).
#pragma once

#include "libim/node/file_pins.hpp"
#include "libim/node/identity_file.hpp"

#include <string>

namespace im::node {

class SealedSelf {
public:
    /// `directory`: app::dataDirectory(), in a tool.  Makes the identity the first time.  Throws
    /// as openIdentity() and FilePins do.
    SealedSelf(const std::string& directory, std::string indexName, FilePins::Trouble trouble)
        : opened_(openIdentity(directory + "/identity")),
          known_(directory + "/known"),
          pins_(known_, std::move(indexName), std::move(trouble)) {}

    [[nodiscard]] const noise::Identity& identity() const { return opened_.identity; }
    /// The identity was made just now.
    [[nodiscard]] bool isNew() const { return opened_.isNew; }
    [[nodiscard]] FilePins& pins() { return pins_; }
    [[nodiscard]] const KnownFile& known() const { return known_; }

private:
    IdentityFile::Opened opened_;
    KnownFile known_;
    FilePins pins_;
};

}  // namespace im::node
