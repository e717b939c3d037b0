// SPDX-License-Identifier: BSL-1.0
#include "libim/net/tcp_client.hpp"

#include "libim/base/error.hpp"
#include "libim/net/sockaddr.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace im::net {

namespace {

constexpr std::size_t kPiece = 64U << 10U;
constexpr std::size_t kMostAtOnce = 1U << 20U;

bool isWaiting(int errnum) {
    return errnum == EAGAIN || errnum == EWOULDBLOCK;
}

bool bindTo(int fd, const Address& local) {
    // The port is chosen at connect(), so that a busy address does not run out of them.
    const int late = 1;
    ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
    SocketAddress address{};
    const socklen_t length = toSocketAddress({local, 0}, address);
    return ::bind(fd, &address.any, length) == 0;
}

}  // namespace

TcpClient::TcpClient(const Endpoint& to, std::optional<Address> local) {
    SocketAddress remote{};
    const socklen_t length = toSocketAddress(to, remote);
    fd_ = ::socket(remote.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) throw systemError(ErrorKind::OperatingSystem, "socket", errno);
    const bool isHere = !local || local->isV4() != to.address.isV4() || bindTo(fd_, *local);
    isConnected_ = isHere && ::connect(fd_, &remote.any, length) == 0;
    const bool isUnderWay = isHere && (errno == EINPROGRESS || errno == EINTR);
    if (!isConnected_ && !isUnderWay) close();
}

TcpClient::~TcpClient() {
    close();
}

void TcpClient::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

short TcpClient::wants() const {
    if (isOver()) return 0;
    if (!isConnected_) return POLLOUT;
    return static_cast<short>(unsent_.empty() ? POLLIN : POLLIN | POLLOUT);
}

void TcpClient::write(BytesView bytes) {
    unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
    if (isConnected_) flush();
}

void TcpClient::flush() {
    std::size_t sent = 0;
    while (!isOver() && sent < unsent_.size()) {
        const ssize_t count =
            ::send(fd_, unsent_.data() + sent, unsent_.size() - sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && isWaiting(errno)) break;
        if (count < 0) return close();
        sent += static_cast<std::size_t>(count);
    }
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
}

bool TcpClient::finishConnecting() {
    pollfd ready{fd_, POLLOUT, 0};
    if (::poll(&ready, 1, 0) <= 0) return false;
    int errnum = 0;
    socklen_t length = sizeof errnum;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &errnum, &length);
    if (errnum != 0) close();
    isConnected_ = errnum == 0;
    return isConnected_;
}

void TcpClient::advance(const std::function<void(BytesView)>& take) {
    if (isOver() || (!isConnected_ && !finishConnecting())) return;
    flush();
    read(take);
}

void TcpClient::read(const std::function<void(BytesView)>& take) {
    std::array<std::byte, kPiece> buffer;  // NOLINT: filled by recv
    for (std::size_t taken = 0; taken < kMostAtOnce && !isOver();) {
        const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && isWaiting(errno)) return;
        if (count <= 0) return close();
        taken += static_cast<std::size_t>(count);
        take(BytesView(buffer).first(static_cast<std::size_t>(count)));
    }
}

}  // namespace im::net
