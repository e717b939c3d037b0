// SPDX-License-Identifier: BSL-1.0
// Client: one user's login at an index, for programs of your own: log in, listen, send, ask who
// is online.  This header and those of base are the whole public surface of libim;
// doc/examples has a program for each use.
//
// Threads: none are started.  A Client is not thread-safe; two of them do not know each other.
// Signals: none are caught, none is sent.  (Loading libPocoFoundation blocks SIGPIPE in the thread
// that loads it; unblock it if your program lives in pipes.)  Descriptors: all are close-on-exec.
// Errors: im::Error, with a kind that is also an exit status (base/error.hpp), lower-case text
// without full stop.  What strangers send is never an error.
// Profile: classic.  Nothing is encrypted, nobody proves who he is, nothing is acknowledged.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/error.hpp"
#include "libim/base/event.hpp"
#include "libim/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::node {

/// Who is online, and where.
struct Contact {
    std::string user;  ///< as the index tells it; show it with care, it is a stranger's text
    Endpoint endpoint;

    friend bool operator==(const Contact&, const Contact&) = default;
};

class Client {
public:
    struct Options {
        std::string user;                ///< by the rule of im::Name: 1 to 32 bytes of UTF-8
        std::string host = "localhost";  ///< of the index: a name, or a literal without brackets
        std::uint16_t port = 4649;       ///< its UDP port
        /// Where peers write to.  Default: any free port on the address that routes to the index.
        std::optional<Endpoint> local = std::nullopt;
        /// How long the index may take to answer.
        Duration patience = std::chrono::seconds(5);
    };

    /// So many events wait to be taken; then no more is read from the network, and what the
    /// kernel cannot keep meanwhile is told by an event of type Gap.
    static constexpr std::size_t kMostEvents = 4096;

    /// Resolves the index (blocking as long as the resolver does) and binds; says nothing yet.
    /// Throws Error: Usage (no user name), NoHost, Unavailable (no way leads there),
    /// OperatingSystem (the local endpoint is in use, or not of this host).
    explicit Client(const Options& options);
    /// Logs out.
    ~Client();
    Client(Client&& other) noexcept;
    Client& operator=(Client&& other) noexcept;

    /// Logs in and waits for the index's answer and its first roster.  Throws Error: Unavailable
    /// (no answer within `patience`), NoPermission (refused: the name is taken, for instance).
    /// Logged in already: nothing happens.
    void login();
    /// Logs out and returns at once.  Not logged in: nothing happens.
    void logout();
    /// Whether a login is held, as far as is known: also while the index is silent (an event of
    /// type Server says "lost", and "back"), and not any more once it has refused us.
    [[nodiscard]] bool isLoggedIn() const;

    // Listening.  Events: Talk, Login, Logout, Server, Gap; what each member means is in
    // base/event.hpp.  A login is kept alive only while one of these is called now and then.

    /// The next event, if one has come; never waits.
    [[nodiscard]] std::optional<Event> next();
    /// The next event, waiting no longer than `longest` for it.
    [[nodiscard]] std::optional<Event> next(Duration longest);
    /// Calls `each` with every event until it returns false.
    void listen(const std::function<bool(const Event&)>& each);

    /// For a loop of your own: a descriptor to poll for reading.  When it is ready, call next()
    /// until it gives nothing.  It is the same one for the life of the client; do not read it.
    [[nodiscard]] int descriptor() const;

    // Sending.

    /// Sends `text` to a user, who is looked for among the contacts and then, once, at the index;
    /// returns when it is handed to the network and not refused: classic knows no more.  Waits up
    /// to 50 ms for a refusal from another host, and up to `patience` for the index.
    /// Throws Error: NoUser, Unavailable (nobody listens there, or the index does not answer),
    /// Data (`text` is not valid UTF-8, or longer than 32,000 UTF-16 code units).
    void send(std::string_view user, std::string_view text);
    /// The same to an endpoint that is known; needs no index and no login.
    void sendTo(const Endpoint& peer, std::string_view text);

    // Who is online.

    /// Everybody, ourselves included, sorted by name byte by byte, as known now; kept current by
    /// listening.  Empty before login().
    [[nodiscard]] std::vector<Contact> roster() const;
    /// Where `user` is, as known now.
    [[nodiscard]] std::optional<Endpoint> find(std::string_view user) const;

    /// Where peers reach us, with the port the system chose.
    [[nodiscard]] const Endpoint& local() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// Asks an index who is online, without logging in: sorted by name, each name once.  `tcpPort` is
/// the roster's port, by default the same number as the UDP port.  Throws Error: NoHost,
/// Unavailable (no answer within `patience`), Protocol (what answers is no index).
[[nodiscard]] std::vector<Contact> fetchRoster(const std::string& host,
                                               std::uint16_t tcpPort = 4649,
                                               Duration patience = std::chrono::seconds(5));

}  // namespace im::node
