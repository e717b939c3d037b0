// SPDX-License-Identifier: BSL-1.0
// NameOwners: whose each name is, of all that were ever claimed in the sealed profile, online or
// not.  First come keeps it for good; only the operator takes a name back.  Made for a million:
// what a name needs lies in one place, behind the one before it, without pointers:
//
//     slots    [tag|row] ...                                  SlotTable: name -> row
//     chunks   | n, name (n), identity (32) | n, name, ... |  64 KiB each; row = chunk, offset
//
// A name of 12 bytes takes 45 bytes and 13 to 21 of slots.  What is released leaves a hole.
// Not thread-safe; it belongs to one index.  Time and disk are the Store's.
#pragma once

#include "libim/base/name.hpp"
#include "libim/index/row.hpp"
#include "libim/index/slot_table.hpp"
#include "libim/index/table_hash.hpp"
#include "libim/noise/identity.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace im::index {

class NameOwners {
public:
    /// 64 KiB each in a 32-bit row: 4 GiB, less the last.
    static constexpr std::size_t kMaxChunks = 65'535;

    explicit NameOwners(const HashKey& key) : key_(key) {}

    [[nodiscard]] std::size_t size() const { return names_.size(); }
    /// Makes room for `count` names at once, for a start.
    void reserve(std::size_t count) { names_.reserve(count); }

    [[nodiscard]] std::optional<noise::IdentityKey> find(std::string_view name) const;

    /// Stands for a name that has an owner; kNoRow when it has none.  What it stands for can be
    /// asked even after the name was released.
    [[nodiscard]] Row rowOf(std::string_view name) const;
    [[nodiscard]] std::string_view nameAt(Row row) const;
    [[nodiscard]] noise::IdentityKey identityAt(Row row) const;

    /// False, and nothing has changed, when somebody else has it or there is no room.  True also
    /// for who has it already.
    [[nodiscard]] bool claim(const Name& name, const noise::IdentityKey& identity);

    /// Nobody's from now on.  False when it was.
    bool release(std::string_view name);

private:
    static constexpr std::size_t kChunk = 65'536;

    [[nodiscard]] const char* at(Row row) const { return &chunks_[row / kChunk][row % kChunk]; }
    [[nodiscard]] std::optional<Row> add(const Name& name, const noise::IdentityKey& identity);

    HashKey key_;
    SlotTable names_;
    std::vector<std::unique_ptr<char[]>> chunks_;
    std::size_t used_ = kChunk;  // of the last chunk
};

}  // namespace im::index
