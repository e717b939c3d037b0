// SPDX-License-Identifier: BSL-1.0
// The addresses of this host, as an index must know them to refuse logins that claim itself or a
// broadcast.  Over POCO's NetworkInterface.
#pragma once

#include "libim/base/address.hpp"

#include <optional>
#include <vector>

namespace im::net {

struct Interfaces {
    std::vector<Address> local;  ///< of all interfaces that are up
    /// The first and the last address of each IPv4 network we are in: the last is its broadcast,
    /// the first was one before RFC 1122 and still is to older kernels.
    std::vector<Address> broadcast;
};

/// Asks the system.  Nothing when it does not tell: out of descriptors, say.
[[nodiscard]] std::optional<Interfaces> readInterfaces();

}  // namespace im::net
