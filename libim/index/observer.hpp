// SPDX-License-Identifier: BSL-1.0
// Observer: what an index tells its program: who comes and goes, and what was refused.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/event.hpp"

#include <cstdint>
#include <string_view>

namespace im::index {

/// Why a datagram had no effect.  One counter each.
enum class Refusal : std::uint8_t {
    Oversize,        ///< more than kMaxRequest bytes
    Rate,            ///< one of the source's buckets is empty (T2, T12)
    Denied,          ///< source outside classicFrom
    Undecodable,     ///< no message at all
    NotForIndex,     ///< a message, but not one to an index (talk, Accept, reject)
    BadName,         ///< breaks the rule of im::Name (T11)
    BadEndpoint,     ///< unspecified, broadcast, multicast, port 0 (T3)
    Self,            ///< the index's own endpoint (T4)
    SourceMismatch,  ///< claimed endpoint is not the source's (T1, T5)
    Taken,           ///< name is online from another address (T15)
    Full,            ///< maxUsers
    PerIp,           ///< maxPerIp
    UnknownUser,     ///< logout of somebody who is not online, or of another endpoint
    RosterDenied,    ///< TCP connection from where no roster goes (T10)
    Count
};

[[nodiscard]] std::string_view toString(Refusal why);

/// Why a user is no longer online: the text of a logout record.
enum class LogoutReason : std::uint8_t {
    Bye,          ///< his own logout
    Lease,        ///< silent for longer than classicLease
    Replaced,     ///< logged in from another endpoint
    Unreachable,  ///< his endpoint answers port-unreachable
    Count
};

[[nodiscard]] std::string_view toString(LogoutReason reason);

/// Is told what happened, for records and log lines.  Called from within whatever the index is
/// asked to do; must not call back into it.
class Observer {
public:
    virtual ~Observer() = default;
    /// A `login` or `logout` record as in imevents(5) (trust `none` of a classic user, `ok` or
    /// `new` of a sealed one); without `at`.
    virtual void happened(const Event& event) = 0;
    /// A request that had no effect.
    virtual void refused(Refusal why, const Endpoint& source) = 0;
};

}  // namespace im::index
