// SPDX-License-Identifier: BSL-1.0
#include "libim/net/loop.hpp"

#include "libim/base/error.hpp"
#include "libim/net/clock.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <climits>

namespace im::net {

namespace {

// Descriptors served in one turn; the others wait for the next one, none is forgotten.
constexpr std::size_t kEventsPerTurn = 256;

std::uint64_t tag(int descriptor, std::uint32_t generation) {
    return std::uint64_t{generation} << 32U | static_cast<std::uint32_t>(descriptor);
}

}  // namespace

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), events_(kEventsPerTurn) {
    if (epoll_ < 0) throw systemError(ErrorKind::OperatingSystem, "cannot make an epoll", errno);
    sigemptyset(&signalSet_);
    readClocks();
}

Loop::~Loop() {
    if (signals_ >= 0) ::close(signals_);
    ::close(epoll_);
}

void Loop::readClocks() {
    now_ = net::now();
    wallNow_ = net::wallNow();
}

bool Loop::watch(int descriptor, LoopEvents events, Handler handler) {
    assert(descriptor >= 0);
    const auto at = static_cast<std::size_t>(descriptor);
    if (watches_.size() <= at) watches_.resize(at + 1);
    assert(!watches_[at]);
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag(descriptor, ++generations_);
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        if (errno == EPERM) return false;
        throw systemError(ErrorKind::OperatingSystem, "cannot watch a descriptor", errno);
    }
    watches_[at] = std::make_unique<Watch>(Watch{std::move(handler), generations_});
    return true;
}

void Loop::change(int descriptor, LoopEvents events) {
    const auto& watch = watches_[static_cast<std::size_t>(descriptor)];
    assert(watch);
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag(descriptor, watch->generation);
    if (::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event) != 0)
        throw systemError(ErrorKind::OperatingSystem, "cannot watch a descriptor", errno);
}

void Loop::forget(int descriptor) {
    const auto at = static_cast<std::size_t>(descriptor);
    if (descriptor < 0 || at >= watches_.size() || !watches_[at]) return;
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
    forgotten_.push_back(std::move(watches_[at]));
}

void Loop::onSignal(int signal, std::function<void()> handler) {
    assert(signal > 0 && signal < NSIG);
    const auto at = static_cast<std::size_t>(signal);
    if (onSignal_.size() <= at) onSignal_.resize(at + 1);
    onSignal_[at] = std::move(handler);
    sigaddset(&signalSet_, signal);
    const int descriptor = ::signalfd(signals_, &signalSet_, SFD_NONBLOCK | SFD_CLOEXEC);
    if (descriptor < 0) throw systemError(ErrorKind::OperatingSystem, "cannot take signals", errno);
    if (signals_ < 0) {
        signals_ = descriptor;
        watch(signals_, kLoopRead, [this](LoopEvents) { takeSignals(); });
    }
}

void Loop::takeSignals() {
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) == ssize_t{sizeof info}) {
        const auto at = std::size_t{info.ssi_signo};
        if (at < onSignal_.size() && onSignal_[at]) onSignal_[at]();
    }
}

Loop::DeadlineId Loop::atDeadline(std::function<std::optional<TimePoint>()> next,
                                  std::function<void()> due) {
    deadlines_.push_back({std::move(next), std::move(due)});
    return deadlines_.size() - 1;
}

void Loop::forgetDeadline(DeadlineId id) {
    deadlines_[id] = {[] { return std::optional<TimePoint>{}; }, [] {}};
}

void Loop::atEndOfTurn(std::function<void()> end) {
    ends_.push_back(std::move(end));
}

int Loop::waitTime(std::optional<Duration> longest) const {
    std::optional<TimePoint> wake;
    if (longest) wake = net::now() + *longest;
    for (const Deadline& deadline : deadlines_) wake = earlier(wake, deadline.next());
    if (!wake) return -1;
    // Rounded up: a wait that ends before the deadline would only be followed by another.
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*wake - net::now()).count();
    return static_cast<int>(std::clamp<decltype(wait)>(wait, 0, INT_MAX));
}

void Loop::dispatch(const epoll_event& event) {
    const auto at = static_cast<std::size_t>(event.data.u64 & 0xFFFFFFFFU);
    const auto generation = static_cast<std::uint32_t>(event.data.u64 >> 32U);
    Watch* const watch = at < watches_.size() ? watches_[at].get() : nullptr;
    // Forgotten by an earlier handler of this turn, perhaps even replaced.
    if (watch == nullptr || watch->generation != generation) return;
    watch->handler(event.events);
}

void Loop::runOnce(std::optional<Duration> longest) {
    const int ready =
        ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), waitTime(longest));
    if (ready < 0 && errno != EINTR)
        throw systemError(ErrorKind::OperatingSystem, "cannot wait for the network", errno);
    readClocks();
    for (int i = 0; i < ready; ++i) dispatch(events_[static_cast<std::size_t>(i)]);
    for (const Deadline& deadline : deadlines_) {
        const auto next = deadline.next();
        if (next && *next <= now_) deadline.due();
    }
    for (const auto& end : ends_) end();
    forgotten_.clear();
    turnTimes_.note(net::now() - now_);
}

void Loop::run() {
    // What was done before the first turn has an end of turn as well: a session that was adopted
    // wants its roster before anything has happened that would end a wait.
    if (!stopped_) runOnce(Duration::zero());
    while (!stopped_) runOnce();
}

}  // namespace im::net
