// SPDX-License-Identifier: BSL-1.0
#include "libim/node/listen_service.hpp"

#include <cerrno>
#include <utility>

namespace im::node {

namespace {

Endpoint sessionEndpoint(const Account& account, const LocalWish& wish) {
    const Endpoint& held = account.session->session().endpoint;
    if (wish.allows(held)) return held;
    throw Error(ErrorKind::Usage,
                "session " + account.id().toString() + ": is at " + held.toString(),
                "leave out -p and -b, or end it by imlogin -o");
}

}  // namespace

ListenService::ListenService(net::Loop& loop, SessionDirectory directory, const Account& account,
                             Options options, Handlers handlers)
    : loop_(loop),
      directory_(std::move(directory)),
      account_(account),
      options_(std::move(options)),
      handlers_(std::move(handlers)) {
    loop_.atDeadline([this] { return keeper_ && !ended_ ? keeper_->nextDeadline() : std::nullopt; },
                     [] {});
}

Endpoint ListenService::endpointFor(const Account& account, const Options& options) {
    return account.session ? sessionEndpoint(account, options.local)
                           : localFor(options.local, account.index);
}

Error ListenService::bindError(const Account& account, const net::BindError& problem) {
    if (account.session && problem.errnum() == EADDRINUSE)
        return {ErrorKind::OperatingSystem,
                "session " + account.id().toString() + ": in use by another imlisten"};
    if (account.session && problem.errnum() == EADDRNOTAVAIL)
        return {ErrorKind::OperatingSystem, problem.what(),
                "this host has another address now: log in again by imlogin"};
    return problem;
}

void ListenService::start() {
    if (!account_.session) return beginLogin();
    beginAdopted(*account_.session);
    keeper_.emplace(directory_, session());
    adoptFile(*keeper_);
    becomeReady();
}

void ListenService::becomeReady() {
    ready_ = true;
    watch_.emplace(loop_, keeper_->path(), [this] { onRemoved(); });
    handlers_.ready();
}

void ListenService::stop() {
    if (std::exchange(ended_, true)) return;
    if (options_.keep && ready_) return leaveLogin();
    endLogin();
    if (keeper_) keeper_->remove();
}

void ListenService::endTurn() {
    if (!ended_) checkLogin();
    if (!ended_ && ready_ && !followFile(*keeper_)) onRemoved();
}

void ListenService::checkLogin() {
    if (const auto problem = failure()) {
        stop();
        return handlers_.failed(*problem);
    }
    if (ready_ || !isOnline()) return;
    keeper_.emplace(directory_, session());
    createFile(*keeper_);
    becomeReady();
}

// Whoever removed it leaves the logout to us: only here it has the login's own endpoint as its
// source, as an index may demand.
void ListenService::onRemoved() {
    if (std::exchange(ended_, true)) return;
    endLogin();
    keeper_->remove();
    handlers_.sessionRemoved();
}

}  // namespace im::node
