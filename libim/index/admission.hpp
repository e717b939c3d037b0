// SPDX-License-Identifier: BSL-1.0
// Admission: the questions that need only the policy and an address.  Which attack each stops is
// in doc/protocol.md.
#pragma once

#include "libim/base/address.hpp"
#include "libim/index/policy.hpp"

namespace im::index {

/// T10: whether `source` may use classic at all.
[[nodiscard]] bool mayUseClassic(const Policy& policy, const Address& source);

/// T1, T5: whether a request for `claimed` may come from `source`.
[[nodiscard]] bool isFromClaimed(SourceCheck check, const Endpoint& claimed,
                                 const Endpoint& source);

/// T3: whether `endpoint` is one program on one host: not unspecified, multicast, reserved, a
/// broadcast of one of our networks, or port 0.
[[nodiscard]] bool isSendable(const HostFacts& host, const Endpoint& endpoint);

/// T4: whether `endpoint` is one that we serve.  Bound to a wildcard we serve every local
/// address, all of 127.0.0.0/8 too.
[[nodiscard]] bool isOurOwn(const HostFacts& host, const Endpoint& endpoint);

/// T2: whether a login at `address` counts only after a roster fetch from there.
[[nodiscard]] bool mustConfirm(Confirm confirm, const Address& address);

}  // namespace im::index
