// SPDX-License-Identifier: BSL-1.0
#include "libim/node/sealed_courier.hpp"

#include "libim/base/error.hpp"
#include "libim/net/clock.hpp"

#include <cerrno>
#include <utility>

namespace im::node {

namespace {

/// How long a sender asks an index that is silent, when the user has not said it.
constexpr Duration kUsualPatience = std::chrono::seconds(5);
/// Batches read in one turn: then it is time to answer.
constexpr int kBatches = 16;

sealed::UnixSeconds wallSeconds() {
    const auto since = net::wallNow().time_since_epoch();
    return static_cast<sealed::UnixSeconds>(
        std::chrono::duration_cast<std::chrono::seconds>(since).count());
}

net::UdpOptions socketOptions() {
    net::UdpOptions options;
    options.batch = 32;
    return options;
}

Endpoint anyOf(const Address& like) {
    return *Endpoint::parse(like.isV4() ? "0.0.0.0:0" : "[::]:0");
}

/// An address that was ours when the session began may be so no more.
net::UdpSocket openFrom(const Address& from) {
    try {
        return net::UdpSocket(Endpoint{from, 0}, socketOptions());
    } catch (const net::BindError& problem) {
        if (problem.errnum() != EADDRNOTAVAIL) throw;
        return net::UdpSocket(anyOf(from), socketOptions());
    }
}

}  // namespace

sealed::Card indexCardOf(const Session& session, const std::string& path) {
    auto card = sealed::verifyCard(session.indexCard, sealed::CardRole::Index, session.index,
                                   wallSeconds());
    if (card) return std::move(*card);
    if (card.error() == sealed::CardRefusal::Expired)
        throw Error(ErrorKind::Unavailable, session.serverName + ": the index's card has ended",
                    "log in again with imlogin");
    throw damagedSession(path, "the card of its index does not verify");
}

talk::SealedSender::Options senderOptions(const Session& session, Duration timeout) {
    const bool isUsual = timeout <= Duration::zero() || timeout > kUsualPatience;
    return {.link = {.self = session.user,
                     .login = false,
                     .local = session.endpoint,
                     .index = {session.server},
                     .patience = isUsual ? kUsualPatience : timeout,
                     .wantsRoster = false},
            .early = true,
            .timeout = timeout};
}

SealedCourier::SealedCourier(net::Loop& loop, const talk::SealedSender::Options& options,
                             const Address& from, const sealed::Card& index,
                             const noise::Identity& identity, noise::Random& random,
                             talk::Pins& pins, std::function<void()> news)
    : loop_(loop),
      socket_(openFrom(from)),
      sender_(options, index, identity, sealed::CardClock(wallSeconds(), net::now()), random, pins,
              net::now()),
      news_(std::move(news)) {
    watch(socket_);
}

std::optional<TimePoint> SealedCourier::nextDeadline() const {
    return isAwake_ ? std::optional(loop_.now()) : sender_.nextDeadline();
}

SealedCourier::~SealedCourier() {
    loop_.forget(socket_.descriptor());
    if (other_) loop_.forget(other_->descriptor());
}

void SealedCourier::watch(net::UdpSocket& socket) {
    loop_.watch(socket.descriptor(), net::kLoopRead,
                [this, &socket](net::LoopEvents) { receive(socket); });
}

void SealedCourier::receive(net::UdpSocket& socket) {
    const TimePoint now = loop_.now();
    for (int i = 0; i < kBatches; ++i) {
        const auto datagrams = socket.receive();
        if (datagrams.empty()) return;
        isAwake_ = true;
        for (const Datagram& datagram : datagrams)
            if (!datagram.truncated) sender_.receive(datagram, now, queue_);
    }
}

void SealedCourier::work() {
    isAwake_ = false;
    sender_.tick(net::now(), queue_);
    flush();
    news_();
}

void SealedCourier::leave() {
    sender_.leave(net::now(), queue_);
    flush();
}

void SealedCourier::flush() {
    if (!queue_.empty()) queue_.flush([this](const Endpoint& to) { return socketFor(to); });
}

net::UdpSocket* SealedCourier::socketFor(const Endpoint& to) {
    if (to.address.isV4() == socket_.isV4()) return &socket_;
    if (!other_) {
        try {
            other_.emplace(anyOf(to.address), socketOptions());
        } catch (const net::BindError&) {
            return nullptr;  // a host without that family
        }
        watch(*other_);
    }
    return &*other_;
}

}  // namespace im::node
