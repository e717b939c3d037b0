// SPDX-License-Identifier: BSL-1.0
// ListenService: what imlisten does but for printing.  Adopts the session of an account or logs
// in itself, owns the endpoint, keeps the session file current, and logs out at the end.
// Not thread-safe; it belongs to the loop and lives until the loop turns no more.
#pragma once

#include "libim/base/error.hpp"
#include "libim/base/event.hpp"
#include "libim/net/loop.hpp"
#include "libim/node/account.hpp"
#include "libim/node/classic_endpoint.hpp"
#include "libim/node/session_file.hpp"
#include "libim/node/session_keeper.hpp"
#include "libim/node/session_watch.hpp"

#include <functional>
#include <optional>
#include <string>

namespace im::node {

class ListenService {
public:
    struct Options {
        LocalWish local;           ///< without a session; with one it has to agree with it
        bool rosterFirst = false;  ///< `roster` events first, then the stream
        bool keep = false;         ///< neither log out nor remove the session at the end
    };

    /// All are called on the loop's thread, within a turn; what they throw leaves Loop::run().
    struct Handlers {
        std::function<void(const Event&)> event;
        /// Once: the endpoint is bound, the login held and the session file there.
        std::function<void()> ready;
        /// Once, before or after ready(): the login was refused (NoPermission), or nobody answered
        /// (Unavailable).  Nothing is held any more.
        std::function<void(const Error&)> failed;
        /// Once: somebody else has removed the session; it is logged out.
        std::function<void()> sessionRemoved;
        /// Something that stops nothing but should be said.
        std::function<void(const std::string&)> trouble;
    };

    /// Binds the endpoint of the account's session, else the one wished for.  Throws Error: Usage
    /// when session and wish disagree, OperatingSystem when the endpoint cannot be bound ("in use
    /// by another imlisten").
    ListenService(net::Loop& loop, SessionDirectory directory, const Account& account,
                  const Options& options, Handlers handlers);

    /// Adopts or logs in.  Throws Error(CannotCreate).
    void start();

    /// The end: logs out and removes the session, unless they are to be kept or are not ours any
    /// more.  Nothing happens the second time.  Throws Error(CannotCreate) after logging out.
    void stop();

    /// The reader of the events is slow: no more datagrams are read; see ClassicEndpoint::pause().
    void pause() { endpoint_.pause(); }
    void resume() { endpoint_.resume(); }

    [[nodiscard]] const Endpoint& local() const { return endpoint_.local(); }

private:
    static ClassicEndpoint::Options endpointOptions(const Account& account, const Options& options);

    void becomeReady();
    void endTurn();
    void checkLogin();
    void followRoster();
    void onRemoved();
    [[nodiscard]] SessionKeeper makeKeeper() const;

    net::Loop& loop_;
    SessionDirectory directory_;
    const Account& account_;
    Options options_;
    Handlers handlers_;
    ClassicEndpoint endpoint_;
    std::optional<SessionKeeper> keeper_;
    std::optional<SessionWatch> watch_;
    bool ready_ = false;
    bool ended_ = false;
};

}  // namespace im::node
