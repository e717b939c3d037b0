// SPDX-License-Identifier: BSL-1.0
// SessionWatch: tells a listener that its session file was removed, which is how `imlogin -o` ends
// it.  By inotify; where the system gives no more of those, by looking once a second.
// Not thread-safe; it belongs to the loop.
#pragma once

#include "libim/net/loop.hpp"

#include <functional>
#include <optional>
#include <string>

namespace im::node {

class SessionWatch {
public:
    /// `removed` is called on the loop's thread, at least once, after `path` has been removed or
    /// moved away, even when there is a new file of that name by then.  Replacing it by rename(2)
    /// is no removal.
    SessionWatch(net::Loop& loop, const std::string& path, std::function<void()> removed);
    ~SessionWatch();
    SessionWatch(const SessionWatch&) = delete;
    SessionWatch& operator=(const SessionWatch&) = delete;

private:
    void watchDirectory();
    void lookEverySecond();
    void readEvents();

    net::Loop& loop_;
    std::string path_;
    std::string name_;
    std::function<void()> removed_;
    int descriptor_ = -1;
    std::optional<TimePoint> lookAt_;
    std::optional<net::Loop::DeadlineId> deadline_;
};

}  // namespace im::node
