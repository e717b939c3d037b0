// SPDX-License-Identifier: BSL-1.0
// TcpListener: a TCP server that writes each visitor one text and closes: the roster.  Over
// POCO's ServerSocket; connections are non-blocking and share the bytes they write, so a slow
// reader costs a descriptor and a socket buffer and keeps nobody waiting.  Not thread-safe; it
// belongs to its loop.
//
// While few are there, half a megabyte goes to the kernel in one call, before the visitor has taken
// anything: a roster of 10,000 users costs no second turn.  Where many are, 128 KiB: they may all
// be slow, and it is the kernel's memory.
//
// Nothing needs to be read from a visitor, but what it sends is thrown away rather than left: a
// close with unread data would be a reset, and a reset destroys what the visitor has not yet read.
// Therefore also: after the last byte comes a half-close, then the visitor's end is awaited.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/error.hpp"
#include "libim/base/shared_text.hpp"
#include "libim/net/activation.hpp"
#include "libim/net/loop.hpp"

#include <Poco/Net/ServerSocket.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>

namespace im::net {

struct TcpLimits {
    /// Connections at once; above, the one that has been without progress for longest goes.
    std::size_t total = 4096;
    /// The same for one source (IPv4 address, IPv6 /64).
    std::size_t perSource = 1024;
    /// A visitor that takes nothing for this long is cut off.
    Duration patience = std::chrono::seconds(10);
    /// And one that takes longer than this altogether.
    Duration longest = std::chrono::minutes(5);
};

struct TcpCounters {
    std::uint64_t accepted = 0;
    std::uint64_t served = 0;        ///< everything was handed to the kernel
    std::uint64_t bytes = 0;         ///< handed to the kernel
    std::uint64_t refused = 0;       ///< nothing to write: closed at once
    std::uint64_t shed = 0;          ///< cut off to make room for another
    std::uint64_t slow = 0;          ///< cut off for want of progress
    std::uint64_t noDescriptor = 0;  ///< nor memory, nor room in epoll

    TcpCounters& operator+=(const TcpCounters& other);
};

class TcpListener {
public:
    /// So many at once are few.
    static constexpr std::size_t kFew = 64;

    /// What to write to a visitor from there; nothing: close at once.
    using Answer = std::function<std::shared_ptr<const SharedText>(const Address& from)>;

    /// Binds, listens and joins `loop`.  Port 0: any free one.  Throws BindError.
    TcpListener(Loop& loop, const Endpoint& local, Answer answer, const TcpLimits& limits = {});
    /// Adopts a listening socket that was given, and closes it at the end.
    TcpListener(Loop& loop, const GivenSocket& given, Answer answer, const TcpLimits& limits = {});
    ~TcpListener();
    TcpListener(const TcpListener&) = delete;
    TcpListener& operator=(const TcpListener&) = delete;

    /// While paused no visitor is let in: they wait in the kernel's backlog.  Those who are in
    /// go on.
    void setPaused(bool paused);

    /// With the port the system chose.
    [[nodiscard]] const Endpoint& local() const { return local_; }
    [[nodiscard]] std::size_t connections() const { return connections_.size(); }
    [[nodiscard]] const TcpCounters& counters() const { return counters_; }

private:
    struct Connection {
        int descriptor;
        Address source;  // as counted in perSource_
        std::shared_ptr<const SharedText> text;
        std::size_t written = 0;
        std::size_t piece = 0;   // of the text: that is being written
        std::size_t offset = 0;  // in that piece
        TimePoint since;         // accepted
        TimePoint progress;      // of the last byte taken by the visitor
        bool watched = false;
    };
    // Front: longest without progress.
    using Connections = std::list<Connection>;
    using Visitor = Connections::iterator;

    [[nodiscard]] static bool isWhole(const Connection& connection) {
        return connection.written == connection.text->size();
    }
    void open();
    void serve();
    void acceptSome();
    void admit(int descriptor, const Address& from);
    void makeRoom(const Address& source);
    void outOfDescriptors();
    void watchVisitors();
    bool watch(Visitor visitor);
    void ready(Visitor visitor);
    bool writeMore(Visitor visitor);
    void advance(Visitor visitor, std::size_t count);
    bool discardInput(Visitor visitor);
    void finish(const Connection& connection);
    void lookAtFinished();
    void cutOff(Visitor visitor);
    void close(Visitor visitor);
    [[nodiscard]] TimePoint deadlineOf(const Connection& connection) const;
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;
    void whenDue();

    Loop& loop_;
    Poco::Net::ServerSocket socket_;
    int descriptor_ = -1;
    Endpoint local_;
    Answer answer_;
    TcpLimits limits_;
    TcpCounters counters_;
    Connections connections_;
    std::map<Address, std::size_t> perSource_;
    bool isPaused_ = false;
    std::optional<TimePoint> pausedUntil_;  // no accepting
    std::optional<TimePoint> lookAt_;       // when to look whether who got all has closed
    std::size_t unwatched_ = 0;             // got all and are not watched, about
    TimePoint unwatchedSince_;              // no older progress among those not watched
    Loop::DeadlineId deadline_ = 0;
};

}  // namespace im::net
