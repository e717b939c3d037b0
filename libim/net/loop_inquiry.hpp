// SPDX-License-Identifier: BSL-1.0
// LoopInquiry: lets other threads ask the thread of a loop for something that only it may touch.
// Who asks rings an eventfd and waits; the loop answers at the end of the turn that this begins.
// A loop that nobody asks takes no lock and has no work.
//
// Belongs to the loop's thread, where it is made and destroyed; ask() and close() are for any
// thread.  What answer() writes and take() reads is guarded by the inquiry's mutex, which both
// are called with.
#pragma once

#include "libim/base/time.hpp"
#include "libim/net/loop.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace im::net {

class LoopInquiry {
public:
    /// `answer` is called on the loop's thread, once for all who have asked so far; it is short
    /// and does not call the inquiry.  After its end the loop turns no more, or nobody asks.
    LoopInquiry(Loop& loop, std::function<void()> answer);
    /// REQUIRES: no thread is in ask().
    ~LoopInquiry();
    LoopInquiry(const LoopInquiry&) = delete;
    LoopInquiry& operator=(const LoopInquiry&) = delete;

    /// Waits until answer() has run in a turn that ended after this call, then calls `take`.
    /// False when that has not come within `patience`: the loop does not turn, or turns for
    /// longer than that; false also after close().
    [[nodiscard]] bool ask(Duration patience, const std::function<void()>& take);

    /// Everybody who waits, or asks from now on, is told false at once.
    void close();

private:
    void endTurn();

    Loop& loop_;
    std::function<void()> answer_;
    int bell_;
    bool rung_ = false;  // of the loop's thread

    std::mutex mutex_;
    std::condition_variable answeredOne_;
    std::uint64_t asked_ = 0;     // guarded by mutex_, as are those below
    std::uint64_t answered_ = 0;  // of asked_, the first so many
    bool closed_ = false;
};

}  // namespace im::net
