// SPDX-License-Identifier: BSL-1.0
// RosterCache: the roster as bytes, made once for each version of it and shared by all who fetch
// it, however slowly (T12: neither a copy nor a walk for each connection).
//
// Made when asked for.  While users only come, the next version is the last one and their
// entries, so a thousand clients that log in and fetch do not format a million entries each.
#pragma once

#include "libim/base/address.hpp"
#include "libim/index/directory.hpp"
#include "libim/wire/roster.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace im::index {

class RosterCache {
public:
    /// A user has been added to the directory.
    void came(std::string_view name, const Endpoint& endpoint);
    /// One has been removed.
    void left();

    /// What to write to a connection: entries in order of login.
    [[nodiscard]] std::shared_ptr<const std::string> bytes(const Directory& users);

private:
    wire::RosterWriter entries_;
    bool hasEntries_ = false;  // entries_ are those of the directory
    std::shared_ptr<const std::string> current_;
};

}  // namespace im::index
