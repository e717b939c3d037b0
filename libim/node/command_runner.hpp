// SPDX-License-Identifier: BSL-1.0
// CommandRunner: runs one shell command once per event, one at a time, in order, while the loop
// goes on (imlisten -x).  Nothing of the event is put into the command itself: the text is on its
// standard input, the rest in its environment, so that no stranger's byte is ever parsed by sh.
// Not thread-safe; it belongs to the loop.
#pragma once

#include "libim/base/event.hpp"
#include "libim/net/loop.hpp"

#include <sys/types.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace im::node {

/// `inherited` without the variables of a record, and these: IM_TYPE, IM_FROM, IM_ID, IM_TIME,
/// IM_TRUST, IM_ENDPOINT, each empty where the event has none.  A NUL, which no environment can
/// hold, becomes U+FFFD, so that "alice\0x" does not pass for "alice".
[[nodiscard]] std::vector<std::string> commandEnvironment(const Event& event, std::string_view time,
                                                          const char* const* inherited);

class CommandRunner {
public:
    /// `command` is for `sh -c`.  REQUIRES: SIGCHLD is blocked (net::blockSignals).
    CommandRunner(net::Loop& loop, std::string command);
    CommandRunner(const CommandRunner&) = delete;
    CommandRunner& operator=(const CommandRunner&) = delete;

    /// Runs the command for `event` as soon as all before have ended; `time` is what IM_TIME
    /// shall say.  The command starts with no signal blocked and the text in a file of its own
    /// as standard input, to the last byte.
    /// Throws Error(OperatingSystem) when it cannot be started at all.
    void add(const Event& event, std::string_view time);
    /// `ended` is called for each event, in the order of add(): whether the command exited with 0.
    void whenEnded(std::function<void(bool isSuccess)> ended) { ended_ = std::move(ended); }

    /// Nothing runs and nothing waits.
    [[nodiscard]] bool idle() const { return child_ < 0 && waiting_.empty(); }
    /// How many have not been started.
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    /// Bytes kept for those.
    [[nodiscard]] std::size_t waitingBytes() const { return waitingBytes_; }

private:
    struct Job {
        Event event;
        std::string time;
        [[nodiscard]] std::size_t size() const;
    };

    void startNext();
    void reap();

    std::string command_;
    std::function<void(bool)> ended_;
    std::deque<Job> waiting_;
    std::size_t waitingBytes_ = 0;
    pid_t child_ = -1;
};

}  // namespace im::node
