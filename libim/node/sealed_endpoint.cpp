// SPDX-License-Identifier: BSL-1.0
#include "libim/node/sealed_endpoint.hpp"

#include "libim/talk/events.hpp"
#include "libim/talk/limits.hpp"
#include "libim/wire/frame.hpp"

#include <utility>

namespace im::node {

namespace {

using State = talk::SealedIndexLink::State;

net::UdpOptions socketOptions() {
    net::UdpOptions options;
    // A classic talk may be as long; its sender is told nothing when it is cut.
    options.longest = net::UdpSocket::kWholeDatagram;
    options.coalesce = true;
    // 64 segments of each of a few hundred senders are kept by the kernel while we are away.
    options.receiveBuffer = 4 << 20;
    return options;
}

}  // namespace

SealedEndpoint::SealedEndpoint(net::Loop& loop, Options options, const noise::Identity& identity,
                               FilePins& pins, talk::ListenReader& reader)
    : loop_(loop),
      options_(std::move(options)),
      identity_(identity),
      pins_(pins),
      reader_(reader),
      socket_(options_.local, socketOptions()),
      greeting_({options_.index}, pins, random_) {
    loop_.watch(socket_.descriptor(), net::kLoopRead, [this](net::LoopEvents) { receive(); });
    loop_.atDeadline([this] { return nextDeadline(); }, [] {});
    loop_.atEndOfTurn([this] { endTurn(); });
}

SealedEndpoint::~SealedEndpoint() {
    loop_.forget(socket_.descriptor());
}

sealed::UnixSeconds SealedEndpoint::wall() const {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(loop_.wallNow());
    return static_cast<sealed::UnixSeconds>(seconds.time_since_epoch().count());
}

// Beginning and ending.

void SealedEndpoint::login() {
    giveUpAt_ = loop_.now() + options_.patience;
    begin();
}

void SealedEndpoint::adopt(talk::Contacts known) {
    adopted_ = std::move(known);
    giveUpAt_ = loop_.now() + options_.patience;
    begin();
}

void SealedEndpoint::begin() {
    greeting_.start(wall(), loop_.now(), queue_);
    if (greeting_.state() == IndexGreeting::State::Known) listen();
    queue_.flush(socket_);
}

/// The index is known: what is left of the patience is for the login.
void SealedEndpoint::listen() {
    talk::SealedListener::Options options{
        .link = {.self = options_.user,
                 .local = socket_.local(),
                 .index = {options_.index},
                 .patience = std::max<Duration>(*giveUpAt_ - loop_.now(), Duration(0)),
                 .seed = random_.number64(),
                 .rosterFirst = options_.rosterFirst},
        .allowClassic = options_.allowClassic};
    giveUpAt_.reset();
    listener_ = std::make_unique<talk::SealedListener>(
        std::move(options), greeting_.card(), identity_, sealed::CardClock(wall(), loop_.now()),
        random_, pins_, reader_, loop_.now());
    roster_ = std::make_unique<RosterConnection>(loop_, listener_->link(), local().address);
    if (adopted_)
        listener_->adopt(*adopted_, loop_.now(), queue_);
    else
        listener_->start(loop_.now(), queue_);
}

void SealedEndpoint::logout() {
    if (std::exchange(isOver_, true)) return;
    if (listener_) listener_->logout(loop_.now(), queue_);
    queue_.flush(socket_);
}

void SealedEndpoint::abandon() {
    isOver_ = true;
    if (listener_) listener_->link().abandon();
}

// The loop.

std::optional<TimePoint> SealedEndpoint::nextDeadline() const {
    if (isOver_) return {};
    if (listener_) return listener_->nextDeadline();
    return earlier(earlier(greeting_.nextDeadline(), giveUpAt_), greetAgainAt_);
}

// One batch a turn, so that output, signals and timers have their turn in a flood as well.
void SealedEndpoint::receive() {
    for (const Datagram& datagram : socket_.receive()) {
        if (isOver_ || (isPaused_ && !wire::isSealed(datagram.bytes))) continue;
        if (listener_)
            listener_->receive(datagram, loop_.now(), queue_);
        else
            greeting_.receive(datagram, wall());
    }
}

void SealedEndpoint::greet() {
    const TimePoint now = loop_.now();
    if (greetAgainAt_ && *greetAgainAt_ <= now) {
        greetAgainAt_.reset();
        greeting_.start(wall(), now, queue_);
    }
    greeting_.tick(now, queue_);
    if (giveUpAt_ && *giveUpAt_ <= now && !adopted_) greeting_.giveUp();
    if (greeting_.state() == IndexGreeting::State::Known) return listen();
    if (greeting_.state() == IndexGreeting::State::Silent && adopted_) retryGreeting();
}

/// Nothing can be heard of anybody before the index has said who it is.
void SealedEndpoint::retryGreeting() {
    if (greetAgainAt_) return;
    if (!std::exchange(isLost_, true)) reader_.tell(talk::serverEvent("lost"));
    greetAgainAt_ = loop_.now() + talk::kReconnectMost;
}

void SealedEndpoint::written(std::size_t count) {
    if (listener_ && count > 0) listener_->written(count, loop_.now(), queue_);
    queue_.flush(socket_);
}

void SealedEndpoint::unseen(std::size_t count) {
    if (listener_ && count > 0) listener_->unseen(count, loop_.now(), queue_);
    queue_.flush(socket_);
}

void SealedEndpoint::endTurn() {
    if (!isOver_ && !listener_) greet();
    if (!isOver_ && listener_) {
        listener_->tick(loop_.now(), queue_);
        roster_->endTurn();
    }
    queue_.flush(socket_);
    if (afterTurn_) afterTurn_();
    queue_.flush(socket_);
}

// How it ends.

std::optional<Error> SealedEndpoint::failure() const {
    if (listener_) return linkFailure();
    const auto state = greeting_.state();
    const bool isSilent = state == IndexGreeting::State::Silent;
    if (state == IndexGreeting::State::Asking || (isSilent && adopted_)) return {};
    return greeting_.problem(options_.indexName);
}

std::optional<Error> SealedEndpoint::linkFailure() const {
    const talk::SealedIndexLink& link = listener_->link();
    switch (link.state()) {
        case State::Refused: {
            const wire::Reject& refusal = link.refusal();
            const std::string& why = refusal.text.empty() ? refusal.code : refusal.text;
            return Error(ErrorKind::NoPermission, options_.user.str() + ": login refused: " + why);
        }
        case State::Silent:
            return Error(ErrorKind::Unavailable,
                         options_.indexName + ": the index does not answer");
        case State::KeyChanged:
            return indexKeyChanged(options_.indexName, link.indexCard().identity(),
                                   link.changedKey());
        case State::Replaced:
            return Error(ErrorKind::OperatingSystem,
                         options_.user.str() + ": another process of yours has logged in");
        default:
            return {};
    }
}

}  // namespace im::node
