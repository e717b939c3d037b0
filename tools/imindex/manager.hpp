// SPDX-License-Identifier: BSL-1.0
// Manager: what systemd is told of imindex while it runs: READY, RELOADING, STOPPING, how many are
// online, and that the loop still turns.  Without systemd it does nothing.  Belongs to the loop.
#pragma once

#include "libim/net/loop.hpp"
#include "libim/net/notify.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace im::tools {

class Manager {
public:
    /// STATUS is said at most this often, and only when it has changed.
    static constexpr Duration kStatusInterval = std::chrono::seconds(1);

    /// `users`: how many are online now; asked before every wait of the loop.
    Manager(net::Loop& loop, std::function<std::size_t()> users);

    /// Serving at `where`.  From now on the status is kept current and the watchdog fed, by the
    /// loop: a loop that hangs is noticed.
    void ready(std::string where);
    void reloading();
    void reloaded();
    void stopping() const { notifier_.stopping(); }

private:
    void keepStatus();
    void feedWatchdog(Duration interval);
    [[nodiscard]] std::string status();

    net::Loop& loop_;
    std::function<std::size_t()> users_;
    net::Notifier notifier_;
    std::string where_;
    std::size_t toldUsers_ = 0;
    TimePoint tellAt_;  // not before
    TimePoint feedAt_;
};

}  // namespace im::tools
