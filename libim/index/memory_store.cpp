// SPDX-License-Identifier: BSL-1.0
#include "libim/index/store.hpp"

namespace im::index {

// Nothing survives, so nothing is kept: the directory has it all already.

std::size_t MemoryStore::size() {
    return 0;
}

void MemoryStore::follow(const std::function<void(StoreKey, const StoredUser&)>& /*each*/) {}

StoreKey MemoryStore::put(const StoredUser& /*user*/) {
    return ++keys_;
}

void MemoryStore::drop(StoreKey /*key*/) {}

std::size_t MemoryStore::nameCount() {
    return 0;
}

void MemoryStore::followNames(const std::function<void(const NameOwner&)>& /*each*/) {}

NameTicket MemoryStore::claim(const NameOwner& /*owner*/) {
    return ++tickets_;
}

NameTicket MemoryStore::release(const Name& /*name*/) {
    return ++tickets_;
}

NameTicket MemoryStore::keptNames() const {
    return tickets_;
}

void MemoryStore::commit() {}

bool MemoryStore::settled() const {
    return true;
}

void MemoryStore::settle() {}

StoreFigures MemoryStore::figures() const {
    return {};
}

}  // namespace im::index
