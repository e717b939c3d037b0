// SPDX-License-Identifier: BSL-1.0
#include "libim/net/tcp_listener.hpp"

#include "libim/net/sockaddr.hpp"
#include "libim/net/udp_socket.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocketImpl.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

namespace im::net {

namespace {

constexpr int kBacklog = 1024;
// Per turn, so that visitors do not keep datagrams waiting.
constexpr int kAcceptsPerTurn = 64;
constexpr std::size_t kWritePerTurn = std::size_t{512} * 1024;
// Of a text, in one call.
constexpr std::size_t kPiecesPerCall = 64;
constexpr std::size_t kDiscardPerTurn = std::size_t{64} * 1024;
// Unsent bytes the kernel keeps for one visitor: what a slow reader costs, besides the window
// that it offers itself.  The second for all who come while kFew are there: 32 MiB for the first,
// at most 512 MiB for the others.
constexpr int kUnsentOfFew = 512 * 1024;
constexpr int kUnsentOfMany = 128 * 1024;
// Out of descriptors: others must give some back first.
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

// Most visitors close as soon as they have everything.  Looked at once after this time, they cost
// no entry in epoll and no wake-up: a third of a small roster's whole price.
constexpr Duration kCloseSoon = std::chrono::milliseconds(20);
// Or when so many have everything: else those who have long gone would be taken for many.
constexpr std::size_t kCloseAt = TcpListener::kFew / 2;

/// POCO has no other way to make a listener of a descriptor.
struct AdoptedListenerImpl : Poco::Net::ServerSocketImpl {
    explicit AdoptedListenerImpl(int descriptor) { reset(descriptor); }
};
struct AdoptedListener : Poco::Net::ServerSocket {
    explicit AdoptedListener(int descriptor)
        : ServerSocket(new AdoptedListenerImpl(descriptor), true) {}
};

void limitUnsent(int descriptor, int bytes) {
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

struct Position {
    const SharedText& text;
    std::size_t piece;
    std::size_t offset;  // in that piece
};

struct Gathered {
    std::size_t pieces = 0;
    std::size_t bytes = 0;
};

/// What stands there and behind it, at most `most` bytes of it.
Gathered gather(const Position& from, std::size_t most, std::span<iovec> into) {
    Gathered all;
    std::size_t offset = from.offset;
    for (std::size_t i = from.piece; i < from.text.pieces().size(); ++i) {
        if (all.bytes == most || all.pieces == into.size()) break;
        const std::string& piece = *from.text.pieces()[i];
        const std::size_t size = std::min(most - all.bytes, piece.size() - offset);
        // sendmsg only reads it; iovec is shared with readv.
        into[all.pieces++] = {const_cast<char*>(piece.data()) + offset, size};
        all.bytes += size;
        offset = 0;
    }
    return all;
}

}  // namespace

TcpListener::TcpListener(Loop& loop, const Endpoint& local, Answer answer, const TcpLimits& limits)
    : loop_(loop), local_(local), answer_(std::move(answer)), limits_(limits) {
    open();
    serve();
}

TcpListener::TcpListener(Loop& loop, const GivenSocket& given, Answer answer,
                         const TcpLimits& limits)
    : loop_(loop),
      socket_(AdoptedListener(given.descriptor)),
      local_(given.local),
      answer_(std::move(answer)),
      limits_(limits) {
    serve();
}

TcpListener::~TcpListener() {
    loop_.forgetDeadline(deadline_);
    loop_.forget(descriptor_);
    while (!connections_.empty()) cutOff(connections_.begin());
}

void TcpListener::open() {
    try {
        SocketAddress address{};
        const socklen_t length = toSocketAddress(local_, address);
        const Poco::Net::SocketAddress poco(&address.any, length);
        // SO_REUSEADDR for a restart over TIME_WAIT, never SO_REUSEPORT, with which a second
        // server would start without an error and take half of the visitors.
        if (local_.address.isV4())
            socket_.bind(poco, true, false);
        else
            socket_.bind6(poco, true, false, true);
        socket_.listen(kBacklog);
    } catch (const Poco::Exception& e) {
        throw BindError("TCP " + local_.toString(), e.code());
    }
}

void TcpListener::serve() {
    descriptor_ = static_cast<int>(socket_.impl()->sockfd());
    ::fcntl(descriptor_, F_SETFD, FD_CLOEXEC);
    ::fcntl(descriptor_, F_SETFL, O_NONBLOCK);
    // Inherited by what is accepted.
    limitUnsent(descriptor_, kUnsentOfFew);
    local_ = localEndpoint(descriptor_);
    loop_.watch(descriptor_, kLoopRead, [this](LoopEvents) { acceptSome(); });
    deadline_ = loop_.atDeadline([this] { return nextDeadline(); }, [this] { whenDue(); });
}

void TcpListener::acceptSome() {
    if (unwatched_ >= kCloseAt) lookAtFinished();
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
        SocketAddress from{};
        socklen_t length = sizeof from;
        const int descriptor =
            ::accept4(descriptor_, &from.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            admit(descriptor, toEndpoint(from).value_or(Endpoint{}).address);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            return outOfDescriptors();
        } else if (errno == EAGAIN) {
            return;
        }
        // Anything else is the end of one connection that had only just begun.
    }
}

void TcpListener::outOfDescriptors() {
    ++counters_.noDescriptor;
    if (!connections_.empty()) {
        ++counters_.shed;
        cutOff(connections_.begin());
    }
    // The listening socket stays ready, so watching it now would be a busy loop.
    pausedUntil_ = loop_.now() + kAcceptPause;
    watchVisitors();
}

void TcpListener::setPaused(bool paused) {
    isPaused_ = paused;
    watchVisitors();
}

void TcpListener::watchVisitors() {
    loop_.change(descriptor_, isPaused_ || pausedUntil_ ? LoopEvents{0} : kLoopRead);
}

void TcpListener::admit(int descriptor, const Address& from) {
    ++counters_.accepted;
    auto text = answer_(from);
    if (!text) {
        ++counters_.refused;
        ::close(descriptor);
        return;
    }
    const Address source = sourceKey(from);
    makeRoom(source);
    ++perSource_[source];
    const TimePoint now = loop_.now();
    if (connections_.size() >= kFew) limitUnsent(descriptor, kUnsentOfMany);
    connections_.push_back({descriptor, source, std::move(text), 0, 0, 0, now, now});
    const Visitor visitor = std::prev(connections_.end());
    if (!writeMore(visitor)) return close(visitor);
    if (!isWhole(*visitor)) {
        if (!watch(visitor)) close(visitor);
        return;
    }
    finish(*visitor);
}

/// False when the system has no room for one more to watch: that is his end, not ours.
bool TcpListener::watch(Visitor visitor) {
    try {
        loop_.watch(visitor->descriptor, isWhole(*visitor) ? kLoopRead : kLoopWrite,
                    [this, visitor](LoopEvents) { ready(visitor); });
    } catch (const Error&) {
        ++counters_.noDescriptor;
        return false;
    }
    return visitor->watched = true;
}

/// Who got everything is closed when it has closed, and watched from now on when it has not.  They
/// are at the end of the list, since their progress is recent.
void TcpListener::lookAtFinished() {
    lookAt_.reset();
    unwatched_ = 0;
    for (auto next = connections_.end(); next != connections_.begin();) {
        const Visitor visitor = std::prev(next);
        if (visitor->progress < unwatchedSince_) return;
        next = visitor;
        if (visitor->watched) continue;
        if (discardInput(visitor) && watch(visitor)) continue;
        ++next;
        close(visitor);
    }
}

/// The one that has been without progress for longest goes: of the source when it has too many,
/// of all otherwise.
void TcpListener::makeRoom(const Address& source) {
    const auto known = perSource_.find(source);
    const bool tooManyHere = known != perSource_.end() && known->second >= limits_.perSource;
    if (!tooManyHere && connections_.size() < limits_.total) return;
    const auto ofSource = [&source](const Connection& c) { return c.source == source; };
    const Visitor victim = tooManyHere
                               ? std::find_if(connections_.begin(), connections_.end(), ofSource)
                               : connections_.begin();
    ++counters_.shed;
    cutOff(victim);
}

void TcpListener::ready(Visitor visitor) {
    if (isWhole(*visitor)) {
        if (!discardInput(visitor)) close(visitor);
        return;
    }
    if (!writeMore(visitor)) return close(visitor);
    if (!isWhole(*visitor)) return;
    loop_.forget(visitor->descriptor);
    visitor->watched = false;
    finish(*visitor);
}

/// False when the visitor is done with: it has closed after the last byte, or has gone.
bool TcpListener::discardInput(Visitor visitor) {
    std::array<std::byte, 4096> trash;
    for (std::size_t taken = 0; taken < kDiscardPerTurn;) {
        const ssize_t count = ::recv(visitor->descriptor, trash.data(), trash.size(), 0);
        if (count < 0) return errno == EAGAIN || errno == EINTR;
        // It may still be reading when it has nothing more to say.
        if (count == 0) return !isWhole(*visitor);
        taken += static_cast<std::size_t>(count);
    }
    return true;
}

/// False when the visitor is gone.
bool TcpListener::writeMore(Visitor visitor) {
    std::array<iovec, kPiecesPerCall> pieces;
    for (std::size_t most = kWritePerTurn; !isWhole(*visitor) && most > 0;) {
        const Position from{*visitor->text, visitor->piece, visitor->offset};
        const Gathered next = gather(from, most, pieces);
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = next.pieces;
        // The end of the text waits for the half-close, to travel in one segment with it.
        const bool last = visitor->written + next.bytes == visitor->text->size();
        const ssize_t count =
            ::sendmsg(visitor->descriptor, &message, MSG_NOSIGNAL | (last ? MSG_MORE : 0));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN;
        advance(visitor, static_cast<std::size_t>(count));
        most -= static_cast<std::size_t>(count);
    }
    return true;
}

/// The visitor has taken so many bytes more.
void TcpListener::advance(Visitor visitor, std::size_t count) {
    visitor->written += count;
    counters_.bytes += count;
    visitor->progress = loop_.now();
    connections_.splice(connections_.end(), connections_, visitor);
    visitor->offset += count;
    const auto& pieces = visitor->text->pieces();
    while (visitor->piece < pieces.size() && visitor->offset >= pieces[visitor->piece]->size()) {
        visitor->offset -= pieces[visitor->piece]->size();
        ++visitor->piece;
    }
}

/// REQUIRES: not watched, and the progress of this turn.
void TcpListener::finish(const Connection& connection) {
    ++counters_.served;
    ::shutdown(connection.descriptor, SHUT_WR);
    ++unwatched_;
    if (lookAt_) return;
    unwatchedSince_ = connection.progress;
    lookAt_ = connection.progress + kCloseSoon;
}

/// Unread input would make a reset of the close.
void TcpListener::cutOff(Visitor visitor) {
    discardInput(visitor);
    close(visitor);
}

void TcpListener::close(Visitor visitor) {
    if (visitor->watched) loop_.forget(visitor->descriptor);
    ::close(visitor->descriptor);
    const auto known = perSource_.find(visitor->source);
    if (--known->second == 0) perSource_.erase(known);
    connections_.erase(visitor);
}

TimePoint TcpListener::deadlineOf(const Connection& connection) const {
    return std::min(connection.progress + limits_.patience, connection.since + limits_.longest);
}

std::optional<TimePoint> TcpListener::nextDeadline() const {
    const auto soon = earlier(pausedUntil_, lookAt_);
    if (connections_.empty()) return soon;
    return earlier(soon, deadlineOf(connections_.front()));
}

void TcpListener::whenDue() {
    const TimePoint now = loop_.now();
    if (pausedUntil_ && *pausedUntil_ <= now) {
        pausedUntil_.reset();
        watchVisitors();
    }
    if (lookAt_ && *lookAt_ <= now) lookAtFinished();
    while (!connections_.empty() && deadlineOf(connections_.front()) <= now) {
        if (!isWhole(connections_.front())) ++counters_.slow;
        cutOff(connections_.begin());
    }
}

TcpCounters& TcpCounters::operator+=(const TcpCounters& other) {
    accepted += other.accepted;
    served += other.served;
    bytes += other.bytes;
    refused += other.refused;
    shed += other.shed;
    slow += other.slow;
    noDescriptor += other.noDescriptor;
    return *this;
}

}  // namespace im::net
