// SPDX-License-Identifier: BSL-1.0
#include "libim/node/classic_listen_service.hpp"

#include <utility>

namespace im::node {

namespace {

using State = talk::ClassicListener::State;

}  // namespace

ClassicListenService::ClassicListenService(net::Loop& loop, SessionDirectory directory,
                                           const Account& account, const Options& options,
                                           Handlers handlers) try
    : ListenService(loop, std::move(directory), account, options, std::move(handlers)),
      endpoint_(loop,
                {.user = account.user,
                 .local = endpointFor(account, options),
                 .index = account.index,
                 .rosterFirst = options.rosterFirst},
                [this](const Event& event) { this->handlers().event(event); }) {
    endpoint_.atEndOfTurn([this] { endTurn(); });
} catch (const net::BindError& problem) {
    throw bindError(account, problem);
}

void ClassicListenService::beginAdopted(const SessionFile& session) {
    const Session& held = session.session();
    endpoint_.adopt(held.tcpPort, session.users(), held.renews);
}

bool ClassicListenService::isOnline() const {
    return endpoint_.listener().state() == State::Online;
}

std::optional<Error> ClassicListenService::failure() const {
    const State state = endpoint_.listener().state();
    if (state != State::Refused && state != State::Silent) return {};
    return loginError(endpoint_.listener(), account().user.str(), account().indexName);
}

Session ClassicListenService::session() const {
    return {.user = account().user,
            .endpoint = endpoint_.local(),
            .server = account().index,
            .serverName = account().indexName,
            .tcpPort = endpoint_.listener().tcpPort(),
            .renews = endpoint_.listener().renews()};
}

void ClassicListenService::adoptFile(SessionKeeper& keeper) {
    keeper.adopt(endpoint_.listener().contacts());
}

void ClassicListenService::createFile(SessionKeeper& keeper) {
    keeper.create(endpoint_.listener().contacts());
}

bool ClassicListenService::followFile(SessionKeeper& keeper) {
    return keeper.follow(endpoint_.listener(), loop().now(), handlers().trouble);
}

}  // namespace im::node
