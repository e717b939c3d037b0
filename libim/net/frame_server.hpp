// SPDX-License-Identifier: BSL-1.0
// FrameServer: a TCP server of sealed frames, each behind its length: the roster of the sealed
// profile.  It knows connections by their remote endpoint and frames by their bounds; what they
// mean is its owner's business.  Not thread-safe; it belongs to its loop.
//
// A visitor costs a descriptor, at most one frame received in part, and the frames queued for it:
// the owner is asked for more only when all have been taken, so memory does not grow with what is
// to be told.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/bytes.hpp"
#include "libim/net/activation.hpp"
#include "libim/net/loop.hpp"
#include "libim/net/tcp_listener.hpp"
#include "libim/wire/deframer.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace im::net {

class FrameServer {
public:
    /// Called on the loop's thread.  From within them write() may be called, nothing else.
    struct Handlers {
        std::function<void(const Endpoint& from, BytesView frame)> frame;
        /// All that was queued has been taken: queue more by write().  False: there is none.
        std::function<bool(const Endpoint& to)> more;
        std::function<void(const Endpoint& from)> ended;
    };

    explicit FrameServer(Loop& loop, Handlers handlers, const TcpLimits& limits = defaults());
    ~FrameServer();
    FrameServer(const FrameServer&) = delete;
    FrameServer& operator=(const FrameServer&) = delete;

    /// Binds and listens there too.  Port 0: any free one.  The endpoint, with its port.  Throws
    /// BindError.
    Endpoint listen(const Endpoint& local);
    /// Serves on a listening socket that was given, and closes it at the end.
    void adopt(const GivenSocket& given);
    void stopListening();

    /// Queues a frame for that visitor; nothing when it has gone.  One who is sent more than
    /// kMostQueued while he takes nothing is cut off at the end of the turn.
    void write(const Endpoint& to, BytesView frame);

    [[nodiscard]] std::size_t connections() const { return visitors_.size(); }
    [[nodiscard]] const TcpCounters& counters() const { return counters_; }

    /// 1,024 in all, 64 from one source; 10 s without a byte either way, 5 min altogether.
    [[nodiscard]] static TcpLimits defaults();
    static constexpr std::size_t kMostQueued = std::size_t{64} * 1024;

private:
    struct Visitor {
        int descriptor = -1;
        Address source;  // as counted for limits
        wire::Deframer frames;
        Bytes queued;
        std::size_t written = 0;  // of queued
        TimePoint since;
        TimePoint progress;
        bool isWriting = false;  // watched for it
        bool isDoomed = false;
    };
    using Visitors = std::map<Endpoint, Visitor>;

    void serve(int listener);
    void accept(int listener);
    void admit(int descriptor, const Endpoint& from);
    void makeRoom(const Address& source);
    void ready(const Endpoint& from, LoopEvents events);
    void readSome(const Endpoint& from, Visitor& visitor);
    void writeSome(const Endpoint& to, Visitor& visitor);
    void doom(Visitor& visitor) { visitor.isDoomed = true; }
    void end(Visitors::iterator visitor);
    [[nodiscard]] TimePoint deadlineOf(const Visitor& visitor) const;
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;
    void whenDue();

    Loop& loop_;
    Handlers handlers_;
    TcpLimits limits_;
    TcpCounters counters_;
    std::vector<int> listeners_;
    Visitors visitors_;
    std::optional<TimePoint> pausedUntil_;
    Loop::DeadlineId deadline_ = 0;
};

}  // namespace im::net
