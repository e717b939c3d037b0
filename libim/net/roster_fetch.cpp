// SPDX-License-Identifier: BSL-1.0
#include "libim/net/roster_fetch.hpp"

#include "libim/base/error.hpp"
#include "libim/net/clock.hpp"
#include "libim/net/sockaddr.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace im::net {

namespace {

constexpr std::size_t kPiece = 64U << 10U;
constexpr std::size_t kMostAtOnce = 1U << 20U;

/// "connection refused": the C library begins its texts with a capital, ours do not.
std::string reason(int errnum) {
    std::string text = systemError(ErrorKind::Unavailable, "", errnum).what();
    return text.substr(2);
}

bool isWaiting(int errnum) {
    return errnum == EAGAIN || errnum == EWOULDBLOCK;
}

}  // namespace

RosterFetch::RosterFetch(const Endpoint& from, TimePoint now, const Limits& limits)
    : limits_(limits), started_(now), heard_(now), reader_(limits.bytes) {
    open(from);
}

RosterFetch::~RosterFetch() {
    close();
}

void RosterFetch::open(const Endpoint& from) {
    SocketAddress remote{};
    const socklen_t length = toSocketAddress(from, remote);
    fd_ = socket(remote.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) throw systemError(ErrorKind::OperatingSystem, "socket", errno);
    if (limits_.local && limits_.local->isV4() == from.address.isV4() && !bindTo(*limits_.local))
        return fail(reason(errno));
    if (connect(fd_, &remote.any, length) == 0) {
        connected_ = true;
    } else if (errno != EINPROGRESS && errno != EINTR) {
        fail(reason(errno));
    }
}

bool RosterFetch::bindTo(const Address& local) {
    // The port is chosen at connect(), so that a busy address does not run out of them.
    const int late = 1;
    setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
    SocketAddress address{};
    const socklen_t length = toSocketAddress({local, 0}, address);
    return bind(fd_, &address.any, length) == 0;
}

short RosterFetch::wants() const {
    if (done()) return 0;
    return connected_ ? POLLIN : POLLOUT;
}

TimePoint RosterFetch::deadline() const {
    if (whole_) return heard_ + kLinger;
    return std::min(heard_ + limits_.silence, started_ + limits_.total);
}

void RosterFetch::advance(TimePoint now) {
    if (done()) return;
    if (!connected_) {
        pollfd ready{fd_, POLLOUT, 0};
        if (poll(&ready, 1, 0) > 0) {
            int errnum = 0;
            socklen_t length = sizeof errnum;
            getsockopt(fd_, SOL_SOCKET, SO_ERROR, &errnum, &length);
            if (errnum != 0) return fail(reason(errnum));
            connected_ = true;
            heard_ = now;
        }
    }
    if (connected_) read(now);
    if (!done() && now >= deadline()) {
        if (whole_) return close();
        fail(connected_ && size_ > 0 ? "answer breaks off" : "no answer");
    }
}

void RosterFetch::read(TimePoint now) {
    std::array<std::byte, kPiece> buffer;  // NOLINT: filled by recv
    for (std::size_t taken = 0; taken < kMostAtOnce && !done();) {
        const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && isWaiting(errno)) return;
        if (count == 0) return close();
        // A server that resets after the whole roster has told it all the same.
        if (count < 0) return whole_ ? close() : fail(reason(errno));
        if (!whole_) heard_ = now;
        taken += static_cast<std::size_t>(count);
        take(BytesView(buffer).first(static_cast<std::size_t>(count)));
    }
}

void RosterFetch::take(BytesView piece) {
    size_ += piece.size();
    if (whole_) return;
    const auto whole = reader_.feed(piece);
    if (!whole) return fail("roster: " + std::string(wire::toString(whole.error())));
    whole_ = *whole;
}

void RosterFetch::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

void RosterFetch::fail(std::string why) {
    failure_ = std::move(why);
    close();
}

RosterFetch::Outcome RosterFetch::outcome() const {
    assert(done());
    if (!failure_.empty()) return Unexpected(failure_);
    if (size_ == 0) return Unexpected(std::string(kNothingGiven));
    auto entries = reader_.finish();
    if (!entries) return Unexpected("roster: " + std::string(wire::toString(entries.error())));
    return std::move(*entries);
}

RosterFetch::Outcome fetchRoster(const Endpoint& from, Duration patience,
                                 std::optional<Address> local) {
    RosterFetch fetch(from, now(), {.silence = patience, .total = patience, .local = local});
    while (!fetch.done()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(fetch.deadline() - now());
        pollfd ready{fetch.fd(), fetch.wants(), 0};
        poll(&ready, 1,
             static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0)));
        fetch.advance(now());
    }
    return fetch.outcome();
}

}  // namespace im::net
