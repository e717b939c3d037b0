// SPDX-License-Identifier: BSL-1.0
#include "libim/node/classic_endpoint.hpp"

#include <iterator>
#include <random>
#include <utility>

namespace im::node {
namespace {

using namespace std::chrono_literals;

// Datagrams that the kernel drops after the last one that fitted are told by no later one.  So
// the count is asked for, this long after something came: soon enough for a person, and no
// system call per datagram.
constexpr Duration kLookForLost = 200ms;

// More of a burst is kept by the kernel while we are away; it gives no more than rmem_max.
constexpr int kReceiveBuffer = 4 << 20;

net::UdpOptions socketOptions() {
    net::UdpOptions options;
    options.longest = net::UdpSocket::kWholeDatagram;
    options.coalesce = true;
    options.receiveBuffer = kReceiveBuffer;
    return options;
}

talk::ClassicListener::Options listenerOptions(const ClassicEndpoint::Options& options,
                                               const Endpoint& local) {
    return {.self = options.user,
            .local = local,
            .index = options.index,
            .patience = options.patience,
            .seed = std::random_device{}(),
            .rosterFirst = options.rosterFirst};
}

}  // namespace

ClassicEndpoint::ClassicEndpoint(net::Loop& loop, const Options& options, Tell tell)
    : loop_(loop),
      socket_(options.local, socketOptions()),
      listener_(listenerOptions(options, socket_.local())),
      tell_(std::move(tell)) {
    loop_.watch(socket_.descriptor(), net::kLoopRead, [this](net::LoopEvents) { receive(); });
    loop_.atDeadline([this] { return nextDeadline(); }, [this] { onDeadline(); });
    loop_.atEndOfTurn([this] { endTurn(); });
}

ClassicEndpoint::~ClassicEndpoint() {
    if (fetch_) loop_.forget(fetch_->fd());
    loop_.forget(socket_.descriptor());
}

void ClassicEndpoint::login() {
    fetchProblem_.clear();
    listener_.login(loop_.now(), queue_);
    queue_.flush(socket_);
}

void ClassicEndpoint::adopt(std::uint16_t tcpPort, const std::vector<wire::RosterEntry>& roster,
                            bool renews) {
    listener_.adopt(tcpPort, roster, loop_.now(), renews);
    fetchIfAsked();
}

void ClassicEndpoint::logout() {
    listener_.logout(loop_.now(), queue_);
    queue_.flush(socket_);
}

void ClassicEndpoint::pause() {
    if (!std::exchange(paused_, true)) loop_.change(socket_.descriptor(), 0);
}

void ClassicEndpoint::resume() {
    if (std::exchange(paused_, false)) loop_.change(socket_.descriptor(), net::kLoopRead);
}

std::optional<TimePoint> ClassicEndpoint::nextDeadline() const {
    auto next = earlier(listener_.nextDeadline(), lookForLostAt_);
    if (fetch_) next = earlier(next, fetch_->deadline());
    return next;
}

// One batch a turn, so that output, signals and timers have their turn in a flood as well.
void ClassicEndpoint::receive() {
    if (paused_) return;
    const auto batch = socket_.receive();
    for (const Datagram& datagram : batch) take(datagram);
    if (!batch.empty() && !lookForLostAt_) lookForLostAt_ = loop_.now() + kLookForLost;
}

// Only when nothing waits: what was lost is behind that, and each datagram tells what was lost
// before it.
void ClassicEndpoint::lookForLost() {
    lookForLostAt_.reset();
    receive();
    if (!paused_ && !lookForLostAt_) noteLost(socket_.takeLost());
}

void ClassicEndpoint::take(const Datagram& datagram) {
    if (datagram.lostBefore > 0) noteLost(datagram.lostBefore);
    ++arrived_;
    listener_.receive(datagram, loop_.now(), queue_);
}

void ClassicEndpoint::noteLost(std::uint64_t lost) {
    if (lost == 0) return;
    // What came before the gap is told before it.
    auto before = listener_.takeEvents();
    std::move(before.begin(), before.end(), std::back_inserter(events_));
    Event gap;
    gap.type = EventType::Gap;
    gap.text = std::to_string(arrived_ + 1) + "-" + std::to_string(arrived_ + lost);
    events_.push_back(std::move(gap));
    arrived_ += lost;
}

void ClassicEndpoint::fetchIfAsked() {
    if (fetch_) return;
    if (const auto from = listener_.takeFetch()) startFetch(*from);
}

void ClassicEndpoint::startFetch(const Endpoint& from) {
    fetch_ = std::make_unique<net::RosterFetch>(from, loop_.now(),
                                                net::RosterFetch::Limits{.local = local().address});
    if (fetch_->done()) return endFetch();
    loop_.watch(fetch_->fd(), static_cast<net::LoopEvents>(fetch_->wants()),
                [this](net::LoopEvents) { advanceFetch(); });
}

void ClassicEndpoint::advanceFetch() {
    const int descriptor = fetch_->fd();
    const short wanted = fetch_->wants();
    fetch_->advance(loop_.now());
    if (fetch_->done()) {
        loop_.forget(descriptor);
        return endFetch();
    }
    if (fetch_->wants() != wanted)
        loop_.change(descriptor, static_cast<net::LoopEvents>(fetch_->wants()));
}

void ClassicEndpoint::endFetch() {
    const auto outcome = std::exchange(fetch_, nullptr)->outcome();
    fetchProblem_ = outcome ? std::string() : outcome.error();
    if (outcome)
        listener_.fetched(*outcome, loop_.now(), queue_);
    else
        listener_.fetchFailed(loop_.now(), queue_);
}

void ClassicEndpoint::onDeadline() {
    const TimePoint now = loop_.now();
    if (fetch_ && fetch_->deadline() <= now) advanceFetch();
    if (lookForLostAt_ && *lookForLostAt_ <= now) lookForLost();
}

void ClassicEndpoint::endTurn() {
    listener_.tick(loop_.now(), queue_);
    fetchIfAsked();
    queue_.flush(socket_);
    tellEvents();
    if (afterTurn_) afterTurn_();
}

Error loginError(const talk::ClassicListener& listener, const std::string& user,
                 const std::string& indexName) {
    if (listener.state() != talk::ClassicListener::State::Refused)
        return {ErrorKind::Unavailable, indexName + ": the index does not answer"};
    const wire::Reject& refusal = listener.refusal();
    const std::string& why = refusal.text.empty() ? refusal.code : refusal.text;
    return {ErrorKind::NoPermission, user + ": login refused: " + why};
}

void ClassicEndpoint::tellEvents() {
    auto fresh = listener_.takeEvents();
    std::move(fresh.begin(), fresh.end(), std::back_inserter(events_));
    std::vector<Event> told;
    told.swap(events_);
    for (Event& event : told) {
        event.at = loop_.wallNow();
        tell_(event);
    }
}

}  // namespace im::node
