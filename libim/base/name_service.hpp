// SPDX-License-Identifier: BSL-1.0
// The system's databases of users and hosts, asked through getent(1) in a process of its own.
// For programs that are linked statically: there the C library cannot load the modules that
// nsswitch.conf names (LDAP, mDNS, systemd), and says so when it is linked (doc/decisions/0002).
#pragma once

#include <string>

namespace im {

/// What `getent DATABASE KEY` prints, at most 64 KiB; empty when it finds nothing or is not
/// there.  Waits for it to end.
[[nodiscard]] std::string askNameService(const std::string& database, const std::string& key);

}  // namespace im
