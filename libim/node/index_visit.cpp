// SPDX-License-Identifier: BSL-1.0
#include "libim/node/index_visit.hpp"

#include "libim/node/sealed_listen_service.hpp"
#include "libim/talk/events.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace im::node {

namespace {

using State = talk::SealedIndexLink::State;

Endpoint localOf(const Account& account) {
    if (account.session) return {account.session->session().endpoint.address, 0};
    return localFor({}, account.index);
}

}  // namespace

IndexVisit::IndexVisit(const Account& account, SealedSelf& self,
                       std::function<void(const std::string&)> notice)
    : account_(account),
      self_(self),
      notice_(std::move(notice)),
      socket_(localOf(account)),
      greeting_({account.index}, self.pins(), random_) {
    loop_.watch(socket_.descriptor(), net::kLoopRead, [this](net::LoopEvents) {
        for (const Datagram& datagram : socket_.receive())
            if (visitor_)
                visitor_->receive(datagram, loop_.now(), queue_);
            else
                greeting_.receive(datagram, wall());
    });
    loop_.atDeadline(
        [this] {
            const auto next = visitor_ ? visitor_->nextDeadline() : greeting_.nextDeadline();
            return earlier(next, endAt_);
        },
        [] {});
    loop_.atEndOfTurn([this] { endTurn(); });
}

IndexVisit::~IndexVisit() {
    if (visitor_) visitor_->leave(loop_.now(), queue_);
    queue_.flush(socket_);
    roster_.reset();
    loop_.forget(socket_.descriptor());
}

sealed::UnixSeconds IndexVisit::wall() const {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(loop_.wallNow());
    return static_cast<sealed::UnixSeconds>(seconds.time_since_epoch().count());
}

void IndexVisit::begin(Duration patience) {
    endAt_ = loop_.now() + patience;
    if (std::exchange(hasBegun_, true)) return;
    greeting_.start(wall(), loop_.now(), queue_);
    runUntil([this] { return greeting_.state() != IndexGreeting::State::Asking; }, patience);
    greeting_.giveUp();
    if (greeting_.state() != IndexGreeting::State::Known)
        throw greeting_.problem(account_.indexName);
    if (greeting_.isNew())
        notice_(newIndexNotice(account_.indexName, self_.pins().index()->identity));
    makeVisitor();
}

void IndexVisit::makeVisitor() {
    visitor_ = std::make_unique<talk::SealedVisitor>(
        talk::SealedIndexLink::Options{.self = account_.user,
                                       .local = {},
                                       .index = {account_.index},
                                       .seed = random_.number64(),
                                       .wantsRoster = wantsRoster_},
        greeting_.card(), self_.identity(), sealed::CardClock(wall(), loop_.now()), random_,
        self_.pins(), loop_.now());
    roster_ = std::make_unique<RosterConnection>(loop_, visitor_->link(), socket_.local().address);
}

void IndexVisit::endTurn() {
    if (!visitor_) {
        greeting_.tick(loop_.now(), queue_);
    } else {
        visitor_->tick(loop_.now(), queue_);
        roster_->endTurn();
    }
    queue_.flush(socket_);
}

void IndexVisit::runUntil(const std::function<bool()>& isDone, Duration patience) {
    endAt_ = std::min(endAt_.value_or(TimePoint::max()), loop_.now() + patience);
    queue_.flush(socket_);
    while (!isDone() && loop_.now() < *endAt_) loop_.runOnce();
}

void IndexVisit::throwProblem() const {
    const talk::SealedIndexLink& link = visitor_->link();
    if (link.state() == State::Refused)
        throw Error(ErrorKind::NoPermission,
                    account_.user.str() + ": refused by the index: " + link.refusal().text);
    if (link.state() == State::KeyChanged)
        throw indexKeyChanged(account_.indexName, link.indexCard().identity(), link.changedKey());
}

// Questions.

IndexVisit::Answers IndexVisit::askAll(const std::vector<std::string>& names, Duration patience) {
    // So many does the index answer at once, and then so many a second.
    constexpr std::size_t kAtOnce = 100;
    Answers answers;
    for (std::size_t asked = 0; asked < names.size(); asked += kAtOnce) {
        begin(patience);
        const std::size_t end = std::min(asked + kAtOnce, names.size());
        for (std::size_t i = asked; i < end; ++i) visitor_->lookup(names[i], loop_.now(), queue_);
        runUntil(
            [&] {
                std::ranges::move(visitor_->takeAnswers(), std::back_inserter(answers));
                throwProblem();
                return answers.size() >= end;
            },
            patience);
        if (answers.size() < end)
            throw Error(ErrorKind::Unavailable, account_.indexName + ": the index does not answer");
    }
    return answers;
}

Trust IndexVisit::trustOf(const talk::SealedVisitor::Answer& answer) const {
    if (answer.name == account_.user.view()) return Trust::Self;
    FilePins& pins = self_.pins();
    if (answer.key) return pins.check(answer.name, *answer.key);
    return pins.of(answer.name) == Trust::New ? Trust::None : Trust::Bad;
}

talk::SealedVisitor::Answer IndexVisit::ask(const std::string& name, Duration patience) {
    return askAll({name}, patience).front();
}

std::vector<Event> IndexVisit::online(const std::vector<std::string>& names, Duration patience) {
    std::vector<std::string> once = names;
    std::ranges::sort(once);
    once.erase(std::unique(once.begin(), once.end()), once.end());
    std::vector<Event> lines;
    for (const auto& answer : askAll(once, patience)) {
        if (!answer.peer && answer.why == talk::NotFound::NoAnswer)
            throw Error(ErrorKind::Unavailable, account_.indexName + ": the index does not answer");
        if (answer.peer)
            lines.push_back(talk::rosterEvent(answer.name, answer.peer->observed, trustOf(answer)));
    }
    std::ranges::sort(lines, {}, &Event::user);
    return lines;
}

std::vector<Event> IndexVisit::roster(Duration patience) {
    wantsRoster_ = true;
    begin(patience);
    visitor_->start(loop_.now(), queue_);
    const talk::SealedPresence& presence = visitor_->link().presence();
    runUntil(
        [&] {
            throwProblem();
            return presence.hasRoster();
        },
        patience);
    if (!presence.hasRoster())
        throw Error(ErrorKind::Unavailable, account_.indexName + ": no roster comes");
    std::vector<std::string> pinned;
    for (const auto& [name, endpoint] : presence.contacts().all())
        if (self_.pins().keyOf(name)) pinned.push_back(name);
    std::map<std::string, Trust> judged;
    for (const auto& answer : askAll(pinned, patience))
        if (answer.peer) judged.emplace(answer.name, trustOf(answer));
    std::vector<Event> lines;
    for (const auto& [name, endpoint] : presence.contacts().all()) {
        const auto known = judged.find(name);
        const Trust trust = known == judged.end() ? presence.trustOf(name) : known->second;
        lines.push_back(talk::rosterEvent(name, endpoint, trust));
    }
    return lines;
}

}  // namespace im::node
