// SPDX-License-Identifier: BSL-1.0
// Notifier: tells a service manager how we are, by the protocol of sd_notify(3): one datagram to
// the socket in $NOTIFY_SOCKET.  By hand: libsystemd would bring seven libraries along for it.
// No POCO.
#pragma once

#include "libim/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace im::net {

class Notifier {
public:
    /// Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID.  Without the first, every call
    /// does nothing.
    static Notifier fromEnvironment();

    Notifier() = default;
    /// `socket`: a path, or "@name" in the abstract name space.
    explicit Notifier(std::string socket, std::optional<Duration> watchdog = {})
        : socket_(std::move(socket)), watchdog_(watchdog) {}

    /// READY=1 with one line on how we are.
    void ready(std::string_view status) const;
    /// RELOADING=1 with MONOTONIC_USEC, which Type=notify-reload asks for; ready() ends it.
    void reloading(TimePoint now) const;
    void stopping() const;
    void status(std::string_view status) const;
    /// Say this at least every watchdogInterval().
    void alive() const;
    /// Half of what the manager allows; nothing when it does not watch us.
    [[nodiscard]] std::optional<Duration> watchdogInterval() const;

    [[nodiscard]] bool active() const { return !socket_.empty(); }

private:
    void send(std::string_view message) const;

    std::string socket_;
    std::optional<Duration> watchdog_;
};

}  // namespace im::net
