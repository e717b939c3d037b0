// SPDX-License-Identifier: BSL-1.0
// SealedUsers: who is online in the sealed profile.  Apart from the Directory, so that a classic
// user pays nothing for keys.  Made for a million:
//
//     names      [tag|row] ...        SlotTable: name -> row           16.8 B
//     users      [SealedUser] ...     Slab                             136  B
//     addresses  as in Directory      AddressCounts                    36.8 B
//
// Name and identity are NameOwners', keys of the session sealed::Transport's (241 bytes).
// Not thread-safe; it belongs to one index.
#pragma once

#include "libim/base/address.hpp"
#include "libim/index/address_counts.hpp"
#include "libim/index/name_owners.hpp"
#include "libim/index/row.hpp"
#include "libim/index/slot_table.hpp"
#include "libim/index/table_hash.hpp"
#include "libim/sealed/card.hpp"
#include "libim/wire/card.hpp"
#include "libim/wire/frame.hpp"
#include "libim/wire/sealed_message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace im::index {

/// The endpoint that a client says it has on its own network, as far as it is told to others: an
/// IPv4 one of a private range, because only there it can help.  Else 0.0.0.0:0.
class LocalEndpoint {
public:
    LocalEndpoint() = default;
    explicit LocalEndpoint(const Endpoint& claimed);
    [[nodiscard]] Endpoint endpoint() const;

private:
    std::array<std::uint8_t, 4> address_{};
    std::uint16_t port_ = 0;
};

struct SealedUser {
    Row owner = kNoRow;              ///< in NameOwners; kNoRow: nobody
    wire::SessionIndex session = 0;  ///< the one that was confirmed last
    noise::PublicKey sessionKey{};
    wire::Signature signature{};
    std::uint32_t notAfter = 0;  ///< of the card, unix seconds
    Endpoint observed;
    LocalEndpoint local;
    std::uint8_t highestVersion = 1;
};

class SealedUsers {
public:
    /// `owners` outlives the object.
    SealedUsers(const HashKey& key, const NameOwners& owners)
        : key_(key), owners_(owners), addresses_(key) {}

    [[nodiscard]] std::size_t size() const { return names_.size(); }
    [[nodiscard]] std::size_t usersAt(const Address& address) const {
        return addresses_.of(address);
    }

    /// kNoRow when not online.
    [[nodiscard]] Row find(std::string_view name) const;
    /// REQUIRES: of `user.owner` nobody is online.
    Row add(const SealedUser& user);
    /// REQUIRES, here and below: `row` is that of a user.
    void remove(Row row);
    void moveTo(Row row, const Endpoint& observed);

    /// Takes what others are told of the card.  REQUIRES: canKeep().
    void setCard(Row row, const sealed::Card& card);
    /// Cards beyond the year 2106 are none.
    [[nodiscard]] static bool canKeep(const sealed::Card& card) {
        return card.body.notAfter <= 0xFFFFFFFF;
    }
    /// The card as its holder has signed it.
    [[nodiscard]] Bytes card(Row row) const;

    SealedUser& operator[](Row row) { return users_[row]; }
    const SealedUser& operator[](Row row) const { return users_[row]; }
    [[nodiscard]] std::string_view name(Row row) const { return owners_.nameAt(users_[row].owner); }
    [[nodiscard]] wire::UserFlags flags(Row row) const;

    /// All rows there ever were are below this one; those in use have an owner.
    [[nodiscard]] Row end() const { return end_; }
    [[nodiscard]] bool isUser(Row row) const { return users_[row].owner != kNoRow; }

private:
    HashKey key_;
    const NameOwners& owners_;
    Slab<SealedUser> users_;
    SlotTable names_;
    AddressCounts addresses_;
    Row end_ = 0;
};

}  // namespace im::index
