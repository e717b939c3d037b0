// SPDX-License-Identifier: BSL-1.0
// IndexVisit: asks a sealed index without logging in, and waits for the answer: imlogin -l, -i, -w,
// --verify, --trust.  Has a loop of its own.  Not thread-safe.
#pragma once

#include "libim/base/error.hpp"
#include "libim/base/event.hpp"
#include "libim/net/loop.hpp"
#include "libim/net/send_queue.hpp"
#include "libim/net/udp_socket.hpp"
#include "libim/node/account.hpp"
#include "libim/node/index_greeting.hpp"
#include "libim/node/roster_connection.hpp"
#include "libim/node/sealed_self.hpp"
#include "libim/talk/sealed_visitor.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace im::node {

class IndexVisit {
public:
    /// `notice` is told of an index that is seen for the first time.  Sends nothing yet.  `account`
    /// and `self` outlive it.  Throws net::BindError.
    IndexVisit(const Account& account, SealedSelf& self,
               std::function<void(const std::string&)> notice);
    ~IndexVisit();
    IndexVisit(const IndexVisit&) = delete;
    IndexVisit& operator=(const IndexVisit&) = delete;

    // Each waits at most `patience`; throws Error as imlogin ends: silence, refusal, another key.

    /// Who is online, sorted by name, as roster events.  Whoever is pinned is looked up besides, so
    /// that another key than the pinned one is BAD.
    [[nodiscard]] std::vector<Event> roster(Duration patience);
    /// Those of `names` who are online, sorted, as roster events with what their keys say.
    [[nodiscard]] std::vector<Event> online(const std::vector<std::string>& names,
                                            Duration patience);
    /// What the index says of one.
    [[nodiscard]] talk::SealedVisitor::Answer ask(const std::string& name, Duration patience);

private:
    using Answers = std::vector<talk::SealedVisitor::Answer>;

    void begin(Duration patience);
    void greet();
    void makeVisitor();
    void endTurn();
    [[nodiscard]] Answers askAll(const std::vector<std::string>& names, Duration patience);
    void runUntil(const std::function<bool()>& isDone, Duration patience);
    void throwProblem() const;
    [[nodiscard]] Trust trustOf(const talk::SealedVisitor::Answer& answer) const;
    [[nodiscard]] sealed::UnixSeconds wall() const;

    const Account& account_;
    SealedSelf& self_;
    std::function<void(const std::string&)> notice_;
    noise::SystemRandom random_;
    net::Loop loop_;
    net::UdpSocket socket_;
    net::SendQueue queue_;
    IndexGreeting greeting_;
    std::unique_ptr<talk::SealedVisitor> visitor_;
    std::unique_ptr<RosterConnection> roster_;
    std::optional<TimePoint> endAt_;
    bool hasBegun_ = false;
    bool wantsRoster_ = false;
};

}  // namespace im::node
