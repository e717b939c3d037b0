// SPDX-License-Identifier: BSL-1.0
#include "libim/node/client.hpp"

#include "libim/base/name.hpp"
#include "libim/net/clock.hpp"
#include "libim/net/loop.hpp"
#include "libim/net/resolve.hpp"
#include "libim/net/roster_fetch.hpp"
#include "libim/node/account.hpp"
#include "libim/node/classic_endpoint.hpp"
#include "libim/node/client_sender.hpp"
#include "libim/node/roster_poll.hpp"
#include "libim/node/sender.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <utility>

namespace im::node {
namespace {

using State = talk::ClassicListener::State;

/// Makes the deadlines of a loop visible in its descriptor.
class Alarm {
public:
    explicit Alarm(net::Loop& loop)
        : loop_(loop), descriptor_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
        if (descriptor_ < 0)
            throw systemError(ErrorKind::OperatingSystem, "cannot make a timer", errno);
        loop_.watch(descriptor_, net::kLoopRead, [this](net::LoopEvents) { drain(); });
    }
    ~Alarm() {
        loop_.forget(descriptor_);
        ::close(descriptor_);
    }
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    /// steady_clock is CLOCK_MONOTONIC; a time that is past rings at once, 0 would be "never".
    void set(std::optional<TimePoint> at) {
        itimerspec spec{};
        if (at) {
            const auto since = std::max<Duration>(at->time_since_epoch(), Duration(1));
            const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
            spec.it_value.tv_sec = seconds.count();
            spec.it_value.tv_nsec =
                std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count();
        }
        ::timerfd_settime(descriptor_, TFD_TIMER_ABSTIME, &spec, nullptr);
    }

private:
    void drain() const {
        std::uint64_t rings = 0;
        [[maybe_unused]] const ssize_t ignored = ::read(descriptor_, &rings, sizeof rings);
    }

    net::Loop& loop_;
    int descriptor_;
};

std::vector<Contact> contactsOf(const std::vector<wire::RosterEntry>& entries) {
    std::vector<Contact> out;
    out.reserve(entries.size());
    for (const wire::RosterEntry& entry : entries) out.push_back({entry.name, entry.endpoint});
    return out;
}

void throwUnlessSent(const SendReport& report, const std::string& to) {
    if (report.status() == 0) return;
    const std::string why = report.why.empty() ? "an earlier message was refused" : report.why;
    throw Error(static_cast<ErrorKind>(report.status()), to + ": " + why, report.hint);
}

}  // namespace

class Client::Impl {
public:
    explicit Impl(const Options& options)
        : user_(Name::orThrow(options.user, ErrorKind::Usage)),
          indexName_(ServerName{options.host, options.port}.toString()),
          index_(net::resolve(options.host, options.port)),
          endpoint_(loop_,
                    {.user = user_,
                     .local = options.local ? *options.local : localFor({}, index_),
                     .index = index_,
                     .patience = options.patience,
                     .rosterFirst = false},
                    [this](const Event& event) { events_.push_back(event); }),
          alarm_(loop_),
          world_(endpoint_, index_, options.patience),
          sender_(world_) {}

    void login();
    void logout();
    bool isLoggedIn() const;

    std::optional<Event> next(Duration longest);
    int descriptor() const { return loop_.descriptor(); }

    void send(const Target& target, std::string_view text);
    const ClassicEndpoint& endpoint() const { return endpoint_; }

private:
    void turn(Duration longest);
    bool hasLoginAnswer() const;

    net::Loop loop_;
    Name user_;
    std::string indexName_;
    Endpoint index_;
    std::deque<Event> events_;
    ClassicEndpoint endpoint_;
    Alarm alarm_;
    ClientSender world_;
    Sender sender_;
};

void Client::Impl::turn(Duration longest) {
    loop_.runOnce(longest);
    if (events_.size() >= kMostEvents) endpoint_.pause();
    alarm_.set(endpoint_.nextDeadline());
}

bool Client::Impl::hasLoginAnswer() const {
    const auto& listener = endpoint_.listener();
    if (listener.state() == State::LoggingIn) return false;
    if (listener.state() != State::Online) return true;
    return listener.hasRoster() || !endpoint_.fetchProblem().empty();
}

void Client::Impl::login() {
    if (isLoggedIn()) return;
    endpoint_.login();
    while (!hasLoginAnswer()) turn(std::chrono::seconds(1));
    const auto& listener = endpoint_.listener();
    if (listener.state() == State::Refused || listener.state() == State::Silent)
        throw loginError(listener, user_.str(), indexName_);
}

void Client::Impl::logout() {
    endpoint_.logout();
    alarm_.set(endpoint_.nextDeadline());
}

bool Client::Impl::isLoggedIn() const {
    const State state = endpoint_.listener().state();
    return state == State::LoggingIn || state == State::Online || state == State::Lost;
}

std::optional<Event> Client::Impl::next(Duration longest) {
    const TimePoint end = net::now() + longest;
    if (events_.empty()) turn(Duration::zero());
    for (Duration left = longest; events_.empty() && left > Duration::zero();
         left = end - net::now())
        turn(left);
    if (events_.empty()) return std::nullopt;
    Event event = std::move(events_.front());
    events_.pop_front();
    if (events_.size() <= kMostEvents / 2) endpoint_.resume();
    return event;
}

void Client::Impl::send(const Target& target, std::string_view text) {
    const Bytes datagram =
        talkDatagram(net::talkTime(net::wallNow()), user_.str(), text, Commas::Keep);
    const std::vector<Target> to = {target};
    throwUnlessSent(sender_.send(to, datagram, true).front(),
                    target.host.empty() ? target.user : target.host);
}

Client::Client(const Options& options) : impl_(std::make_unique<Impl>(options)) {}

Client::~Client() {
    if (impl_) impl_->logout();
}

Client::Client(Client&& other) noexcept = default;

Client& Client::operator=(Client&& other) noexcept {
    if (this != &other && impl_) impl_->logout();
    impl_ = std::move(other.impl_);
    return *this;
}

void Client::login() {
    impl_->login();
}

void Client::logout() {
    impl_->logout();
}

bool Client::isLoggedIn() const {
    return impl_->isLoggedIn();
}

std::optional<Event> Client::next() {
    return impl_->next(Duration::zero());
}

std::optional<Event> Client::next(Duration longest) {
    return impl_->next(longest);
}

void Client::listen(const std::function<bool(const Event&)>& each) {
    while (true) {
        const auto event = impl_->next(std::chrono::hours(1));
        if (event && !each(*event)) return;
    }
}

int Client::descriptor() const {
    return impl_->descriptor();
}

void Client::send(std::string_view user, std::string_view text) {
    impl_->send({std::string(user), {}, 0}, text);
}

void Client::sendTo(const Endpoint& peer, std::string_view text) {
    impl_->send({{}, peer.address.toString(), peer.port}, text);
}

std::vector<Contact> Client::roster() const {
    std::vector<Contact> out;
    for (const auto& [user, endpoint] : impl_->endpoint().listener().contacts().all())
        out.push_back({user, endpoint});
    return out;
}

std::optional<Endpoint> Client::find(std::string_view user) const {
    return impl_->endpoint().listener().contacts().find(user);
}

const Endpoint& Client::local() const {
    return impl_->endpoint().local();
}

std::vector<Contact> fetchRoster(const std::string& host, std::uint16_t tcpPort,
                                 Duration patience) {
    auto outcome = net::fetchRoster(net::resolve(host, tcpPort), patience);
    if (!outcome) throw rosterError(host, tcpPort, outcome.error(), {});
    return contactsOf(sorted(std::move(*outcome)));
}

}  // namespace im::node
