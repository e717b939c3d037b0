// SPDX-License-Identifier: BSL-1.0
#include "libim/net/local_address.hpp"

#include "libim/base/error.hpp"
#include "libim/net/sockaddr.hpp"

#include <unistd.h>

#include <cerrno>

namespace im::net {
namespace {

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {
        if (fd < 0) throw systemError(ErrorKind::OperatingSystem, "cannot open a socket", errno);
    }
    ~Descriptor() { ::close(fd_); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

}  // namespace

Address localAddressFor(const Endpoint& to) {
    SocketAddress address{};
    const socklen_t length = toSocketAddress(to, address);
    const Descriptor socket(::socket(address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    // For UDP connect(2) only looks up the route and fills in the source address.
    if (::connect(socket.get(), &address.any, length) != 0)
        throw systemError(ErrorKind::Unavailable, to.toString(), errno);
    return localEndpoint(socket.get()).address;
}

}  // namespace im::net
