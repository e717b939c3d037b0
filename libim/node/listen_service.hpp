// SPDX-License-Identifier: BSL-1.0
// ListenService: what imlisten does but for printing, in either profile.  Adopts the session of an
// account or logs in itself, owns the endpoint, keeps the session file current, and logs out at
// the end.  Not thread-safe; it belongs to the loop and lives until the loop turns no more.
#pragma once

#include "libim/base/error.hpp"
#include "libim/base/event.hpp"
#include "libim/net/loop.hpp"
#include "libim/net/udp_socket.hpp"
#include "libim/node/account.hpp"
#include "libim/node/session_file.hpp"
#include "libim/node/session_keeper.hpp"
#include "libim/node/session_watch.hpp"
#include "libim/talk/sealed_listener.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace im::node {

class ListenService {
public:
    struct Options {
        LocalWish local;            ///< without a session; with one it has to agree with it
        bool rosterFirst = false;   ///< `roster` events first, then the stream
        bool keep = false;          ///< neither log out nor remove the session at the end
        bool allowClassic = false;  ///< sealed: what is said in classic is shown, too
        std::string outbox = {};    ///< sealed: its directory; what waits there is delivered
    };

    /// All are called on the loop's thread, within a turn; what they throw leaves Loop::run().
    /// Events have `at`.
    struct Handlers {
        std::function<void(const Event&)> event;
        /// Sealed: a message or a gap, as talk::ListenReader::show().
        std::function<talk::Shown(const Event&, bool isHurried)> show;
        /// Once: the endpoint is bound, the login held and the session file there.
        std::function<void()> ready;
        /// Once, before or after ready(): the login has failed (refused, silence, another key).
        /// Nothing is held any more.
        std::function<void(const Error&)> failed;
        /// Once: somebody else has removed the session; it is logged out.
        std::function<void()> sessionRemoved;
        /// Something that stops nothing but should be said.
        std::function<void(const std::string&)> trouble;
        /// Something that a person may want to know.
        std::function<void(const std::string&)> notice;
    };

    virtual ~ListenService() = default;
    ListenService(const ListenService&) = delete;
    ListenService& operator=(const ListenService&) = delete;

    /// Adopts or logs in.  Throws Error(CannotCreate).
    void start();
    /// The end: logs out and removes the session, unless they are to be kept or are not ours any
    /// more.  Nothing happens the second time.  Throws Error(CannotCreate) after logging out.
    void stop();

    /// The reader of the events is slow: no more datagrams are read.
    virtual void pause() = 0;
    virtual void resume() = 0;
    /// The `count` oldest events that show() called Later are written now, or will not be.
    virtual void written(std::size_t count) = 0;
    virtual void unseen(std::size_t count) = 0;

    [[nodiscard]] virtual const Endpoint& local() const = 0;

protected:
    ListenService(net::Loop& loop, SessionDirectory directory, const Account& account,
                  Options options, Handlers handlers);

    /// The endpoint of the account's session, else the one wished for.  Throws Error(Usage) when
    /// the two disagree.
    [[nodiscard]] static Endpoint endpointFor(const Account& account, const Options& options);
    /// "in use by another imlisten", or the problem as it is.
    [[nodiscard]] static Error bindError(const Account& account, const net::BindError& problem);

    // What a profile does in its own way.

    virtual void beginLogin() = 0;
    virtual void beginAdopted(const SessionFile& session) = 0;
    virtual void endLogin() = 0;
    /// Leaves the login as it is.
    virtual void leaveLogin() = 0;
    [[nodiscard]] virtual bool isOnline() const = 0;
    [[nodiscard]] virtual std::optional<Error> failure() const = 0;
    /// As the session file says it.
    [[nodiscard]] virtual Session session() const = 0;
    virtual void adoptFile(SessionKeeper& keeper) = 0;
    virtual void createFile(SessionKeeper& keeper) = 0;
    [[nodiscard]] virtual bool followFile(SessionKeeper& keeper) = 0;

    /// To be called at the end of every turn.
    void endTurn();

    [[nodiscard]] net::Loop& loop() { return loop_; }
    [[nodiscard]] const Account& account() const { return account_; }
    [[nodiscard]] const Options& options() const { return options_; }
    [[nodiscard]] const Handlers& handlers() const { return handlers_; }

private:
    void becomeReady();
    void checkLogin();
    void onRemoved();

    net::Loop& loop_;
    SessionDirectory directory_;
    const Account& account_;
    Options options_;
    Handlers handlers_;
    std::optional<SessionKeeper> keeper_;
    std::optional<SessionWatch> watch_;
    bool ready_ = false;
    bool ended_ = false;
};

}  // namespace im::node
