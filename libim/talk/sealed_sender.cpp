// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/sealed_sender.hpp"

#include "libim/talk/talk_message.hpp"
#include "libim/wire/sealed_codec.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace im::talk {

namespace {

/// How much of a frame between peers is records.
constexpr std::size_t kBoxRoom = wire::kMaxPeerFrame - wire::kBoxOverhead;
/// A session that was refused or lost: the next INIT.
constexpr Duration kConnectAgain = 1s;

noise::HashKey drawHashKey(noise::Random& random) {
    noise::HashKey key{};
    random.fill(std::as_writable_bytes(std::span(key)));
    return key;
}

SealedIndexLink::Options asSender(SealedIndexLink::Options options) {
    options.login = false;
    options.wantsRoster = false;
    return options;
}

}  // namespace

SealedSender::SealedSender(Options options, const sealed::Card& index,
                           const noise::Identity& identity, const sealed::CardClock& clock,
                           noise::Random& random, Pins& pins, TimePoint now)
    : options_(std::move(options)),
      random_(random),
      pins_(pins),
      transport_(sealed::clientSettings(),
                 sealed::Holder{identity, index.identity(), sealed::CardRole::User,
                                options_.link.self.str()},
                 clock.having(index, now), random, *this, now),
      link_(asSender(options_.link), index, transport_, random, pins, *this),
      streams_(drawHashKey(random)) {}

// Recipients and messages.

std::size_t SealedSender::add(const Name& name, const std::optional<Cached>& cached,
                              const std::optional<Resumed>& resumed, TimePoint now) {
    StreamSender stream = resumed ? StreamSender(resumed->stream, resumed->beginning)
                                  : StreamSender(random_.number64());
    peers_.push_back(std::make_unique<Peer>(name, std::move(stream)));
    Peer& peer = *peers_.back();
    if (resumed) peer.pushed = resumed->beginning.message;
    names_[name.str()] = peers_.size() - 1;
    if (cached) takeCached(peer, *cached, now);
    return peers_.size() - 1;
}

/// A card that does not hold (any more) is none; one of another identity than the pinned one is
/// not used either: the index may know better.
void SealedSender::takeCached(Peer& peer, const Cached& cached, TimePoint now) {
    auto card = sealed::verifyCard(cached.card, sealed::CardRole::User,
                                   transport_.keys().holder().index, transport_.clock().own(now));
    if (!card || card->body.name != peer.name.view()) return;
    const Trust trust = pins_.check(peer.name.view(), card->identity());
    if (trust != Trust::Ok && trust != Trust::Verified) return;
    peer.card = std::move(*card);
    peer.endpoints = cached.endpoints;
}

Push SealedSender::push(std::size_t to, TalkKind kind, std::string_view reply,
                        std::string_view time, std::string_view text, TimePoint now) {
    Peer& peer = *peers_[to];
    const std::string head = talkHead(kind, reply, time, options_.link.self.view());
    const Push result = peer.stream.push(head, text);
    if (result != Push::Taken) return result;
    const wire::MessageNumber number = peer.pushed++;
    peer.waiting.push_back({number, now, kind == TalkKind::Ask});
    if (kind == TalkKind::Ask) peer.asked[messageId(peer.stream.id(), number)] = number;
    return result;
}

bool SealedSender::restore(std::size_t to, std::string_view message, wire::SegmentNumber beganAt,
                           TimePoint now) {
    Peer& peer = *peers_[to];
    if (!peer.stream.restore(message, beganAt)) return false;
    peer.waiting.push_back({peer.pushed++, now, false});
    return true;
}

void SealedSender::finish(std::size_t to) {
    peers_[to]->stream.finish();
}

bool SealedSender::isIdle() const {
    return std::ranges::all_of(peers_, [](const auto& peer) { return peer->waiting.empty(); });
}

std::optional<SealedSender::Cached> SealedSender::found(std::size_t of) const {
    const Peer& peer = *peers_[of];
    if (!peer.card) return {};
    return Cached{peer.card->bytes, peer.endpoints};
}

SealedSender::Peer* SealedSender::byName(std::string_view name) {
    const auto found = names_.find(name);
    return found == names_.end() ? nullptr : peers_[found->second].get();
}

SealedSender::Peer* SealedSender::bySession(wire::SessionIndex session) {
    for (const auto& peer : peers_)
        if (peer->session == session || std::ranges::count(peer->connecting, session) > 0)
            return peer.get();
    return nullptr;
}

SealedSender::Peer* SealedSender::byIdentity(const noise::IdentityKey& identity) {
    for (const auto& peer : peers_)
        if (peer->card && peer->card->identity() == identity) return peer.get();
    return nullptr;
}

std::size_t SealedSender::numberOf(const Peer& peer) const {
    return names_.at(peer.name.str());
}

// The loop.

void SealedSender::receive(const Datagram& datagram, TimePoint now, Sink& sink) {
    RosterPathFilter filtered(sink);
    if (!link_.receive(datagram, now, filtered)) transport_.receive(datagram, now, filtered);
}

void SealedSender::tick(TimePoint now, Sink& sink) {
    RosterPathFilter filtered(sink);
    transport_.tick(now, filtered);
    link_.tick(now, filtered);
    if (link_.state() == SealedIndexLink::State::KeyChanged)
        for (const auto& peer : peers_)
            if (peer->session == 0 && !peer->card) fail(*peer, SendResult::KeyChanged, now);
    for (const auto& peer : peers_) tickPeer(*peer, now, filtered);
    streams_.tick(now);
    sendAcks(now, filtered);
}

void SealedSender::tickPeer(Peer& peer, TimePoint now, Sink& sink) {
    if (peer.failed) return fail(peer, *peer.failed, now);
    if (peer.session == 0 && peer.connecting.empty() && !peer.again.isSet() && !peer.isAsked &&
        !peer.stream.isDone())
        begin(peer, now, sink);
    if (peer.doubt.fired(now)) ask(peer, now, sink);
    if (peer.again.fired(now) && !peer.stream.isDone()) begin(peer, now, sink);
    peer.stream.tick(now);
    switch (peer.stream.health()) {
        case StreamHealth::WantsPath:
            ask(peer, now, sink);
            break;
        case StreamHealth::Silent:
        case StreamHealth::Blocked:
            return fail(peer, SendResult::Timeout, now);
        case StreamHealth::Well:
            break;
    }
    pump(peer, now, sink);
    expire(peer, now);
}

std::optional<TimePoint> SealedSender::nextDeadline() const {
    std::optional<TimePoint> next = earlier(transport_.nextDeadline(), link_.nextDeadline());
    next = earlier(next, streams_.nextDeadline());
    for (const auto& peer : peers_) {
        if (peer->failed) continue;
        if (peer->session != 0) next = earlier(next, peer->stream.nextDeadline());
        next = earlier(next, earlier(peer->doubt.at(), peer->again.at()));
        if (!peer->waiting.empty() && options_.timeout > Duration())
            next = earlier(next, peer->waiting.front().since + options_.timeout);
    }
    return next;
}

void SealedSender::leave(TimePoint now, Sink& sink) {
    sendAcks(now, sink);
    for (const auto& peer : peers_) dropSessions(*peer, now, sink);
    for (const auto& [session, identity] : std::exchange(repliers_, {}))
        transport_.close(session, wire::CloseCode::Bye, {}, now, sink);
    link_.logout(now, sink);
}

// Reaching somebody.

void SealedSender::begin(Peer& peer, TimePoint now, Sink& sink) {
    if (!peer.card) return ask(peer, now, sink);
    connect(peer, now, sink);
    if (!peer.isAsked) peer.doubt.set(now + kCardDoubt);
}

void SealedSender::connect(Peer& peer, TimePoint now, Sink& sink) {
    std::vector<Destination> to;
    for (const Endpoint& endpoint : peer.endpoints) to.push_back({endpoint});
    Bytes records;
    if (options_.early) peer.stream.fillEarly(records, transport_.roomInInit(), now);
    const auto session = transport_.connect(*peer.card, to, records, now, sink);
    if (session)
        peer.connecting.push_back(*session);
    else
        ask(peer, now, sink);
}

void SealedSender::ask(Peer& peer, TimePoint now, Sink& sink) {
    peer.doubt.stop();
    if (peer.isAsked) return;
    if (now < peer.mayAsk) return peer.again.set(peer.mayAsk);
    peer.mayAsk = now + kRequestRetry;
    peer.isAsked = true;
    link_.lookup(peer.name.view(), now, sink);
}

/// The index's word.  A card like the one that is being tried adds addresses; another one is tried
/// beside it.
void SealedSender::found(const FoundPeer& found, TimePoint now, Sink& sink) {
    Peer* peer = byName(found.name);
    if (peer == nullptr) return;
    peer->isAsked = false;
    if (!found.card) return fail(*peer, SendResult::Classic, now);
    if (pins_.pin(found.name, found.card->identity()) == Trust::Bad)
        return fail(*peer, SendResult::KeyChanged, now);
    const bool isSame = peer->card && peer->card->sessionKey() == found.card->sessionKey();
    peer->card = found.card;
    peer->endpoints = {found.observed};
    if (found.local.port != 0 && found.observed.address == link_.observed().address)
        peer->endpoints.push_back(found.local);
    if (isSame && !peer->connecting.empty()) {
        for (const Endpoint& endpoint : peer->endpoints)
            transport_.alsoAt(peer->connecting.front(), {endpoint}, now, sink);
        return;
    }
    if (!peer->stream.isDone()) connect(*peer, now, sink);
}

void SealedSender::notFound(std::string_view name, NotFound why, TimePoint now, Sink&) {
    Peer* peer = byName(name);
    if (peer == nullptr) return;
    peer->isAsked = false;
    const SendResult result = why == NotFound::Unknown   ? SendResult::Unknown
                              : why == NotFound::Offline ? SendResult::Offline
                                                         : SendResult::NoIndex;
    // Somebody whose card we have may be there although the index does not know.
    if (peer->connecting.empty() && peer->session == 0) return fail(*peer, result, now);
    if (result != SendResult::NoIndex) peer->verdict = result;
}

void SealedSender::established(wire::SessionIndex session, const sealed::Card& card,
                               const wire::Records& records, TimePoint now, Sink& sink) {
    if (link_.owns(session)) return link_.established(session, records, now, sink);
    Peer* peer = bySession(session);
    if (peer == nullptr) return;
    std::erase(peer->connecting, session);
    for (const wire::SessionIndex other : std::exchange(peer->connecting, {}))
        transport_.cancel(other);
    if (peer->session != 0) transport_.supersede(peer->session, now);
    peer->session = session;
    peer->card = card;
    peer->verdict.reset();
    peer->doubt.stop();
    peer->stream.start(now);
    takeRecords(*peer, records, now, sink);
    if (peer->failed) return;
    // The listener counts the session as confirmed when it has heard a BOX.
    if (!peer->stream.isDone()) {
        const auto before = transport_.session(session)->nextCounter();
        pump(*peer, now, sink);
        if (transport_.session(session)->nextCounter() == before)
            transport_.ping(session, {}, now, sink);
    }
}

void SealedSender::unanswered(wire::SessionIndex session, TimePoint now, Sink& sink) {
    if (link_.owns(session)) return link_.unanswered(session, now, sink);
    Peer* peer = bySession(session);
    if (peer == nullptr) return;
    std::erase(peer->connecting, session);
    if (!peer->connecting.empty() || peer->session != 0) return;
    if (peer->verdict) return fail(*peer, *peer->verdict, now);
    ask(*peer, now, sink);
    peer->again.set(now + kConnectAgain);
}

void SealedSender::cardRefreshed(wire::SessionIndex session, const sealed::Card& card) {
    if (link_.owns(session)) return link_.cardRefreshed(card);
    if (Peer* peer = bySession(session)) peer->card = card;
}

void SealedSender::rekeyDue(wire::SessionIndex session, TimePoint now, Sink& sink) {
    if (link_.owns(session)) return link_.rekeyDue(session, now, sink);
    Peer* peer = bySession(session);
    if (peer == nullptr || peer->session != session || !peer->card) return;
    peer->endpoints = {transport_.session(session)->peer().to};
    std::vector<Destination> to{{peer->endpoints.front()}};
    // No early data: the stream stays in the old session until the new one is there.
    if (const auto next = transport_.connect(*peer->card, to, {}, now, sink))
        peer->connecting.push_back(*next);
}

void SealedSender::closed(wire::SessionIndex session, std::uint64_t, sealed::Ending why,
                          wire::CloseCode code, std::string_view text, TimePoint now, Sink& sink) {
    if (link_.owns(session)) return link_.closed(session, why, code, text, now, sink);
    if (repliers_.erase(session) > 0) return;
    Peer* peer = bySession(session);
    if (peer == nullptr || peer->session != session) return;
    peer->session = 0;
    if (peer->stream.isDone()) return;
    const bool isHis = why == sealed::Ending::ByPeer;
    if (isHis && code == wire::CloseCode::Denied) return fail(*peer, SendResult::Refused, now);
    if (isHis && code == wire::CloseCode::Limit) return fail(*peer, SendResult::Limit, now);
    // He has gone, or his process has: the index knows where he is now.
    ask(*peer, now, sink);
}

// The stream.

void SealedSender::received(wire::SessionIndex session, const wire::Records& records,
                            std::uint64_t counter, TimePoint now, Sink& sink) {
    if (link_.owns(session)) return link_.received(session, records, now, sink);
    if (const auto replier = repliers_.find(session); replier != repliers_.end()) {
        const StreamSource source{replier->second, true, session, counter};
        for (const wire::Record& record : records)
            if (const auto* data = std::get_if<wire::DataRecord>(&record))
                takeReplyData(source, *data, now);
        return;
    }
    Peer* peer = bySession(session);
    if (peer != nullptr && peer->session == session) takeRecords(*peer, records, now, sink);
}

void SealedSender::takeRecords(Peer& peer, const wire::Records& records, TimePoint now,
                               Sink& sink) {
    for (const wire::Record& record : records) {
        if (const auto* ack = std::get_if<wire::AckRecord>(&record);
            ack != nullptr && ack->stream == peer.stream.id())
            peer.stream.acknowledge(*ack, now);
        const auto* text = std::get_if<wire::TextRecord>(&record);
        const auto message = text != nullptr ? wire::decodeSealed(text->text)
                                             : Expected<wire::SealedMessage, wire::GrammarError>(
                                                   Unexpected(wire::GrammarError::UnknownVerb));
        if (message && std::holds_alternative<wire::Reject>(*message)) {
            fail(peer, SendResult::Refused, now);
            return dropSessions(peer, now, sink);
        }
    }
    settle(peer, now);
}

void SealedSender::pump(Peer& peer, TimePoint now, Sink& sink) {
    while (peer.session != 0) {
        const sealed::Session* session = transport_.session(peer.session);
        if (session == nullptr) return;
        Bytes records;
        if (!peer.stream.fill(records, kBoxRoom, session->nextCounter(), now)) return;
        transport_.send(peer.session, records, now, sink);
    }
}

void SealedSender::settle(Peer& peer, TimePoint now) {
    while (!peer.waiting.empty() && peer.waiting.front().number < peer.stream.messagesDone()) {
        report(peer, peer.waiting.front(), SendResult::Delivered, now);
        peer.waiting.pop_front();
    }
}

void SealedSender::expire(Peer& peer, TimePoint now) {
    if (options_.timeout <= Duration()) return;
    while (!peer.waiting.empty() && peer.waiting.front().since + options_.timeout <= now) {
        report(peer, peer.waiting.front(), peer.verdict.value_or(SendResult::Timeout), now);
        peer.waiting.pop_front();
    }
}

/// Nothing that waits, or comes, will be delivered.
void SealedSender::fail(Peer& peer, SendResult why, TimePoint now) {
    peer.failed = why;
    peer.doubt.stop();
    peer.again.stop();
    for (const wire::SessionIndex session : std::exchange(peer.connecting, {}))
        transport_.cancel(session);
    for (const Waiting& waiting : std::exchange(peer.waiting, {})) report(peer, waiting, why, now);
}

void SealedSender::dropSessions(Peer& peer, TimePoint now, Sink& sink) {
    for (const wire::SessionIndex session : std::exchange(peer.connecting, {}))
        transport_.cancel(session);
    if (peer.session != 0)
        transport_.close(std::exchange(peer.session, 0), wire::CloseCode::Bye, {}, now, sink);
}

void SealedSender::report(Peer& peer, const Waiting& waiting, SendResult result, TimePoint now) {
    SendReceipt receipt;
    receipt.recipient = numberOf(peer);
    receipt.number = waiting.number;
    receipt.id = messageId(peer.stream.id(), waiting.number);
    receipt.result = result;
    receipt.took = now - waiting.since;
    if (const sealed::Session* session = transport_.session(peer.session))
        receipt.endpoint = session->peer().to;
    receipts_.push_back(std::move(receipt));
}

// Replies.

/// Only from somebody who was asked something.
sealed::Answer SealedSender::introduced(const sealed::Introduction& introduction, TimePoint now) {
    sealed::Answer answer;
    const Peer* peer = byIdentity(introduction.peer.identity());
    if (peer == nullptr || peer->asked.empty() ||
        introduction.peer.body.name != peer->name.view()) {
        answer.what = sealed::Answer::What::Ignore;
        return answer;
    }
    const StreamSource source{introduction.peer.identity(), true, 0, {}};
    for (const wire::Record& record : *wire::Records::parse(introduction.records))
        if (const auto* data = std::get_if<wire::DataRecord>(&record))
            takeReplyData(source, *data, now);
    while (auto ack = streams_.nextAck(now)) {
        if (ack->session == 0)
            wire::appendRecord(answer.records, ack->record);
        else
            acks_.push_back(*ack);
    }
    return answer;
}

void SealedSender::confirmed(wire::SessionIndex session, const sealed::Card& peer,
                             const wire::Records&, TimePoint, Sink&) {
    repliers_[session] = peer.identity();
}

void SealedSender::takeReplyData(const StreamSource& source, const wire::DataRecord& data,
                                 TimePoint now) {
    (void)streams_.receive(source, data, now);
    while (const auto delivery = streams_.take()) {
        const auto talk = delivery->gapUntil ? std::nullopt : parseTalk(delivery->bytes);
        Peer* peer = byIdentity(delivery->sender);
        const auto asked = talk && peer != nullptr ? peer->asked.find(std::string(talk->to))
                                                   : decltype(peer->asked.end()){};
        const bool isReply = talk && peer != nullptr && talk->kind == TalkKind::Reply &&
                             talk->from == peer->name.view() && asked != peer->asked.end();
        if (isReply) {
            replies_.push_back({numberOf(*peer), asked->first, std::string(asText(talk->text)),
                                pins_.check(peer->name.view(), delivery->sender)});
            peer->asked.erase(asked);
        }
        streams_.written(1, now);
    }
}

void SealedSender::sendAcks(TimePoint now, Sink& sink) {
    while (auto ack = streams_.nextAck(now)) acks_.push_back(*ack);
    for (const StreamAck& ack : std::exchange(acks_, {})) {
        if (ack.session == 0) continue;
        Bytes records;
        wire::appendRecord(records, ack.record);
        transport_.send(static_cast<wire::SessionIndex>(ack.session), records, now, sink);
    }
}

void SealedSender::keyRotated(const sealed::Card&, TimePoint, Sink&) {
    streams_.beginKey();
}

void SealedSender::keyRetired(std::uint32_t) {
    streams_.endOldKeys();
}

}  // namespace im::talk
