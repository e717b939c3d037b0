// SPDX-License-Identifier: BSL-1.0
// Loop: the one epoll of a program.  A turn: wait until a descriptor is ready, a signal has come
// or a deadline is due; read the clock once; call handlers; call what is due; call the turn's
// ends.  No POCO.  Not thread-safe; everything is called on the thread that runs the loop.
//
// No allocation per turn.  Handlers may watch, change and forget anything, also themselves.
#pragma once

#include "libim/base/duration_histogram.hpp"
#include "libim/base/time.hpp"

#include <sys/epoll.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace im::net {

/// What a descriptor is watched for and what a handler is told.
using LoopEvents = std::uint32_t;
inline constexpr LoopEvents kLoopRead = EPOLLIN;
inline constexpr LoopEvents kLoopWrite = EPOLLOUT;
/// Always watched for: an error is pending, the other side has hung up.
inline constexpr LoopEvents kLoopError = EPOLLERR;
inline constexpr LoopEvents kLoopHangUp = EPOLLHUP;

class Loop {
public:
    using Handler = std::function<void(LoopEvents)>;

    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Calls `handler` in each turn in which `descriptor` is ready for one of `events` (level-
    /// triggered), or has an error or hang-up.  False when it can never block and so is not
    /// watched (regular file, /dev/null).  REQUIRES: not watched yet.
    bool watch(int descriptor, LoopEvents events, Handler handler);
    /// `events` 0: only errors and hang-ups.  REQUIRES: watched.
    void change(int descriptor, LoopEvents events);
    /// Call it before closing the descriptor.  Not watched: nothing happens.
    void forget(int descriptor);

    /// Calls `handler` in the turn after `signal` came.  REQUIRES: blocked (blockSignals).
    void onSignal(int signal, std::function<void()> handler);

    /// Something that is due at times.  `next` is asked before every wait; `due` is called in
    /// every turn at whose now() that time has come, after the handlers.
    using DeadlineId = std::size_t;
    DeadlineId atDeadline(std::function<std::optional<TimePoint>()> next,
                          std::function<void()> due);
    /// Neither of the two is called again.  Not from within them.
    void forgetDeadline(DeadlineId id);
    /// Called at the end of every turn, in the order given; where a batch is ended and flushed.
    /// For the life of the loop.
    void atEndOfTurn(std::function<void()> end);

    /// The time of this turn: monotonic, and of the calendar.
    [[nodiscard]] TimePoint now() const { return now_; }
    [[nodiscard]] WallTime wallNow() const { return wallNow_; }

    /// How long turns took, each from the end of its wait to its own end.
    [[nodiscard]] const DurationHistogram& turnTimes() const { return turnTimes_; }

    /// One turn; waits no longer than `longest`.
    void runOnce(std::optional<Duration> longest = {});
    /// Turns until stop(); nothing at all when stop() has been called already.
    void run();
    void stop() { stopped_ = true; }
    [[nodiscard]] bool stopped() const { return stopped_; }

    /// Readable as soon as a descriptor of the loop is ready, so that another loop can watch this
    /// one; deadlines do not show in it.
    [[nodiscard]] int descriptor() const { return epoll_; }

private:
    struct Watch {
        Handler handler;
        std::uint32_t generation = 0;  // tells a descriptor from an earlier one of its number
    };
    struct Deadline {
        std::function<std::optional<TimePoint>()> next;
        std::function<void()> due;
    };

    int waitTime(std::optional<Duration> longest) const;
    void readClocks();
    void dispatch(const epoll_event& event);
    void takeSignals();

    int epoll_ = -1;
    int signals_ = -1;
    sigset_t signalSet_{};
    std::vector<std::unique_ptr<Watch>> watches_;    // by descriptor
    std::vector<std::unique_ptr<Watch>> forgotten_;  // may be running: freed after the turn
    std::vector<std::function<void()>> onSignal_;    // by number
    std::vector<Deadline> deadlines_;
    std::vector<std::function<void()>> ends_;
    std::vector<epoll_event> events_;
    std::uint32_t generations_ = 0;
    TimePoint now_;
    WallTime wallNow_;
    DurationHistogram turnTimes_;
    bool stopped_ = false;
};

}  // namespace im::net
