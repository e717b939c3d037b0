// SPDX-License-Identifier: BSL-1.0
#include "libim/net/notify.hpp"

#include "tests/support/catch.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace std::chrono_literals;
using im::net::Notifier;

namespace {

/// The service manager's end, in the abstract name space.
class Manager {
public:
    Manager() : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name_ = "@im-notify-test-" + std::to_string(::getpid());
        std::memcpy(address.sun_path, name_.data(), name_.size());
        address.sun_path[0] = '\0';
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
        REQUIRE(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), length) == 0);
    }
    ~Manager() { ::close(descriptor_); }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    const std::string& name() const { return name_; }
    std::string heard() const {
        std::string text(4096, '\0');
        const ssize_t count = ::recv(descriptor_, text.data(), text.size(), MSG_DONTWAIT);
        text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
        return text;
    }

private:
    int descriptor_;
    std::string name_;
};

}  // namespace

TEST_CASE("A Notifier says what sd_notify(3) would", "[net]") {
    const Manager manager;
    const Notifier notifier(manager.name());
    REQUIRE(notifier.active());
    notifier.ready("serving 2 users");
    CHECK(manager.heard() == "READY=1\nSTATUS=serving 2 users");
    notifier.reloading(im::TimePoint(1500ms));
    CHECK(manager.heard() == "RELOADING=1\nMONOTONIC_USEC=1500000");
    notifier.stopping();
    CHECK(manager.heard() == "STOPPING=1");
    notifier.status("busy");
    CHECK(manager.heard() == "STATUS=busy");
    notifier.alive();
    CHECK(manager.heard() == "WATCHDOG=1");
}

TEST_CASE("A Notifier without a manager does nothing", "[net]") {
    ::unsetenv("NOTIFY_SOCKET");
    const Notifier notifier = Notifier::fromEnvironment();
    CHECK_FALSE(notifier.active());
    CHECK_FALSE(notifier.watchdogInterval());
    notifier.ready("nobody hears it");
    Notifier("/nonexistent/socket").ready("nobody hears it");
}

TEST_CASE("A Notifier takes its manager and watchdog from the environment", "[net]") {
    const Manager manager;
    ::setenv("NOTIFY_SOCKET", manager.name().c_str(), 1);
    ::setenv("WATCHDOG_USEC", "3000000", 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    CHECK(Notifier::fromEnvironment().watchdogInterval() == im::Duration(1500ms));
    ::setenv("WATCHDOG_PID", "1", 1);
    const Notifier others = Notifier::fromEnvironment();
    CHECK(others.active());
    CHECK_FALSE(others.watchdogInterval());
    for (const char* const name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
        ::unsetenv(name);
}
