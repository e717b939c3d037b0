// SPDX-License-Identifier: BSL-1.0
#include "libim/node/listen_service.hpp"

#include <cerrno>
#include <utility>

namespace im::node {
namespace {

using State = talk::ClassicListener::State;

Endpoint sessionEndpoint(const Account& account, const LocalWish& wish) {
    const Endpoint& held = account.session->session().endpoint;
    if (wish.allows(held)) return held;
    throw Error(ErrorKind::Usage,
                "session " + account.id().toString() + ": is at " + held.toString(),
                "leave out -p and -b, or end it by imlogin -o");
}

}  // namespace

ClassicEndpoint::Options ListenService::endpointOptions(const Account& account,
                                                        const Options& options) {
    const Endpoint local = account.session ? sessionEndpoint(account, options.local)
                                           : localFor(options.local, account.index);
    return {.user = account.user,
            .local = local,
            .index = account.index,
            .rosterFirst = options.rosterFirst};
}

ListenService::ListenService(net::Loop& loop, SessionDirectory directory, const Account& account,
                             const Options& options, Handlers handlers) try
    : loop_(loop),
      directory_(std::move(directory)),
      account_(account),
      options_(options),
      handlers_(std::move(handlers)),
      endpoint_(loop, endpointOptions(account, options),
                [this](const Event& event) { handlers_.event(event); }) {
    endpoint_.atEndOfTurn([this] { endTurn(); });
    loop_.atDeadline([this] { return keeper_ && !ended_ ? keeper_->nextDeadline() : std::nullopt; },
                     [] {});
} catch (const net::BindError& problem) {
    if (account.session && problem.errnum() == EADDRINUSE)
        throw Error(ErrorKind::OperatingSystem,
                    "session " + account.id().toString() + ": in use by another imlisten");
    if (account.session && problem.errnum() == EADDRNOTAVAIL)
        throw Error(ErrorKind::OperatingSystem, problem.what(),
                    "this host has another address now: log in again by imlogin");
    throw;
}

SessionKeeper ListenService::makeKeeper() const {
    return {directory_,
            {.user = account_.user,
             .endpoint = endpoint_.local(),
             .server = account_.index,
             .serverName = account_.indexName,
             .tcpPort = endpoint_.listener().tcpPort(),
             .renews = endpoint_.listener().renews()}};
}

void ListenService::start() {
    if (!account_.session) return endpoint_.login();
    const Session& held = account_.session->session();
    endpoint_.adopt(held.tcpPort, account_.session->users(), held.renews);
    keeper_.emplace(makeKeeper());
    keeper_->adopt(endpoint_.listener().contacts());
    becomeReady();
}

void ListenService::becomeReady() {
    ready_ = true;
    watch_.emplace(loop_, keeper_->path(), [this] { onRemoved(); });
    handlers_.ready();
}

void ListenService::stop() {
    if (std::exchange(ended_, true)) return;
    if (options_.keep && ready_) return;
    endpoint_.logout();
    if (keeper_) keeper_->remove();
}

void ListenService::endTurn() {
    if (!ended_) checkLogin();
    if (!ended_ && ready_) followRoster();
}

void ListenService::checkLogin() {
    const State state = endpoint_.listener().state();
    if (state == State::Refused || state == State::Silent) {
        stop();
        return handlers_.failed(
            loginError(endpoint_.listener(), account_.user.str(), account_.indexName));
    }
    if (ready_ || state != State::Online) return;
    keeper_.emplace(makeKeeper());
    keeper_->create(endpoint_.listener().contacts());
    becomeReady();
}

void ListenService::followRoster() {
    const auto& listener = endpoint_.listener();
    if (!keeper_->follow(listener, loop_.now(), handlers_.trouble)) onRemoved();
}

// Whoever removed it leaves the logout to us: only here it has the login's own endpoint as its
// source, as an index may demand.
void ListenService::onRemoved() {
    if (std::exchange(ended_, true)) return;
    endpoint_.logout();
    keeper_->remove();
    handlers_.sessionRemoved();
}

}  // namespace im::node
