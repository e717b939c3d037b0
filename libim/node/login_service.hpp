// SPDX-License-Identifier: BSL-1.0
// LoginService: what imlogin does when it registers: logs in (or renews the login of a session),
// fetches the roster, writes the session file, and lets go of the endpoint, which imlisten then
// takes over.  Not thread-safe; it belongs to the loop and lives until the loop turns no more.
#pragma once

#include "libim/base/error.hpp"
#include "libim/net/loop.hpp"
#include "libim/node/account.hpp"
#include "libim/node/classic_endpoint.hpp"
#include "libim/node/session_file.hpp"

#include <functional>
#include <optional>

namespace im::node {

class LoginService {
public:
    struct Options {
        LocalWish local;  ///< else the session's endpoint, else any
        Duration patience = talk::kLoginPatience;
    };
    /// Called on the loop's thread.
    struct Handlers {
        /// Once: the login is held, the session file is written.  The roster, ourselves included.
        std::function<void(const Session&, const talk::Contacts::Map&)> done;
        /// Once, instead: refused (NoPermission), or no answer or no roster (Unavailable).  It
        /// has logged out where it was logged in.
        std::function<void(const Error&)> failed;
    };

    /// Binds.  Throws Error(OperatingSystem) when the endpoint cannot be bound, and Error(Usage)
    /// as localFor().  REQUIRES: nobody listens on the account's session, see isListening().
    LoginService(net::Loop& loop, SessionDirectory directory, const Account& account,
                 const Options& options, Handlers handlers);

    void start() { endpoint_.login(); }
    /// Logs out; nothing is called any more.
    void abandon();

private:
    static Endpoint endpointFor(const Account& account, const Options& options);
    static ClassicEndpoint::Options endpointOptions(const Account& account, const Endpoint& local,
                                                    const Options& options);
    void endTurn();
    void finish();
    void fail(const Error& problem);

    SessionDirectory directory_;
    const Account& account_;
    Handlers handlers_;
    ClassicEndpoint endpoint_;
    bool ended_ = false;
};

/// Whether some program has the endpoint of this session: an imlisten, as a rule.
[[nodiscard]] bool isListening(const Session& session);

/// Ends the login of a session from outside: sends the logout, from the session's own address
/// where that is still ours, and removes the file, by which an imlisten on it learns of it.
/// False when the index refused the datagram, so that nobody there has heard it.
/// Throws Error(CannotCreate).
bool logOut(const SessionDirectory& directory, const Session& session);

}  // namespace im::node
