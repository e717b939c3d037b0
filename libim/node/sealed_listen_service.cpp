// SPDX-License-Identifier: BSL-1.0
#include "libim/node/sealed_listen_service.hpp"

#include <utility>

namespace im::node {

namespace {

using State = talk::SealedIndexLink::State;

/// A session is as good as a pin: it was made at that index.
void checkPin(const Account& account, FilePins& pins) {
    if (!account.session) return;
    const Session& held = account.session->session();
    if (pins.index() && pins.index()->identity != held.index)
        throw indexKeyChanged(account.indexName, pins.index()->identity, held.index);
}

}  // namespace

std::string newKeyNotice(const noise::IdentityKey& own) {
    return "your key is " + noise::fingerprint(own);
}

std::string newIndexNotice(const std::string& indexName, const noise::IdentityKey& index) {
    return "the key of " + indexName + " is " + noise::fingerprint(index) +
           ", seen for the first time; its operator can tell it by `imindex --key`";
}

SealedListenService::SealedListenService(net::Loop& loop, const SessionDirectory& directory,
                                         const Account& account, const Options& options,
                                         Handlers handlers, SealedSelf& self) try
    : ListenService(loop, directory, account, options, std::move(handlers)),
      self_(self),
      path_(directory.pathOf(account.id())),
      endpoint_(loop,
                {.user = account.user,
                 .local = endpointFor(account, options),
                 .index = account.index,
                 .indexName = account.indexName,
                 .rosterFirst = options.rosterFirst,
                 .allowClassic = options.allowClassic},
                self.identity(), self.pins(), *this),
      askers_(path_) {
    checkPin(account, self.pins());
    endpoint_.atEndOfTurn([this] { endTurnSealed(); });
} catch (const net::BindError& problem) {
    throw bindError(account, problem);
}

void SealedListenService::endTurnSealed() {
    sayNewIndex();
    endTurn();
    flushOutbox();
}

// What waits for somebody is delivered when his login is told, and once for all when we have come
// online ourselves: who is there already is told to nobody.

void SealedListenService::flushOutbox() {
    if (options().outbox.empty() || !isOnline()) return;
    if (!flusher_) makeFlusher();
    flusher_->refresh(endpoint_.link()->indexCard().bytes);
    const bool isFirst = !hasFlushed_ && endpoint_.link()->presence().hasRoster();
    const auto announced = std::exchange(announced_, {});
    if (isFirst) {
        hasFlushed_ = true;
        return flusher_->flush({});
    }
    for (const std::string& name : announced)
        if (const auto valid = Name::parse(name)) flusher_->flush(*valid);
}

void SealedListenService::makeFlusher() {
    Session session = this->session();
    session.index = endpoint_.link()->indexCard().identity();
    flusher_.emplace(loop(),
                     OutboxFlusher::Options{.outbox = Outbox(options().outbox),
                                            .session = std::move(session),
                                            .path = path_,
                                            .identity = self_.identity(),
                                            .random = random_},
                     self_.pins(),
                     OutboxFlusher::Handlers{.receipt = [](const Name&, const auto&) {},
                                             .trouble = handlers().trouble});
}

void SealedListenService::sayNewIndex() {
    if (!endpoint_.isIndexNew() || std::exchange(saidIndex_, true)) return;
    handlers().notice(newIndexNotice(account().indexName, self_.pins().index()->identity));
}

void SealedListenService::beginAdopted(const SessionFile& session) {
    for (const wire::RosterEntry& user : session.users()) known_.put(user.name, user.endpoint);
    endpoint_.adopt(known_);
}

/// The last word about a key that has changed is a record.
void SealedListenService::endLogin() {
    const talk::SealedIndexLink* link = endpoint_.link();
    if (link != nullptr && link->state() == State::KeyChanged) {
        Event event;
        event.type = EventType::Key;
        event.trust = Trust::Bad;
        event.text = noise::fingerprint(link->changedKey());
        tell(event);
    }
    endpoint_.logout();
    askers_.clear();
}

bool SealedListenService::isOnline() const {
    return endpoint_.link() != nullptr && endpoint_.link()->state() == State::Online;
}

Session SealedListenService::session() const {
    Session session{.user = account().user,
                    .endpoint = endpoint_.local(),
                    .server = account().index,
                    .serverName = account().indexName,
                    .profile = Profile::Sealed};
    if (account().session) {
        const Session& held = account().session->session();
        session.tcpPort = held.tcpPort;
        session.index = held.index;
        session.indexCard = held.indexCard;
    }
    return session;
}

void SealedListenService::adoptFile(SessionKeeper& keeper) {
    keeper.adopt(known_);
}

void SealedListenService::createFile(SessionKeeper& keeper) {
    keeper.create(*endpoint_.link());
}

bool SealedListenService::followFile(SessionKeeper& keeper) {
    if (endpoint_.link() == nullptr) return true;
    return keeper.follow(*endpoint_.link(), loop().now(), handlers().trouble);
}

// What is heard.

Event SealedListenService::stamped(Event event) {
    event.at = loop().wallNow();
    return event;
}

void SealedListenService::tell(const Event& event) {
    if (event.type == EventType::Login) announced_.insert(event.user);
    handlers().event(stamped(event));
}

void SealedListenService::asked(const talk::Asker& asker) {
    try {
        askers_.keep(asker);
    } catch (const Error& problem) {
        handlers().trouble(problem.what());
    }
}

talk::Shown SealedListenService::show(const Event& event, bool isHurried) {
    return handlers().show(stamped(event), isHurried);
}

}  // namespace im::node
