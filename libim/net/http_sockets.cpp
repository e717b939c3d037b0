// SPDX-License-Identifier: BSL-1.0
#include "libim/net/http_sockets.hpp"

#include "libim/net/clock.hpp"
#include "libim/net/sockaddr.hpp"
#include "libim/net/udp_socket.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

namespace im::net {

namespace {

// The kernel's own queue, beside the server's.
constexpr int kBacklog = 16;

// No descriptor for a visitor: others must give some back first.  Trying at once would be a busy
// loop, since the visitor goes on knocking.
constexpr int kAcceptPauseMs = 100;

class Visitor final : public Poco::Net::StreamSocketImpl {
public:
    /// `bell` rings when the server stops: then nothing is waited for any more.
    Visitor(int descriptor, TimePoint until, int bell)
        : StreamSocketImpl(descriptor), until_(until), bell_(bell) {}

    int receiveBytes(void* buffer, int length, int flags) override {
        const Use use{used_};
        const auto most = std::min(static_cast<std::size_t>(length), mayRead_);
        if (most == 0) throw Poco::RangeException("request too long");
        await(POLLIN);
        const ssize_t count = ::recv(fd(), buffer, most, flags | MSG_DONTWAIT);
        if (count < 0) error(errno);
        mayRead_ -= static_cast<std::size_t>(count);
        return static_cast<int>(count);
    }

    int sendBytes(const void* buffer, int length, int flags) override {
        const Use use{used_};
        const auto* const bytes = static_cast<const std::byte*>(buffer);
        int sent = 0;
        while (sent < length) {
            await(POLLOUT);
            const ssize_t count =
                ::send(fd(), bytes + sent, static_cast<std::size_t>(length - sent),
                       flags | MSG_DONTWAIT | MSG_NOSIGNAL);
            if (count < 0 && errno != EAGAIN && errno != EINTR) error(errno);
            if (count > 0) sent += static_cast<int>(count);
        }
        return sent;
    }

    bool poll(const Poco::Timespan& /*timeout*/, int mode) override {
        const Use use{used_};
        return isReady((mode & SELECT_WRITE) != 0 ? POLLOUT : POLLIN);
    }

private:
    /// The thread that accepts may be the last to let go of the socket.  POCO's count of
    /// references orders that, but inside a library into which the thread sanitizer cannot see.
    struct Use {
        std::atomic<bool>& used;
        ~Use() { used.store(true, std::memory_order_release); }
    };

    ~Visitor() override { static_cast<void>(used_.load(std::memory_order_acquire)); }

    [[nodiscard]] int fd() const { return static_cast<int>(sockfd()); }

    /// Within the time that the visitor has left.
    [[nodiscard]] bool isReady(short events) const {
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(until_ - now()).count();
            if (left <= 0) return false;
            std::array<pollfd, 2> wait{{{fd(), events, 0}, {bell_, POLLIN, 0}}};
            const int ready = ::poll(wait.data(), wait.size(), static_cast<int>(left));
            if (ready >= 0 || errno != EINTR) return ready > 0 && wait[1].revents == 0;
        }
    }
    void await(short events) const {
        if (!isReady(events)) throw Poco::TimeoutException("visitor too slow");
    }

    std::atomic<bool> used_ = false;
    TimePoint until_;
    int bell_;
    std::size_t mayRead_ = HttpServer::kLongestRequest;
};

}  // namespace

HttpDoor::HttpDoor(const Endpoint& local, Duration longestVisit)
    : bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), longestVisit_(longestVisit) {
    if (bell_ < 0) throw systemError(ErrorKind::OperatingSystem, "cannot make an eventfd", errno);
    try {
        SocketAddress address{};
        const socklen_t length = toSocketAddress(local, address);
        const Poco::Net::SocketAddress poco(&address.any, length);
        // SO_REUSEADDR for a restart over TIME_WAIT, never SO_REUSEPORT (see TcpListener).
        if (local.address.isV4())
            bind(poco, true, false);
        else
            bind6(poco, true, false, true);
        listen(kBacklog);
    } catch (const Poco::Exception& e) {
        ::close(bell_);
        throw BindError("TCP " + local.toString(), e.code());
    }
    ::fcntl(static_cast<int>(sockfd()), F_SETFD, FD_CLOEXEC);
    ::fcntl(static_cast<int>(sockfd()), F_SETFL, O_NONBLOCK);
}

HttpDoor::~HttpDoor() {
    ::close(bell_);
}

void HttpDoor::wake() const {
    static_cast<void>(::eventfd_write(bell_, 1));
}

Poco::Net::SocketImpl* HttpDoor::acceptConnection(Poco::Net::SocketAddress& /*from*/) {
    const int descriptor = ::accept4(static_cast<int>(sockfd()), nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor >= 0) return new Visitor(descriptor, now() + longestVisit_, bell_);
    const int why = errno;
    if (why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM) {
        pollfd stop{bell_, POLLIN, 0};
        ::poll(&stop, 1, kAcceptPauseMs);
    }
    error(why);
    return nullptr;
}

bool HttpDoor::poll(const Poco::Timespan& /*timeout*/, int /*mode*/) {
    std::array<pollfd, 2> wait{{{static_cast<int>(sockfd()), POLLIN, 0}, {bell_, POLLIN, 0}}};
    return ::poll(wait.data(), wait.size(), -1) > 0 && wait[1].revents == 0;
}

}  // namespace im::net
