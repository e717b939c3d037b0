// SPDX-License-Identifier: BSL-1.0
// The keyed hashes of what the index keeps in tables: strangers choose names and addresses, and
// without the key they cannot choose them to collide.
#pragma once

#include "libim/base/address.hpp"
#include "libim/noise/short_hash.hpp"

#include <cstdint>
#include <string_view>

namespace im::index {

using noise::HashKey;

[[nodiscard]] std::uint64_t hashOf(std::string_view name, const HashKey& key);
[[nodiscard]] std::uint64_t hashOf(const Address& address, const HashKey& key);
[[nodiscard]] std::uint64_t hashOf(const Endpoint& endpoint, const HashKey& key);
/// REQUIRES: a name of at most Name::kMaxBytes.
[[nodiscard]] std::uint64_t hashOf(std::string_view name, const Address& host, const HashKey& key);

}  // namespace im::index
