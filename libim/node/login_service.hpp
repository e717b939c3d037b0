// SPDX-License-Identifier: BSL-1.0
// LoginService: what imlogin does when it registers, in either profile: logs in (or renews the
// login of a session), fetches the roster, writes the session file, and lets go of the endpoint,
// which imlisten then takes over.  Not thread-safe; it belongs to the loop and lives until the loop
// turns no more.
#pragma once

#include "libim/base/error.hpp"
#include "libim/base/event.hpp"
#include "libim/base/time.hpp"
#include "libim/node/account.hpp"
#include "libim/node/session_file.hpp"
#include "libim/talk/limits.hpp"

#include <functional>
#include <string>
#include <vector>

namespace im::node {

class LoginService {
public:
    struct Options {
        LocalWish local;  ///< else the session's endpoint, else any
        Duration patience = talk::kLoginPatience;
    };
    /// Called on the loop's thread.
    struct Handlers {
        /// Once: the login is held, the session file is written.  The roster, ourselves included,
        /// sorted by name.
        std::function<void(const std::vector<Event>& roster)> done;
        /// Once, instead: refused, no answer, no roster, another key.  It has logged out where it
        /// was logged in.
        std::function<void(const Error&)> failed;
        /// Something that a person may want to know.
        std::function<void(const std::string&)> notice;
    };

    virtual ~LoginService() = default;
    LoginService(const LoginService&) = delete;
    LoginService& operator=(const LoginService&) = delete;

    virtual void start() = 0;
    /// Logs out; nothing is called any more.
    virtual void abandon() = 0;

protected:
    LoginService() = default;

    /// That of the session where it is still ours and nothing else is wished for.  Throws as
    /// localFor().
    [[nodiscard]] static Endpoint endpointFor(const Account& account, const Options& options);
};

/// Whether some program has the endpoint of this session: an imlisten, as a rule.
[[nodiscard]] bool isListening(const Session& session);

/// Has the imlisten on a session log out by removing the file.  False when there is none, or it
/// does not do so within a second; the file is there then, or gone.
bool logOutListener(const SessionDirectory& directory, const Session& session);

/// Ends the login of a classic session from outside and removes the file: by its imlisten, or sends
/// the logout, from the session's own address where that is still ours.  False when the index
/// refused the datagram, so that nobody there has heard it.  Throws Error(CannotCreate).
bool logOutClassic(const SessionDirectory& directory, const Session& session);

}  // namespace im::node
