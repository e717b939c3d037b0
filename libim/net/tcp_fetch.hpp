// SPDX-License-Identifier: BSL-1.0
// TcpFetch: connects, says nothing, and reads what the other side has to say.  A small state
// machine for any loop (poll, epoll), and a blocking helper for programs without one.  What the
// bytes mean is the consumer's affair: node::RosterFetch reads rosters with it.
//
// It reads to the end of the connection before closing, since closing earlier kills a .NET
// server (doc/protocol.md, "The roster").  Not thread-safe.  Owns its descriptor (close-on-exec,
// non-blocking, bound to nothing).
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/bytes.hpp"
#include "libim/base/time.hpp"

#include <functional>
#include <string>

namespace im::net {

class TcpFetch {
public:
    /// What the consumer makes of a piece.
    enum class Verdict {
        More,    ///< go on
        Enough,  ///< all is there; the rest is read and dropped
        Broken,  ///< it can never become anything: give up
    };
    using Consumer = std::function<Verdict(BytesView piece)>;

    struct Limits {
        Duration silence = std::chrono::seconds(5);  ///< nothing heard for so long: failed
        Duration total = std::chrono::seconds(60);   ///< all of it, trickle or not
    };

    /// Enough is there, but the other side does not close: it is given this long.
    static constexpr Duration kLinger = std::chrono::milliseconds(50);

    enum class State {
        Connecting,
        Reading,
        Ended,   ///< the other side closed, or kLinger after Enough
        Broken,  ///< the consumer said so
        Failed,  ///< refused, unreachable, reset, or out of time: failure() says which
    };

    /// Starts connecting to `from`.  Never throws for the network's sake: state() is Failed
    /// then.  Throws Error(OperatingSystem) when there is no descriptor left.
    TcpFetch(const Endpoint& from, Consumer consumer, Limits limits, TimePoint now);
    TcpFetch(const TcpFetch&) = delete;
    TcpFetch& operator=(const TcpFetch&) = delete;
    ~TcpFetch();

    /// To be watched for wants(); -1 when done().
    [[nodiscard]] int fd() const { return fd_; }
    /// Events of poll(2): POLLOUT while connecting, POLLIN afterwards, 0 when done().
    [[nodiscard]] short wants() const;
    /// Goes on as far as possible without waiting, for at most 1 MiB at a time so that a loop
    /// stays fair.  Call when fd() is ready and at deadline(); at other times it is harmless.
    void advance(TimePoint now);
    /// When advance() must be called at the latest.
    [[nodiscard]] TimePoint deadline() const;

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] bool done() const { return fd_ < 0; }
    /// "connection refused", "no answer", "network is unreachable".  Empty unless Failed.
    [[nodiscard]] const std::string& failure() const { return failure_; }

    /// Blocks in poll(2) until done().
    void runToEnd();

private:
    void open(const Endpoint& from);
    bool connected();
    void read(TimePoint now);
    void finish(State state);
    void fail(int errnum);
    void failed(std::string why);

    Consumer consumer_;
    Limits limits_;
    TimePoint heard_;
    TimePoint started_;
    int fd_ = -1;
    State state_ = State::Connecting;
    bool enough_ = false;
    std::string failure_;
};

}  // namespace im::net
