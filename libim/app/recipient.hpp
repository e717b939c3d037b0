// SPDX-License-Identifier: BSL-1.0
// Recipient: to whom a message goes.  A user, or user@host:port, which needs no index.
#pragma once

#include "libim/app/aliases.hpp"
#include "libim/app/values.hpp"
#include "libim/base/error.hpp"
#include "libim/base/name.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::app {

struct Recipient {
    Name user;
    std::optional<HostPort> at;  ///< of user@host:port

    std::string toString() const;  ///< "bob", "bob@localhost:5000", "bob@[::1]:5000"

    friend bool operator==(const Recipient&, const Recipient&) = default;
};

/// One user or user@host:port; throws Error(kind).
[[nodiscard]] Recipient parseRecipient(std::string_view text, ErrorKind kind);

/// "RECIPIENT,RECIPIENT,...", where each may be an alias, which goes before a user of that name.
/// Each recipient once, in the order of the list.  Throws Error(kind): 64 on the command line,
/// 65 in input.
[[nodiscard]] std::vector<Recipient> parseRecipients(std::string_view list, const Aliases& aliases,
                                                     ErrorKind kind);

}  // namespace im::app
