// SPDX-License-Identifier: BSL-1.0
#include "libim/node/login_service.hpp"

#include "libim/net/one_shot_udp.hpp"
#include "libim/net/udp_socket.hpp"
#include "libim/wire/classic_codec.hpp"

#include <poll.h>

#include <array>
#include <cerrno>
#include <utility>

namespace im::node {
namespace {

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

// It alone can send from the login's endpoint, and does when its session file goes.
bool logOutListener(const SessionDirectory& directory, const Session& session) {
    if (!isListening(session)) return false;
    directory.remove({session.user, session.server});
    return hasLeft(session);
}

bool logOutClassic(const SessionDirectory& directory, const Session& session) {
    if (logOutListener(directory, session)) return true;
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

}  // namespace im::node
