// SPDX-License-Identifier: BSL-1.0
// ClassicEndpoint: a ClassicListener put on a UDP socket, a roster fetch over TCP and a Loop: one
// user's endpoint, the login it has at an index, and what arrives there.
// Not thread-safe; it belongs to the loop and lives until the loop turns no more.
#pragma once

#include "libim/base/error.hpp"
#include "libim/base/event.hpp"
#include "libim/base/name.hpp"
#include "libim/net/loop.hpp"
#include "libim/net/roster_fetch.hpp"
#include "libim/net/send_queue.hpp"
#include "libim/net/udp_socket.hpp"
#include "libim/talk/classic_listener.hpp"
#include "libim/wire/roster.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace im::node {

class ClassicEndpoint {
public:
    struct Options {
        Name user;
        Endpoint local;  ///< bound and claimed in the login; port 0: any free one
        Endpoint index;
        Duration patience = talk::kLoginPatience;
        bool rosterFirst = false;
    };
    /// Called on the loop's thread, at the end of a turn, once per event, in order, with `at`
    /// filled in.  What it throws leaves Loop::run().
    using Tell = std::function<void(const Event&)>;

    /// Binds; says nothing yet.  Throws net::BindError.
    ClassicEndpoint(net::Loop& loop, const Options& options, Tell tell);
    ~ClassicEndpoint();
    ClassicEndpoint(const ClassicEndpoint&) = delete;
    ClassicEndpoint& operator=(const ClassicEndpoint&) = delete;

    void login();
    /// Goes on with a login that is held already; see ClassicListener.
    void adopt(std::uint16_t tcpPort, const std::vector<wire::RosterEntry>& roster, bool renews);
    /// Logs out, where a login is or may be held, before it returns.
    void logout();

    /// Stops reading the socket, so that what comes waits in the kernel; what does not fit there
    /// is lost, and is told as a `gap` event: user "", text "FIRST-LAST" in the count of all
    /// datagrams that have arrived, lost ones included.  A train that the kernel had gathered
    /// (UDP_GRO) counts as one when it is lost.
    void pause();
    void resume();
    [[nodiscard]] bool paused() const { return paused_; }

    /// Once at the end of every turn, behind the events.
    void atEndOfTurn(std::function<void()> call) { afterTurn_ = std::move(call); }

    [[nodiscard]] const talk::ClassicListener& listener() const { return listener_; }
    /// What is bound, with the port the system chose.
    [[nodiscard]] const Endpoint& local() const { return socket_.local(); }
    /// Why the last roster fetch failed; empty when none has, or a later one did not.
    [[nodiscard]] const std::string& fetchProblem() const { return fetchProblem_; }
    /// When the loop must turn next for our sake, whatever arrives.
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

private:
    void receive();
    void take(const Datagram& datagram);
    void lookForLost();
    void noteLost(std::uint64_t lost);
    void fetchIfAsked();
    void startFetch(const Endpoint& from);
    void advanceFetch();
    void endFetch();
    void onDeadline();
    void endTurn();
    void tellEvents();

    net::Loop& loop_;
    net::UdpSocket socket_;
    net::SendQueue queue_;
    talk::ClassicListener listener_;
    Tell tell_;
    std::function<void()> afterTurn_;
    std::unique_ptr<net::RosterFetch> fetch_;
    std::string fetchProblem_;
    std::vector<Event> events_;
    std::uint64_t arrived_ = 0;
    std::optional<TimePoint> lookForLostAt_;
    bool paused_ = false;
};

/// Why a login came to nothing: state() of `listener` is Refused (NoPermission) or Silent
/// (Unavailable).
[[nodiscard]] Error loginError(const talk::ClassicListener& listener, const std::string& user,
                               const std::string& indexName);

}  // namespace im::node
