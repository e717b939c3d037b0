// SPDX-License-Identifier: BSL-1.0
#include "libim/net/frame_server.hpp"

#include "libim/net/sockaddr.hpp"
#include "libim/net/udp_socket.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace im::net {

namespace {

constexpr int kBacklog = 256;
// Per turn and visitor or listener, so that visitors do not keep datagrams waiting.
constexpr int kAcceptsPerTurn = 16;
constexpr std::size_t kReadPerTurn = std::size_t{32} * 1024;
constexpr std::size_t kWritePerTurn = std::size_t{128} * 1024;
// Unsent bytes the kernel keeps for one visitor.
constexpr int kUnsentMost = 128 * 1024;
// Out of descriptors: others must give some back first.
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

bool isPassing(int error) {
    return error == EAGAIN || error == EINTR;
}

}  // namespace

TcpLimits FrameServer::defaults() {
    TcpLimits limits;
    limits.total = 1'024;
    limits.perSource = 64;
    return limits;
}

FrameServer::FrameServer(Loop& loop, Handlers handlers, const TcpLimits& limits)
    : loop_(loop), handlers_(std::move(handlers)), limits_(limits) {
    deadline_ = loop_.atDeadline([this] { return nextDeadline(); }, [this] { whenDue(); });
}

FrameServer::~FrameServer() {
    loop_.forgetDeadline(deadline_);
    handlers_.ended = nullptr;
    while (!visitors_.empty()) end(visitors_.begin());
    stopListening();
}

void FrameServer::stopListening() {
    for (const int listener : listeners_) {
        loop_.forget(listener);
        ::close(listener);
    }
    listeners_.clear();
}

Endpoint FrameServer::listen(const Endpoint& local) {
    const int listener = ::socket(local.address.isV4() ? AF_INET : AF_INET6,
                                  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0) throw BindError("TCP " + local.toString(), errno);
    const int yes = 1;
    // For a restart over TIME_WAIT; never SO_REUSEPORT (see TcpListener).
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (!local.address.isV4()) ::setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    SocketAddress address{};
    const socklen_t length = toSocketAddress(local, address);
    if (::bind(listener, &address.any, length) != 0 || ::listen(listener, kBacklog) != 0) {
        const int why = errno;
        ::close(listener);
        throw BindError("TCP " + local.toString(), why);
    }
    serve(listener);
    return localEndpoint(listener);
}

void FrameServer::adopt(const GivenSocket& given) {
    ::fcntl(given.descriptor, F_SETFD, FD_CLOEXEC);
    ::fcntl(given.descriptor, F_SETFL, O_NONBLOCK);
    serve(given.descriptor);
}

void FrameServer::serve(int listener) {
    // Inherited by what is accepted.
    ::setsockopt(listener, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentMost, sizeof kUnsentMost);
    listeners_.push_back(listener);
    loop_.watch(listener, kLoopRead, [this, listener](LoopEvents) { accept(listener); });
}

void FrameServer::accept(int listener) {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
        SocketAddress from{};
        socklen_t length = sizeof from;
        const int descriptor =
            ::accept4(listener, &from.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            admit(descriptor, toEndpoint(from).value_or(Endpoint{}));
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            ++counters_.noDescriptor;
            // The listening sockets stay ready, so watching them now would be a busy loop.
            for (const int one : listeners_) loop_.change(one, 0);
            pausedUntil_ = loop_.now() + kAcceptPause;
            return;
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

void FrameServer::admit(int descriptor, const Endpoint& from) {
    ++counters_.accepted;
    // One remote endpoint is one connection here, though it could have one to each of our
    // addresses.
    if (visitors_.contains(from)) {
        ++counters_.refused;
        ::close(descriptor);
        return;
    }
    const Address source = sourceKey(from.address);
    makeRoom(source);
    const int yes = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    Visitor& visitor = visitors_[from];
    visitor.descriptor = descriptor;
    visitor.source = source;
    visitor.since = visitor.progress = loop_.now();
    try {
        loop_.watch(descriptor, kLoopRead,
                    [this, from](LoopEvents events) { ready(from, events); });
    } catch (const Error&) {  // the system has no room for one more to watch: his end, not ours
        ++counters_.noDescriptor;
        visitors_.erase(from);
        ::close(descriptor);
    }
}

/// The one without progress for longest goes: of the source when it has too many, else of all.
void FrameServer::makeRoom(const Address& source) {
    const auto isOfSource = [&](const auto& one) { return one.second.source == source; };
    const auto ofSource = std::ranges::count_if(visitors_, isOfSource);
    const bool tooManyHere = static_cast<std::size_t>(ofSource) >= limits_.perSource;
    if (!tooManyHere && visitors_.size() < limits_.total) return;
    auto victim = visitors_.end();
    for (auto one = visitors_.begin(); one != visitors_.end(); ++one) {
        if (tooManyHere && !isOfSource(*one)) continue;
        if (victim == visitors_.end() || one->second.progress < victim->second.progress)
            victim = one;
    }
    ++counters_.shed;
    end(victim);
}

void FrameServer::ready(const Endpoint& from, LoopEvents events) {
    const auto found = visitors_.find(from);
    if (found == visitors_.end()) return;
    Visitor& visitor = found->second;
    if ((events & (kLoopRead | kLoopHangUp | kLoopError)) != 0) readSome(from, visitor);
    if (!visitor.isDoomed) writeSome(from, visitor);
    if (visitor.isDoomed) end(found);
}

void FrameServer::readSome(const Endpoint& from, Visitor& visitor) {
    std::array<std::byte, 4096> piece;
    for (std::size_t taken = 0; taken < kReadPerTurn && !visitor.isDoomed;) {
        const ssize_t count = ::recv(visitor.descriptor, piece.data(), piece.size(), 0);
        if (count < 0 && isPassing(errno)) return;
        if (count <= 0) return doom(visitor);
        const auto size = static_cast<std::size_t>(count);
        taken += size;
        visitor.progress = loop_.now();
        const bool isGood = visitor.frames.feed(
            BytesView(piece).first(size), [&](BytesView frame) { handlers_.frame(from, frame); });
        if (!isGood) doom(visitor);
    }
}

void FrameServer::write(const Endpoint& to, BytesView frame) {
    const auto found = visitors_.find(to);
    if (found == visitors_.end()) return;
    Visitor& visitor = found->second;
    if (visitor.queued.size() - visitor.written > kMostQueued) return doom(visitor);
    wire::appendFramed(visitor.queued, frame);
    if (std::exchange(visitor.isWriting, true)) return;
    loop_.change(visitor.descriptor, kLoopRead | kLoopWrite);
}

void FrameServer::writeSome(const Endpoint& to, Visitor& visitor) {
    for (std::size_t most = kWritePerTurn; most > 0;) {
        const bool isAllTaken = visitor.written == visitor.queued.size();
        if (isAllTaken) {
            visitor.queued.clear();
            visitor.written = 0;
            if (handlers_.more(to)) continue;
            if (std::exchange(visitor.isWriting, false))
                loop_.change(visitor.descriptor, kLoopRead);
            return;
        }
        const std::size_t size = std::min(most, visitor.queued.size() - visitor.written);
        const ssize_t count =
            ::send(visitor.descriptor, &visitor.queued[visitor.written], size, MSG_NOSIGNAL);
        if (count < 0 && isPassing(errno)) break;
        if (count < 0) return doom(visitor);
        visitor.written += static_cast<std::size_t>(count);
        most -= static_cast<std::size_t>(count);
        visitor.progress = loop_.now();
    }
    if (std::exchange(visitor.isWriting, true)) return;
    loop_.change(visitor.descriptor, kLoopRead | kLoopWrite);
}

void FrameServer::end(Visitors::iterator visitor) {
    const Endpoint from = visitor->first;
    loop_.forget(visitor->second.descriptor);
    ::close(visitor->second.descriptor);
    visitors_.erase(visitor);
    if (handlers_.ended) handlers_.ended(from);
}

TimePoint FrameServer::deadlineOf(const Visitor& visitor) const {
    return std::min(visitor.progress + limits_.patience, visitor.since + limits_.longest);
}

std::optional<TimePoint> FrameServer::nextDeadline() const {
    std::optional<TimePoint> next = pausedUntil_;
    for (const auto& [from, visitor] : visitors_) next = earlier(next, deadlineOf(visitor));
    return next;
}

void FrameServer::whenDue() {
    const TimePoint now = loop_.now();
    if (pausedUntil_ && *pausedUntil_ <= now) {
        pausedUntil_.reset();
        for (const int one : listeners_) loop_.change(one, kLoopRead);
    }
    for (auto one = visitors_.begin(); one != visitors_.end();) {
        const auto visitor = one++;
        if (deadlineOf(visitor->second) > now) continue;
        ++counters_.slow;
        end(visitor);
    }
}

}  // namespace im::net
