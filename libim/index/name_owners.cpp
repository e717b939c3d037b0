// SPDX-License-Identifier: BSL-1.0
#include "libim/index/name_owners.hpp"

#include <cstring>

namespace im::index {

Row NameOwners::rowOf(std::string_view name) const {
    return names_.find(hashOf(name, key_), [&](Row row) { return nameAt(row) == name; });
}

std::string_view NameOwners::nameAt(Row row) const {
    const char* const entry = at(row);
    return {entry + 1, static_cast<unsigned char>(*entry)};
}

std::optional<noise::IdentityKey> NameOwners::find(std::string_view name) const {
    const Row row = rowOf(name);
    if (row == kNoRow) return {};
    return identityAt(row);
}

noise::IdentityKey NameOwners::identityAt(Row row) const {
    noise::IdentityKey identity{};
    std::memcpy(identity.data(), at(row) + 1 + nameAt(row).size(), identity.size());
    return identity;
}

bool NameOwners::claim(const Name& name, const noise::IdentityKey& identity) {
    if (const auto owner = find(name.view())) return *owner == identity;
    const auto row = add(name, identity);
    if (!row) return false;
    names_.insert(hashOf(name.view(), key_), *row);
    return true;
}

std::optional<Row> NameOwners::add(const Name& name, const noise::IdentityKey& identity) {
    const std::size_t length = 1 + name.str().size() + identity.size();
    if (used_ + length > kChunk) {
        if (chunks_.size() == kMaxChunks) return {};
        chunks_.push_back(std::make_unique<char[]>(kChunk));
        used_ = 0;
    }
    char* const entry = &chunks_.back()[used_];
    *entry = static_cast<char>(name.str().size());
    std::memcpy(entry + 1, name.str().data(), name.str().size());
    std::memcpy(entry + 1 + name.str().size(), identity.data(), identity.size());
    const std::size_t row = (chunks_.size() - 1) * kChunk + used_;
    used_ += length;
    return static_cast<Row>(row);
}

bool NameOwners::release(std::string_view name) {
    const Row row = rowOf(name);
    if (row == kNoRow) return false;
    names_.erase(hashOf(name, key_), row);
    return true;
}

}  // namespace im::index
