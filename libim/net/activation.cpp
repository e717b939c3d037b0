// SPDX-License-Identifier: BSL-1.0
#include "libim/net/activation.hpp"

#include "libim/base/error.hpp"
#include "libim/net/environment.hpp"
#include "libim/net/sockaddr.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace im::net {

namespace {

// SD_LISTEN_FDS_START
constexpr int kFirst = 3;
// More than anybody binds; what is beyond is a mistake.
constexpr int kMost = 1000;

std::string called(int descriptor) {
    return "descriptor " + std::to_string(descriptor) + " of LISTEN_FDS";
}

Error wrong(int descriptor, std::string_view why, const char* hint = "") {
    return {ErrorKind::Configuration, called(descriptor) + ": " + std::string(why), hint};
}

int optionOf(int descriptor, int level, int option) {
    int value = 0;
    socklen_t length = sizeof value;
    if (::getsockopt(descriptor, level, option, &value, &length) == 0) return value;
    if (errno == ENOTSOCK) throw wrong(descriptor, "not a socket");
    throw systemError(ErrorKind::OperatingSystem, called(descriptor), errno);
}

bool isConnected(int descriptor) {
    SocketAddress peer{};
    socklen_t length = sizeof peer;
    return ::getpeername(descriptor, &peer.any, &length) == 0;
}

}  // namespace

GivenSocket lookAtSocket(int descriptor) {
    const int protocol = optionOf(descriptor, SOL_SOCKET, SO_PROTOCOL);
    const int family = optionOf(descriptor, SOL_SOCKET, SO_DOMAIN);
    if (family != AF_INET && family != AF_INET6)
        throw wrong(descriptor, "neither IPv4 nor IPv6", "ListenDatagram=0.0.0.0:4649");
    if (protocol != IPPROTO_UDP && protocol != IPPROTO_TCP)
        throw wrong(descriptor, "neither UDP nor TCP", "ListenDatagram= and ListenStream=");
    GivenSocket given{descriptor, localEndpoint(descriptor), protocol == IPPROTO_TCP};
    if (given.local.port == 0) throw wrong(descriptor, "not bound to a port");
    if (!given.stream && isConnected(descriptor))
        throw wrong(descriptor, "a UDP socket that is connected: it hears one peer only",
                    "ListenDatagram=");
    if (given.stream && optionOf(descriptor, SOL_SOCKET, SO_ACCEPTCONN) == 0)
        throw wrong(descriptor, "a TCP socket that does not listen", "ListenStream=, Accept=no");
    if (family == AF_INET6 && optionOf(descriptor, IPPROTO_IPV6, IPV6_V6ONLY) == 0)
        throw wrong(descriptor, "an IPv6 socket that takes IPv4 as well",
                    "BindIPv6Only=ipv6-only, and a socket of its own for IPv4");
    return given;
}

std::vector<GivenSocket> givenSockets() {
    std::vector<GivenSocket> given;
    if (numberFrom("LISTEN_PID") != std::optional<std::int64_t>(::getpid())) return given;
    const auto count = numberFrom("LISTEN_FDS");
    if (!count || *count < 0 || *count > kMost)
        throw Error(ErrorKind::Configuration, "LISTEN_FDS: not a number of sockets");
    for (int i = 0; i < static_cast<int>(*count); ++i) given.push_back(lookAtSocket(kFirst + i));
    return given;
}

}  // namespace im::net
