// SPDX-License-Identifier: BSL-1.0
#include "libim/node/account.hpp"

#include "libim/base/error.hpp"
#include "libim/net/local_address.hpp"
#include "libim/net/resolve.hpp"
#include "libim/net/roster_fetch.hpp"

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

struct Found {
    SessionId id;
    std::optional<SessionFile> file;
};

/// The session selected; without its file when that says nothing to this release.
std::optional<Found> findSession(const SessionDirectory& directory, const std::optional<Name>& user,
                                 const std::optional<Endpoint>& server) {
    const auto id = directory.select(user, server);
    if (!id) return {};
    try {
        auto file = directory.openSelected(id->user, id->server);
        if (!file) return {};
        (void)file->users();
        return Found{*id, std::move(file)};
    } catch (const Error& problem) {
        if (problem.kind() != ErrorKind::Configuration) throw;
        return Found{*id, {}};
    }
}

}  // namespace

std::string ServerName::toString() const {
    const bool isV6 = host.find(':') != std::string::npos;
    return (isV6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Account findAccount(const SessionDirectory& directory, const AccountQuery& query) {
    std::optional<Endpoint> server;
    if (query.server) server = net::resolve(query.server->host, query.server->port);
    if (auto found = findSession(directory, query.user, server)) {
        std::string name = query.server ? query.server->toString() : found->id.server.toString();
        if (found->file) name = found->file->session().serverName;
        return {found->id.user, found->id.server, std::move(name), std::move(found->file)};
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
    if (why == net::RosterFetch::kNothingGiven)
        return {ErrorKind::NoPermission,
                indexName + ": the index does not give its roster to this address"};
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
