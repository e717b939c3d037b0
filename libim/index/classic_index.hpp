// SPDX-License-Identifier: BSL-1.0
// ClassicIndex: who is online in the classic profile, and who is told.  The rules are in
// doc/protocol.md, "The index"; the attacks they stop are T1 to T15 there.
//
// No socket, no clock, no thread: it takes a datagram and the time, and writes what is to be
// sent into a Sink, so the same class runs in imindex, in a unit test, in the simulated network
// and under a fuzzer.  Not thread-safe; it belongs to one loop.  Models im::Protocol.
//
// Cost: a login is O(1) in the number of users, apart from telling them, which is one fanOut()
// per batch: announcements gather in receive() and leave in tick().
#pragma once

#include "libim/base/datagram.hpp"
#include "libim/base/event.hpp"
#include "libim/base/name.hpp"
#include "libim/index/directory.hpp"
#include "libim/index/policy.hpp"
#include "libim/index/rate_limit.hpp"
#include "libim/index/store.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::index {

/// Why a datagram had no effect.  One counter each.
enum class Refusal : std::uint8_t {
    Oversize,       ///< more than kMaxRequest bytes
    Rate,           ///< the source's bucket is empty
    Denied,         ///< source outside classicFrom
    Undecodable,    ///< no message at all
    NotForIndex,    ///< a message, but not one to an index (talk, Accept, reject)
    BadName,        ///< breaks the rule of im::Name (T11)
    BadEndpoint,    ///< unspecified, broadcast, multicast, port 0 (T3)
    Self,           ///< the index's own endpoint (T4)
    SourceMismatch, ///< claimed endpoint is not the source's (T1, T5)
    Taken,          ///< name is online from another address (T15)
    Full,           ///< maxUsers
    PerIp,          ///< maxPerIp
    UnknownUser,    ///< logout of somebody who is not online, or of another endpoint
    RosterDenied,   ///< TCP connection from where no roster goes (T10)
    Count
};

[[nodiscard]] std::string_view toString(Refusal why);

struct Counters {
    std::uint64_t datagrams = 0;
    std::uint64_t logins = 0;    ///< new on the roster
    std::uint64_t renewals = 0;
    std::uint64_t logouts = 0;   ///< of any reason
    std::uint64_t announcements = 0;  ///< datagrams handed to the sink to tell others
    std::uint64_t rosters = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(Refusal::Count)> refused{};
};

/// Is told what happened, for records and log lines.  Called from within receive(), tick(),
/// fetchRoster() and unreachable(); must not call back into the index.
class Observer {
public:
    virtual ~Observer() = default;
    /// A `login` or `logout` record as in commandline.md (trust `none`); without `at`.
    virtual void happened(const Event& event) = 0;
    /// A request that had no effect.
    virtual void refused(Refusal why, const Endpoint& source) = 0;
};

class ClassicIndex {
public:
    /// `store` and `observer` outlive the index.  `seed` keys the hash of names: random in a
    /// program, fixed in a test.  Users that `store` holds are online at once, silently.
    ClassicIndex(Policy policy, HostFacts host, Store& store, Observer& observer,
                 const HashKey& seed, TimePoint now);

    /// Takes one datagram.  Answers go into `sink` now, announcements at tick().
    void receive(const Datagram& datagram, TimePoint now, Sink& sink);

    /// Ends leases and unconfirmed logins that are due, then hands gathered announcements to
    /// `sink`.  Call after each batch and at nextDeadline().
    void tick(TimePoint now, Sink& sink);

    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

    /// A TCP connection came from `from`: confirms the pending logins of that address (they are
    /// announced at the next tick), and returns the roster to write before closing, or nothing
    /// when none goes there (close at once).  The bytes are shared by all connections until
    /// somebody comes or goes.
    [[nodiscard]] std::shared_ptr<const std::string> fetchRoster(const Address& from,
                                                                 TimePoint now);

    /// The host of `endpoint` answered port-unreachable.
    void unreachable(const Endpoint& endpoint, TimePoint now);

    /// New knobs hold from the next datagram on; nobody is thrown out.
    void setPolicy(Policy policy);
    void setHostFacts(HostFacts host);

    [[nodiscard]] const Counters& counters() const;
    [[nodiscard]] std::size_t userCount() const;     ///< counted ones
    [[nodiscard]] std::size_t pendingCount() const;  ///< not yet confirmed
};

}  // namespace im::index
