// SPDX-License-Identifier: BSL-1.0
// The options of imindex(8), and what they come to.
#pragma once

#include "libim/app/options.hpp"
#include "libim/app/settings.hpp"
#include "libim/index/policy.hpp"
#include "libim/index/sealed_index.hpp"
#include "libim/node/index_service.hpp"
#include "libim/node/index_sockets.hpp"

#include <optional>
#include <span>
#include <string>

namespace im::tools {

struct IndexPlan {
    node::ServedAddresses where;
    node::Profiles profiles;
    bool profilesAreDefault = false;  ///< nobody insists on sealed
    index::Policy policy;
    index::Admitted admitted;
    std::string users;                ///< the file that `admitted` came from; empty: none
    std::string identity;             ///< the file of the index's key
    std::string state;                ///< a path; empty: none
    bool stateIsDefault = false;      ///< its directory may have to be made
    std::optional<Endpoint> metrics;  ///< nothing: none
    std::optional<int> readyDescriptor;
    bool printEnvironment = false;
    bool printKey = false;
    bool testOnly = false;
};

[[nodiscard]] std::span<const app::Option> indexOptions();

/// Throws Error for a value that does not do.  Makes nothing.
[[nodiscard]] IndexPlan planOf(const app::Settings& settings);

/// The part of it that HUP changes.
[[nodiscard]] index::Policy policyOf(const app::Settings& settings);
/// The same, and reads the file of --users: throws its errors.
[[nodiscard]] index::Admitted admittedBy(const app::Settings& settings);

}  // namespace im::tools
