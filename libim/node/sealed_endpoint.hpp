// SPDX-License-Identifier: BSL-1.0
// SealedEndpoint: a SealedListener put on a UDP socket, a roster connection over TCP and a Loop;
// the sealed counterpart of ClassicEndpoint.  First it greets the index (IndexGreeting), then it
// logs in or goes on with a login that a session tells of. Not thread-safe; it belongs to the loop
// and lives until the loop turns no more.
#pragma once

#include "libim/base/error.hpp"
#include "libim/base/event.hpp"
#include "libim/base/name.hpp"
#include "libim/net/loop.hpp"
#include "libim/net/send_queue.hpp"
#include "libim/net/udp_socket.hpp"
#include "libim/node/file_pins.hpp"
#include "libim/node/index_greeting.hpp"
#include "libim/node/roster_connection.hpp"
#include "libim/noise/identity.hpp"
#include "libim/talk/sealed_listener.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace im::node {

class SealedEndpoint {
public:
    struct Options {
        Name user;
        Endpoint local;  ///< bound, and told to those behind the same translator; port 0: any
        Endpoint index;
        std::string indexName;
        Duration patience = std::chrono::seconds(5);  ///< for greeting and login together
        bool rosterFirst = false;
        bool allowClassic = false;  ///< show what is said in classic
    };

    /// Binds; says nothing yet.  `identity`, `pins` and `reader` outlive it; what `reader` throws
    /// leaves Loop::run().  Its events have no `at` yet.  Throws net::BindError.
    SealedEndpoint(net::Loop& loop, Options options, const noise::Identity& identity,
                   FilePins& pins, talk::ListenReader& reader);
    ~SealedEndpoint();
    SealedEndpoint(const SealedEndpoint&) = delete;
    SealedEndpoint& operator=(const SealedEndpoint&) = delete;

    void login();
    /// Goes on with a login, knowing who was online: a silent index is `server lost`, never a
    /// failure.
    void adopt(talk::Contacts known);
    /// Says good-bye to everybody before it returns.
    void logout();
    /// Leaves without a word: the login stays until its lease ends, or somebody adopts it.
    void abandon();

    /// The `count` oldest that show() called Later are written now, or will not be.
    void written(std::size_t count);
    void unseen(std::size_t count);
    /// The reader is slow.  Senders of the sealed profile are held by their streams, and the socket
    /// is read on, or the login would end; only classic talk, which nothing can hold, is dropped.
    void pause() { isPaused_ = true; }
    void resume() { isPaused_ = false; }

    /// Once at the end of every turn.
    void atEndOfTurn(std::function<void()> call) { afterTurn_ = std::move(call); }

    /// Nothing while the index has not said who it is.
    [[nodiscard]] const talk::SealedIndexLink* link() const {
        return listener_ ? &listener_->link() : nullptr;
    }
    /// The login has come to an end by itself: refused, silent, another key, replaced.
    [[nodiscard]] std::optional<Error> failure() const;
    /// The index was seen for the first time.
    [[nodiscard]] bool isIndexNew() const { return greeting_.isNew(); }
    /// What is bound, with the port the system chose.
    [[nodiscard]] const Endpoint& local() const { return socket_.local(); }
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

private:
    void begin();
    void receive();
    void greet();
    void listen();
    void retryGreeting();
    void endTurn();
    [[nodiscard]] sealed::UnixSeconds wall() const;
    [[nodiscard]] std::optional<Error> linkFailure() const;

    net::Loop& loop_;
    Options options_;
    const noise::Identity& identity_;
    FilePins& pins_;
    talk::ListenReader& reader_;
    noise::SystemRandom random_;
    net::UdpSocket socket_;
    net::SendQueue queue_;
    IndexGreeting greeting_;
    std::unique_ptr<talk::SealedListener> listener_;
    std::unique_ptr<RosterConnection> roster_;
    std::function<void()> afterTurn_;

    std::optional<talk::Contacts> adopted_;
    std::optional<TimePoint> giveUpAt_;  ///< nobody has answered our greeting until then
    std::optional<TimePoint> greetAgainAt_;
    bool isLost_ = false;  ///< has been told while greeting
    bool isOver_ = false;
    bool isPaused_ = false;
};

}  // namespace im::node
