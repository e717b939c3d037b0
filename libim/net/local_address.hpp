// SPDX-License-Identifier: BSL-1.0
// Which address of this host others see.  No POCO.
#pragma once

#include "libim/base/address.hpp"

namespace im::net {

/// The address that datagrams to `to` leave from, as the routing table says now.  Sends nothing.
/// Throws Error(Unavailable) "HOST:PORT: network is unreachable" where there is no way.
[[nodiscard]] Address localAddressFor(const Endpoint& to);

}  // namespace im::net
