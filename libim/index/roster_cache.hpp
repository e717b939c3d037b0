// SPDX-License-Identifier: BSL-1.0
// RosterCache: the roster as bytes, made once for each version of it and shared by all who fetch
// it, however slowly (T12: neither a copy nor a walk for each connection).
//
// Made when asked for.  While users only come, the next version is the last one and their
// entries, so a thousand clients that log in and fetch do not format a million entries each.
#pragma once

#include "libim/base/address.hpp"
#include "libim/index/directory.hpp"
#include "libim/index/neighbour.hpp"
#include "libim/wire/roster.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace im::index {

class RosterCache {
public:
    /// A user has been added to the directory, or has come to the neighbour.
    void came(std::string_view name, const Endpoint& endpoint);
    /// One has been removed, here or there.
    void left();

    /// What to write to a connection: entries in order of login.
    /// Behind them those of `neighbour`, which may be null.
    [[nodiscard]] std::shared_ptr<const std::string> bytes(const Directory& users,
                                                           const Neighbour* neighbour);

private:
    wire::RosterWriter entries_;
    bool hasEntries_ = false;  // entries_ are those of both
    std::shared_ptr<const std::string> current_;
};

}  // namespace im::index
