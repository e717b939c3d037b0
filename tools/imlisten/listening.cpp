// SPDX-License-Identifier: BSL-1.0
#include "tools/imlisten/listening.hpp"

#include "libim/node/classic_listen_service.hpp"
#include "libim/node/sealed_listen_service.hpp"
#include "tools/shared/login_options.hpp"

#include <unistd.h>

#include <csignal>
#include <limits>
#include <utility>

namespace im::tools {
namespace {

using namespace std::chrono_literals;

// Shorter waits are over before a person has read what they are for.
constexpr Duration kSayWaiting = 500ms;

// The queue itself is not bounded: regulate() sees to it that no more comes.
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max() / 2;

}  // namespace

Listening::Listening(app::Tool& tool, net::Loop& loop, const node::Account& account,
                     ListenPlan plan, node::SealedSelf* self)
    : tool_(tool),
      loop_(loop),
      plan_(std::move(plan)),
      server_(account.indexName),
      session_(account.id().toString()),
      output_(tool.out(), kNoLimit),
      receipts_(plan_.ack),
      service_(makeService(account, self)) {
    if (!plan_.command.empty()) {
        commands_.emplace(loop_, plan_.command);
        commands_->whenEnded([this](bool isSuccess) { onEnded(isSuccess); });
    }
    loop_.atDeadline([this] { return status_ ? std::nullopt : plan_.goal.deadline(); },
                     [this] { finish(plan_.goal.statusAtDeadline(), false); });
    loop_.atDeadline([this] { return sayWaitingAt_; },
                     [this] {
                         sayWaitingAt_.reset();
                         tool_.progress(waitsFor_);
                     });
    loop_.atEndOfTurn([this] { endTurn(); });
    stdoutWatched_ = watchReader(loop_, tool_.out().fd(), [this] { output_.flush(); });
}

std::unique_ptr<node::ListenService> Listening::makeService(const node::Account& account,
                                                            node::SealedSelf* self) {
    if (self == nullptr)
        return std::make_unique<node::ClassicListenService>(loop_, sessionDirectory(), account,
                                                            plan_.service, handlers());
    return std::make_unique<node::SealedListenService>(loop_, sessionDirectory(), account,
                                                       plan_.service, handlers(), *self);
}

node::ListenService::Handlers Listening::handlers() {
    return {.event = [this](const Event& event) { onEvent(event); },
            .show = [this](const Event& event, bool isHurried) { return onShow(event, isHurried); },
            .ready = [this] { onReady(); },
            .failed = [this](const Error& problem) { onFailed(problem); },
            .sessionRemoved = [this] { onSessionRemoved(); },
            .trouble = [this](const std::string& what) { tool_.complain(what); },
            .notice = [this](const std::string& what) { tool_.notice(what); }};
}

int Listening::run() {
    endBySignals(loop_, [this] {
        stopQuietly();
        sayNotRun();
    });
    try {
        waitsFor_ = "waiting for the index at " + server_;
        sayWaitingAt_ = loop_.now() + kSayWaiting;
        service_->start();
        loop_.run();
    } catch (...) {
        stopQuietly();
        sayNotRun();
        throw;
    }
    tool_.progress("");
    sayNotRun();
    if (failure_) throw *failure_;
    return *status_;
}

void Listening::onReady() {
    waitsFor_.clear();
    sayWaitingAt_.reset();
    tool_.progress("");
    if (!plan_.readyDescriptor) return;
    const int descriptor = *std::exchange(plan_.readyDescriptor, std::nullopt);
    // Who does not wait for it any more has no harm from not being told.
    [[maybe_unused]] const ssize_t ignored = ::write(descriptor, "\n", 1);
    if (descriptor > STDERR_FILENO) ::close(descriptor);
}

void Listening::onEvent(const Event& event) {
    if (status_) return;
    sayServer(event);
    if (plan_.filter.takes(event)) {
        isInService_ = true;
        take(event, false);
        isInService_ = false;
        return;
    }
    // Whatever is filtered, a loss does not go unseen: nobody knows whose it was.
    if (event.type == EventType::Gap && event.user.empty())
        tool_.complain("datagrams lost: " + event.text);
}

/// A message of the sealed profile.  What nobody is shown has no receipt, and keeps nobody waiting.
talk::Shown Listening::onShow(const Event& event, bool isHurried) {
    if (status_) return talk::Shown::Later;
    if (!plan_.filter.takes(event)) return talk::Shown::Unseen;
    isInService_ = true;
    take(event, true);
    isInService_ = false;
    talk::Shown shown = receipts_.show(pushed_ + fresh_.size());
    if (shown != talk::Shown::Later || plan_.ack != node::AckWhen::Write || !isHurried)
        return shown;
    print();
    if (output_.pending() > 0) return shown;
    [[maybe_unused]] const std::size_t itself = receipts_.written(pushed_);
    return talk::Shown::Written;
}

void Listening::take(const Event& event, bool isMessage) {
    plan_.goal.take();
    if (plan_.prints) app::appendRecord(fresh_, event, plan_.style);
    if (commands_) {
        receipts_.run(isMessage);
        commands_->add(event, app::formatTime(event.at, plan_.style.time));
    }
    if (plan_.goal.reached()) finish(0, true);
}

void Listening::onEnded(bool isSuccess) {
    if (!receipts_.ended()) return;
    if (isSuccess)
        service_->written(1);
    else
        service_->unseen(1);
}

void Listening::sayServer(const Event& event) {
    if (event.type != EventType::Server) return;
    waitsFor_ = event.text == "lost" ? server_ + ": the index does not answer, trying again" : "";
    tool_.progress(waitsFor_);
}

void Listening::onFailed(const Error& problem) {
    failure_ = problem;
    finish(static_cast<int>(problem.kind()), false);
}

void Listening::onSessionRemoved() {
    tool_.notice("session " + session_ + ": logged out");
    finish(plan_.goal.statusWhenEnded(), true);
}

void Listening::finish(int status, bool waitForCommands) {
    if (status_) return;
    status_ = status;
    waitForCommands_ = waitForCommands;
    endService();
}

/// Not before the senders of what was shown have their receipts, unless nobody waits for that.
void Listening::endService() {
    if (!isInService_ && (receipts_.isSettled() || !waitForCommands_)) service_->stop();
}

void Listening::stopQuietly() noexcept {
    try {
        service_->stop();
    } catch (const std::exception& problem) {
        tool_.complain(problem.what());
    }
}

void Listening::sayNotRun() const {
    if (commands_ && commands_->waiting() > 0)
        tool_.complain("records for which the command was not run: " +
                       std::to_string(commands_->waiting()));
}

void Listening::endTurn() {
    print();
    settle();
    if (status_) endService();
    regulate();
    if (isDone()) loop_.stop();
}

// One write for what came in one turn.
void Listening::print() {
    if (fresh_.empty()) return;
    if (!waitsFor_.empty() && tool_.out().isTerminal()) {
        tool_.progress("");
        sayWaitingAt_ = loop_.now() + kSayWaiting;
    }
    static_cast<void>(output_.push(fresh_));
    pushed_ += fresh_.size();
    fresh_.clear();
}

/// What is written may be acknowledged; and then there may be room for more.
void Listening::settle() {
    while (const std::size_t count = receipts_.written(pushed_ - output_.pending())) {
        service_->written(count);
        print();
    }
}

void Listening::regulate() {
    const bool busy = output_.pending() > 0;
    if (stdoutWatched_ && busy != std::exchange(stdoutBusy_, busy))
        loop_.change(tool_.out().fd(), busy ? net::kLoopWrite : 0);
    const std::size_t waiting = output_.pending() + (commands_ ? commands_->waitingBytes() : 0);
    if (waiting > kMostWaiting) service_->pause();
    if (waiting <= kMostWaiting / 2) service_->resume();
}

bool Listening::isDone() const {
    if (!status_ || output_.pending() > 0) return false;
    if (waitForCommands_ && !receipts_.isSettled()) return false;
    return !waitForCommands_ || !commands_ || commands_->idle();
}

}  // namespace im::tools
