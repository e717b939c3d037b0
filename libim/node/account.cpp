// SPDX-License-Identifier: BSL-1.0
#include "libim/node/account.hpp"

#include "libim/base/error.hpp"
#include "libim/net/local_address.hpp"
#include "libim/net/resolve.hpp"

#include <utility>
#include <vector>

namespace im::node {
namespace {

Name userOf(const SessionDirectory& directory, const AccountQuery& query) {
    if (query.user) return *query.user;
    const std::vector<SessionId> sessions = directory.list();
    if (sessions.size() == 1) return sessions.front().user;
    const auto name = Name::parse(query.loginName);
    if (name) return *name;
    throw Error(ErrorKind::Usage, "no user name", "name one by -u or IM_USER");
}

}  // namespace

std::string ServerName::toString() const {
    const bool isV6 = host.find(':') != std::string::npos;
    return (isV6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Account findAccount(const SessionDirectory& directory, const AccountQuery& query) {
    std::optional<Endpoint> server;
    if (query.server) server = net::resolve(query.server->host, query.server->port);
    std::optional<SessionFile> session = directory.openSelected(query.user, server);
    if (session) {
        const Session head = session->session();
        return {head.user, head.server, head.serverName, std::move(session)};
    }
    const ServerName at = query.server.value_or(ServerName{});
    if (!server) server = net::resolve(at.host, at.port);
    return {userOf(directory, query), *server, at.toString(), {}};
}

RosterSource findRosterSource(const SessionDirectory& directory, const AccountQuery& query) {
    std::optional<Endpoint> server;
    if (query.server) server = net::resolve(query.server->host, query.server->port);
    if (const auto file = directory.openSelected(query.user, server)) {
        const Session& session = file->session();
        return {{session.server.address, session.tcpPort},
                session.serverName,
                session.user,
                session.endpoint,
                false};
    }
    const ServerName at = query.server.value_or(ServerName{});
    if (!server) server = net::resolve(at.host, at.port);
    std::optional<Name> self = query.user;
    if (const auto name = Name::parse(query.loginName); !self && name) self = *name;
    return {*server, at.toString(), std::move(self), {}, true};
}

bool RosterSource::isSelf(const wire::RosterEntry& entry) const {
    if (!self || entry.name != self->str()) return false;
    return !selfEndpoint || entry.endpoint == *selfEndpoint;
}

std::optional<Address> RosterSource::local() const {
    if (!selfEndpoint) return {};
    return selfEndpoint->address;
}

Error rosterError(const std::string& indexName, std::uint16_t tcpPort, const std::string& why,
                  std::string hint) {
    // RosterFetch says so when something came that is no roster.
    const bool foreign = why.starts_with("roster: ");
    return {foreign ? ErrorKind::Protocol : ErrorKind::Unavailable,
            indexName + ": TCP port " + std::to_string(tcpPort) + ": " + why, std::move(hint)};
}

bool LocalWish::allows(const Endpoint& endpoint) const {
    if (address && *address != endpoint.address) return false;
    return !port || *port == 0 || *port == endpoint.port;
}

Endpoint localFor(const LocalWish& wish, const Endpoint& index) {
    if (wish.address && (wish.address->isUnspecified() || wish.address->isMulticast()))
        throw Error(ErrorKind::Usage, "'" + wish.address->toString() + "': no peer can write to it",
                    "give an address of this host");
    return {wish.address ? *wish.address : net::localAddressFor(index), wish.port.value_or(0)};
}

}  // namespace im::node
