// SPDX-License-Identifier: BSL-1.0
// Neighbour: the users of the other profile, as the index of one profile sees them.  Where both
// are served there is one name space, one limit of users and one roster, and each index tells its
// own users of the other's.  ClassicIndex and SealedIndex each are one.  Calls go one way only: an
// index that is told something here must not tell the neighbour of it.
#pragma once

#include "libim/base/address.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

namespace im::index {

class Neighbour {
public:
    Neighbour() = default;
    Neighbour(const Neighbour&) = delete;
    Neighbour& operator=(const Neighbour&) = delete;
    virtual ~Neighbour() = default;

    /// Whether nobody of the other profile may have that name: it is online, or has an owner.
    [[nodiscard]] virtual bool hasName(std::string_view name) const = 0;
    /// Where that user is, if online.
    [[nodiscard]] virtual std::optional<Endpoint> whereIs(std::string_view name) const = 0;
    [[nodiscard]] virtual std::size_t online() const = 0;
    [[nodiscard]] virtual std::size_t onlineAt(const Address& address) const = 0;

    /// The users in pieces: calls `each` for at most `most` of them and returns the cursor for
    /// the next call, 0 behind the last.  Who comes or goes between two calls may be missed or
    /// visited twice; nobody else is missed.
    using Each = std::function<void(std::string_view name, const Endpoint& endpoint)>;
    static constexpr std::size_t kFromStart = static_cast<std::size_t>(-1);
    virtual std::size_t visit(std::size_t cursor, std::size_t most, const Each& each) const = 0;

    // A user of the other profile has come or gone.  Told at the next tick.
    virtual void otherCame(std::string_view name, const Endpoint& endpoint) = 0;
    virtual void otherLeft(std::string_view name, const Endpoint& endpoint) = 0;
    /// Whether users here can be told of `events` things more that happen at `source`; takes them
    /// from its allowance.
    [[nodiscard]] virtual bool mayTell(const Address& source, std::size_t events) = 0;
};

}  // namespace im::index
