// SPDX-License-Identifier: BSL-1.0
#include "libim/index/store.hpp"

namespace im::index {

// Nothing survives, so nothing is kept: the directory has it all already.

void MemoryStore::follow(const std::function<void(const StoredUser&)>& /*each*/) {}

void MemoryStore::put(const StoredUser& /*user*/) {}

void MemoryStore::drop(const Name& /*name*/) {}

void MemoryStore::commit() {}

}  // namespace im::index
