// SPDX-License-Identifier: BSL-1.0
#include "libim/net/notify.hpp"

#include "libim/net/environment.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace im::net {

namespace {

std::optional<Duration> watchdogFromEnvironment() {
    const auto microseconds = numberFrom("WATCHDOG_USEC");
    if (!microseconds || *microseconds <= 0) return {};
    if (const auto process = numberFrom("WATCHDOG_PID"); process && *process != ::getpid())
        return {};
    return std::chrono::microseconds(*microseconds);
}

}  // namespace

Notifier Notifier::fromEnvironment() {
    const char* const socket = std::getenv("NOTIFY_SOCKET");
    if (socket == nullptr || (socket[0] != '/' && socket[0] != '@')) return {};
    return Notifier(socket, watchdogFromEnvironment());
}

void Notifier::ready(std::string_view status) const {
    send("READY=1\nSTATUS=" + std::string(status));
}

void Notifier::reloading(TimePoint now) const {
    const auto since =
        std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
    send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(since.count()));
}

void Notifier::stopping() const {
    send("STOPPING=1");
}

void Notifier::status(std::string_view status) const {
    send("STATUS=" + std::string(status));
}

void Notifier::alive() const {
    send("WATCHDOG=1");
}

std::optional<Duration> Notifier::watchdogInterval() const {
    if (!active() || !watchdog_) return {};
    return *watchdog_ / 2;
}

// Nothing is said when it fails: a manager that does not listen is not our trouble.
void Notifier::send(std::string_view message) const {
    sockaddr_un to{};
    if (!active() || socket_.size() >= sizeof to.sun_path) return;
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, socket_.data(), socket_.size());
    if (to.sun_path[0] == '@') to.sun_path[0] = '\0';
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return;
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    static_cast<void>(::sendto(descriptor, message.data(), message.size(), MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&to), length));
    ::close(descriptor);
}

}  // namespace im::net
