// SPDX-License-Identifier: BSL-1.0
#include "libim/node/login_service.hpp"

#include "libim/net/one_shot_udp.hpp"
#include "libim/wire/classic_codec.hpp"

#include <poll.h>

#include <array>
#include <cerrno>
#include <utility>

namespace im::node {
namespace {

using State = talk::ClassicListener::State;

/// The errno of binding `local` for a moment, 0 when it can be bound.
int tryToBind(const Endpoint& local) {
    try {
        const net::UdpSocket socket(local);
        return 0;
    } catch (const net::BindError& problem) {
        return problem.errnum();
    }
}

/// Whether the imlisten that has the session has left it; it is given a second.
bool hasLeft(const Session& session) {
    constexpr int kTries = 100;
    constexpr int kPauseMilliseconds = 10;
    for (int i = 0; i < kTries; ++i) {
        if (!isListening(session)) return true;
        ::poll(nullptr, 0, kPauseMilliseconds);
    }
    return false;
}

}  // namespace

bool isListening(const Session& session) {
    return tryToBind(session.endpoint) == EADDRINUSE;
}

bool logOut(const SessionDirectory& directory, const Session& session) {
    if (isListening(session)) {
        // It alone can send from the login's endpoint, and does when its session file goes.
        directory.remove({session.user, session.server});
        if (hasLeft(session)) return true;
    }
    const Bytes logout = wire::encodeClassic(wire::Logout{session.user.str(), session.endpoint});
    net::OneShotUdp socket(session.server, session.endpoint.address, session.endpoint.port);
    net::Delivery delivery = socket.send(logout);
    const std::array<net::OneShotUdp*, 1> sockets = {&socket};
    if (delivery == net::Delivery::Sent)
        delivery = net::settle(sockets, net::OneShotUdp::kRefusalTime).front();
    directory.remove({session.user, session.server});
    return delivery == net::Delivery::Sent;
}

Endpoint LoginService::endpointFor(const Account& account, const Options& options) {
    if (account.session && !options.local.any()) {
        // Peers know this endpoint; but the host may have moved to another network since.
        const Endpoint& held = account.session->session().endpoint;
        if (tryToBind(held) == 0) return held;
    }
    return localFor(options.local, account.index);
}

ClassicEndpoint::Options LoginService::endpointOptions(const Account& account,
                                                       const Endpoint& local,
                                                       const Options& options) {
    return {.user = account.user,
            .local = local,
            .index = account.index,
            .patience = options.patience,
            .rosterFirst = false};
}

LoginService::LoginService(net::Loop& loop, SessionDirectory directory, const Account& account,
                           const Options& options, Handlers handlers)
    : directory_(std::move(directory)),
      account_(account),
      handlers_(std::move(handlers)),
      endpoint_(loop, endpointOptions(account, endpointFor(account, options), options),
                [](const Event&) {}) {
    endpoint_.atEndOfTurn([this] { endTurn(); });
}

void LoginService::abandon() {
    if (!std::exchange(ended_, true)) endpoint_.logout();
}

void LoginService::endTurn() {
    if (ended_) return;
    const auto& listener = endpoint_.listener();
    if (listener.state() == State::Refused || listener.state() == State::Silent)
        return fail(loginError(listener, account_.user.str(), account_.indexName));
    if (listener.state() != State::Online) return;
    if (listener.hasRoster()) return finish();
    if (!endpoint_.fetchProblem().empty())
        fail(rosterError(account_.indexName, listener.tcpPort(), endpoint_.fetchProblem(), {}));
}

void LoginService::finish() {
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
    handlers_.done(session, listener.contacts().all());
}

void LoginService::fail(const Error& problem) {
    abandon();
    handlers_.failed(problem);
}

}  // namespace im::node
