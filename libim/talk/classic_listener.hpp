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
//
// An index that speaks from exactly the endpoint it is asked at is no .NET server, which sends
// everything from fresh ports: it takes repeated logins as renewals, and gets one every
// kRenewInterval, so that no lease ends under a running listener.
#pragma once

#include "libim/base/datagram.hpp"
#include "libim/base/event.hpp"
#include "libim/base/name.hpp"
#include "libim/talk/contacts.hpp"
#include "libim/talk/limits.hpp"
#include "libim/talk/news.hpp"
#include "libim/talk/timer.hpp"
#include "libim/wire/message.hpp"
#include "libim/wire/roster.hpp"

#include <cstdint>
#include <optional>
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
        Endpoint local;  ///< claimed in the login: where peers reach us; no port 0
        Endpoint index;  ///< UDP endpoint of the index
        Duration patience = kLoginPatience;
        std::uint64_t seed = 0;  ///< of the retries' jitter
        /// Hold events back until the first roster is there, so that its records come first and
        /// nothing is told twice (`imlisten -r`).  Without it the first roster is taken in
        /// silently.  Either way no event waits longer than kRosterPatience.
        bool rosterFirst = false;
    };

    explicit ClassicListener(Options options);

    /// Sends the first login.  REQUIRES: neither online nor logging in.
    void login(TimePoint now, Sink& sink);

    /// Goes on with a login that is already held (a session file): online at once, knowing
    /// `roster`; the roster is fetched soon from `tcpPort` and told as differences.  `renews`: what
    /// renews() said when the session was written.  REQUIRES: Idle.
    void adopt(std::uint16_t tcpPort, const std::vector<wire::RosterEntry>& roster, TimePoint now,
               bool renews = false);

    /// Logs out if a login is, or may be, held.  Nothing happens the second time.
    void logout(TimePoint now, Sink& sink);

    /// Heard are: talk from anybody; login and logout from the index's address, whatever the port
    /// (a .NET server's is random); Accept and reject from there while a login is unanswered.
    /// Nothing is heard before login() or adopt(), nor after Refused, Silent and LoggedOut, which
    /// only another login() ends.  A truncated datagram is ignored.
    void receive(const Datagram& datagram, TimePoint now, Sink& sink);
    void tick(TimePoint now, Sink& sink);
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

    /// Where to fetch the roster from now (TCP), once per request.  While one is under way no
    /// second is asked for.
    [[nodiscard]] std::optional<Endpoint> takeFetch();
    /// The outcome of what takeFetch() asked for; of anything else it is ignored.
    void fetched(const std::vector<wire::RosterEntry>& roster, TimePoint now, Sink& sink);
    void fetchFailed(TimePoint now, Sink& sink);

    /// What is to be told since the last call, in order.  `at` is left to the caller, who takes
    /// them every turn: they are not bounded here.
    [[nodiscard]] std::vector<Event> takeEvents() { return news_.take(); }

    [[nodiscard]] State state() const { return state_; }
    /// REQUIRES: state() == Refused.
    [[nodiscard]] const wire::Reject& refusal() const;
    /// Who is online as far as is known, ourselves included.
    [[nodiscard]] const Contacts& contacts() const { return news_.contacts(); }
    /// The index's TCP port, 0 before the first Accept.
    [[nodiscard]] std::uint16_t tcpPort() const { return tcpPort_; }
    /// Whether the index is known to take a repeated login as a renewal.
    [[nodiscard]] bool renews() const { return renews_; }
    /// True from the first roster since login() or adopt() on.
    [[nodiscard]] bool hasRoster() const { return news_.hasRoster(); }

private:
    enum class Fetch : std::uint8_t { None, Wanted, UnderWay };
    /// Why a roster is fetched, on which hangs what its outcome means.
    enum class Reason : std::uint8_t {
        Look,      ///< to see whether the index lives and what was missed
        NewLogin,  ///< it had forgotten us and has accepted us again
        NewLife,   ///< it has answered a login that was to show whether it lives
    };

    // Logging in and staying so.
    void enter(State state);
    void sendLogin(TimePoint now, Sink& sink);
    void repeatLogin(TimePoint now, Sink& sink);
    void retryLogin(TimePoint now, Sink& sink);
    void suspect(TimePoint now, Sink& sink);
    void becomeLost(TimePoint now);
    void retrySoon(TimePoint now);
    void comeBack();
    void noteSource(const Endpoint& from, bool isAccept, TimePoint now);
    void keepRenewing(TimePoint now);
    void renew(TimePoint now, Sink& sink);
    [[nodiscard]] bool isAnswerDue(TimePoint now) const;
    [[nodiscard]] bool isListening() const;

    // What the index says.
    void on(const wire::Accept& accept, TimePoint now);
    void on(wire::Reject& reject, TimePoint now);
    void on(wire::Login& login, TimePoint now);
    void on(wire::Logout& logout, TimePoint now);
    void onPresence(Event event, TimePoint now);

    // Looking at the index.
    void wantFetch(Reason why);
    void probe(TimePoint now, Sink& sink);
    void planProbe(TimePoint now);
    void planBlindProbe(TimePoint now);
    void probeSoon(TimePoint now);

    Options options_;
    Bytes login_;
    Bytes logout_;
    Jitter jitter_;
    News news_;

    State state_ = State::Idle;
    wire::Reject refusal_;
    std::uint16_t tcpPort_ = 0;
    /// Set while a login is unanswered: until when an answer is believed.
    std::optional<TimePoint> answerUntil_;

    Timer loginAgain_;  ///< LoggingIn: the next login
    Timer silent_;      ///< LoggingIn: patience is over
    Timer lost_;        ///< Online: a doubted index has not answered
    Timer retry_;       ///< Lost: the next login
    Timer probe_;       ///< Online: the next look
    Timer renew_;       ///< Online, if renews_: the next renewal
    Duration loginGap_{};
    Duration retryGap_{};
    Duration probeGap_ = kProbeInterval;  ///< grows with the roster
    Duration blindGap_ = kProbeInterval;  ///< grows while there is no roster
    TimePoint nextSoon_ = TimePoint::min();
    TimePoint nextHurry_ = TimePoint::min();
    bool renews_ = false;      ///< the index takes a repeated login as a renewal
    bool isRenewal_ = false;   ///< the login that was sent last is one
    unsigned unanswered_ = 0;  ///< renewals in a row

    Fetch fetch_ = Fetch::None;
    Reason reason_ = Reason::Look;
};

}  // namespace im::talk
