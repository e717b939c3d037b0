// SPDX-License-Identifier: BSL-1.0
// ClassicListener: the client's side of the classic profile, for imlogin and imlisten: logs in,
// knows who is where, turns datagrams into Events, notices that the index is lost and back, logs
// out.  No socket, no clock, no thread; not thread-safe.  Models im::Protocol.
//
// Towards the index it says nothing but exact `login,NAME,IP:PORT` and `logout,NAME,IP:PORT`:
// one other datagram makes a .NET server deaf for ever (doc/protocol.md).  Whether the index
// still lives, and what was missed, it therefore learns by fetching the roster over TCP, which
// is harmless there as long as it is read to its end.  The caller does that: it polls
// takeFetch() after every call and reports the outcome with fetched() or fetchFailed().
#pragma once

#include "libim/base/datagram.hpp"
#include "libim/base/event.hpp"
#include "libim/base/name.hpp"
#include "libim/talk/contacts.hpp"
#include "libim/talk/limits.hpp"
#include "libim/wire/message.hpp"
#include "libim/wire/roster.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace im::talk {

class ClassicListener {
public:
    enum class State : std::uint8_t {
        Idle,       ///< not started
        LoggingIn,  ///< login sent, no Accept yet
        Online,     ///< accepted, or adopted
        Lost,       ///< was online, the index is silent; peers are still heard
        Refused,    ///< the index answered reject; see refusal()
        Silent,     ///< no Accept within `patience`
        LoggedOut,
    };

    struct Options {
        Name self;
        Endpoint local;   ///< claimed in the login: where peers reach us
        Endpoint index;   ///< UDP endpoint of the index
        Duration patience = kLoginPatience;
        std::uint64_t seed = 0;  ///< of the retries' jitter
        /// Hold events back until the first roster is there, so that its records come first and
        /// nothing is told twice (`imlisten -r`); at most kRosterPatience.
        bool rosterFirst = false;
    };

    explicit ClassicListener(Options options);

    /// Sends the first login.
    void login(TimePoint now, Sink& sink);

    /// Goes on with a login that is already held (a session file): online at once, knowing
    /// `roster`; the roster is fetched soon from `tcpPort` and told as differences.
    void adopt(std::uint16_t tcpPort, const std::vector<wire::RosterEntry>& roster, TimePoint now);

    /// Logs out if a login is, or may be, held.
    void logout(TimePoint now, Sink& sink);

    void receive(const Datagram& datagram, TimePoint now, Sink& sink);
    void tick(TimePoint now, Sink& sink);
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

    /// Where to fetch the roster from now (TCP), once per request.  While one is under way no
    /// second is asked for.
    [[nodiscard]] std::optional<Endpoint> takeFetch();
    void fetched(const std::vector<wire::RosterEntry>& roster, TimePoint now, Sink& sink);
    void fetchFailed(TimePoint now, Sink& sink);

    /// What is to be told since the last call, in order.  `at` is left to the caller.
    [[nodiscard]] std::vector<Event> takeEvents();

    [[nodiscard]] State state() const;
    /// REQUIRES: state() == Refused.
    [[nodiscard]] const wire::Reject& refusal() const;
    /// Who is online as far as is known, ourselves included.
    [[nodiscard]] const Contacts& contacts() const;
    /// The index's TCP port, 0 before the first Accept.
    [[nodiscard]] std::uint16_t tcpPort() const;
    /// True once after the first roster since login has been taken in.
    [[nodiscard]] bool hasRoster() const;
};

}  // namespace im::talk
