// SPDX-License-Identifier: BSL-1.0
#include "libim/node/sealed_login_service.hpp"

#include "libim/node/sealed_listen_service.hpp"
#include "libim/talk/events.hpp"

#include <utility>

namespace im::node {

namespace {

using State = talk::SealedIndexLink::State;

}  // namespace

SealedLoginService::SealedLoginService(net::Loop& loop, SessionDirectory directory,
                                       const Account& account, const Options& options,
                                       Handlers handlers, SealedSelf& self)
    : loop_(loop),
      directory_(std::move(directory)),
      account_(account),
      options_(options),
      handlers_(std::move(handlers)),
      self_(self),
      endpoint_(loop,
                {.user = account.user,
                 .local = endpointFor(account, options),
                 .index = account.index,
                 .indexName = account.indexName,
                 .patience = options.patience},
                self.identity(), self.pins(), *this) {
    endpoint_.atEndOfTurn([this] { endTurn(); });
    loop_.atDeadline([this] { return ended_ ? std::nullopt : giveUpAt_; }, [] {});
}

void SealedLoginService::start() {
    giveUpAt_ = loop_.now() + options_.patience;
    endpoint_.login();
}

void SealedLoginService::abandon() {
    if (!std::exchange(ended_, true)) endpoint_.logout();
}

void SealedLoginService::endTurn() {
    if (ended_) return;
    if (endpoint_.isIndexNew() && !std::exchange(saidIndex_, true))
        handlers_.notice(newIndexNotice(account_.indexName, self_.pins().index()->identity));
    if (const auto problem = endpoint_.failure()) return fail(*problem);
    const talk::SealedIndexLink* link = endpoint_.link();
    const bool isOnline = link != nullptr && link->state() == State::Online;
    if (isOnline && link->presence().hasRoster()) return finish();
    if (loop_.now() < *giveUpAt_) return;
    const std::string port = isOnline ? std::to_string(link->accept().tcpPort) : "";
    fail({ErrorKind::Unavailable,
          account_.indexName + (isOnline ? ": TCP port " + port + ": no roster comes"
                                         : ": the index does not answer")});
}

void SealedLoginService::finish() {
    SessionKeeper keeper(directory_, {.user = account_.user,
                                      .endpoint = endpoint_.local(),
                                      .server = account_.index,
                                      .serverName = account_.indexName,
                                      .profile = Profile::Sealed});
    try {
        keeper.create(*endpoint_.link());
    } catch (const Error&) {
        abandon();  // a login that nobody could adopt
        throw;
    }
    ended_ = true;
    endpoint_.abandon();
    handlers_.done(roster());
}

std::vector<Event> SealedLoginService::roster() const {
    const talk::SealedPresence& presence = endpoint_.link()->presence();
    std::vector<Event> lines;
    for (const auto& [name, endpoint] : presence.contacts().all())
        lines.push_back(talk::rosterEvent(name, endpoint, presence.trustOf(name)));
    return lines;
}

void SealedLoginService::fail(const Error& problem) {
    abandon();
    handlers_.failed(problem);
}

}  // namespace im::node
