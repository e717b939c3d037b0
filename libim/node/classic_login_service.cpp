// SPDX-License-Identifier: BSL-1.0
#include "libim/node/classic_login_service.hpp"

#include "libim/talk/events.hpp"

#include <utility>

namespace im::node {

namespace {

using State = talk::ClassicListener::State;

ClassicEndpoint::Options endpointOptions(const Account& account, const Endpoint& local,
                                         const LoginService::Options& options) {
    return {.user = account.user,
            .local = local,
            .index = account.index,
            .patience = options.patience,
            .rosterFirst = false};
}

}  // namespace

ClassicLoginService::ClassicLoginService(net::Loop& loop, SessionDirectory directory,
                                         const Account& account, const Options& options,
                                         Handlers handlers)
    : directory_(std::move(directory)),
      account_(account),
      handlers_(std::move(handlers)),
      endpoint_(loop, endpointOptions(account, endpointFor(account, options), options),
                [](const Event&) {}) {
    endpoint_.atEndOfTurn([this] { endTurn(); });
}

void ClassicLoginService::abandon() {
    if (!std::exchange(ended_, true)) endpoint_.logout();
}

void ClassicLoginService::endTurn() {
    if (ended_) return;
    const auto& listener = endpoint_.listener();
    if (listener.state() == State::Refused || listener.state() == State::Silent)
        return fail(loginError(listener, account_.user.str(), account_.indexName));
    if (listener.state() != State::Online) return;
    if (listener.hasRoster()) return finish();
    if (!endpoint_.fetchProblem().empty())
        fail(rosterError(account_.indexName, listener.tcpPort(), endpoint_.fetchProblem(), {}));
}

void ClassicLoginService::finish() {
    const auto& listener = endpoint_.listener();
    const Session session{.user = account_.user,
                          .endpoint = endpoint_.local(),
                          .server = account_.index,
                          .serverName = account_.indexName,
                          .tcpPort = listener.tcpPort(),
                          .renews = listener.renews()};
    try {
        directory_.write(session, listener.contacts().all());
    } catch (const Error&) {
        abandon();  // a login that nobody could adopt or end
        throw;
    }
    ended_ = true;
    std::vector<Event> roster;
    for (const auto& [name, endpoint] : listener.contacts().all()) {
        const bool isSelf = name == account_.user.view() && endpoint == endpoint_.local();
        roster.push_back(talk::rosterEvent(name, endpoint, isSelf ? Trust::Self : Trust::None));
    }
    handlers_.done(roster);
}

void ClassicLoginService::fail(const Error& problem) {
    abandon();
    handlers_.failed(problem);
}

}  // namespace im::node
