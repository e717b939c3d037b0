// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/sealed_sender.hpp"

#include "libim/talk/talk_message.hpp"
#include "libim/wire/sealed_codec.hpp"

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

namespace im::talk {

namespace {

/// How much of a frame between peers is records.
constexpr std::size_t kBoxRoom = wire::kMaxPeerFrame - wire::kBoxOverhead;

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

std::size_t SealedSender::add(const Recipient& recipient, const std::optional<Resumed>& resumed,
                              TimePoint now) {
    StreamSender stream = resumed ? StreamSender(resumed->stream, resumed->beginning)
                                  : StreamSender(random_.number64());
    peers_.push_back(std::make_unique<Peer>(peers_.size(), recipient.name, std::move(stream)));
    Peer& peer = *peers_.back();
    peer.at = recipient.at;
    if (resumed) peer.pushed = resumed->beginning.message;
    names_.emplace(recipient.name.str(), peer.number);
    if (recipient.cached) takeCached(peer, *recipient.cached, now);
    return peer.number;
}

/// The card is forgotten as well: what was tried with it led nowhere.
void SealedSender::renew(std::size_t to, TimePoint now) {
    Peer& old = *peers_[to];
    assert(old.failed && old.waiting.empty());
    if (old.session != 0) transport_.supersede(old.session, now);
    auto fresh = std::make_unique<Peer>(to, old.name, StreamSender(random_.number64()));
    fresh->at = old.at;
    fresh->mayAsk = old.mayAsk;
    fresh->isAsked = old.isAsked;
    peers_[to] = std::move(fresh);
}

void SealedSender::giveUp(std::size_t to, TimePoint now) {
    if (Peer& peer = *peers_[to]; !peer.failed) fail(peer, SendResult::Timeout, now);
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
    peer.endpoints = peer.at ? std::vector{*peer.at} : cached.endpoints;
}

Push SealedSender::push(std::size_t to, TalkKind kind, std::string_view reply,
                        std::string_view time, std::string_view text, TimePoint now) {
    if (text.size() > kMaxText) return Push::TooLong;
    Peer& peer = *peers_[to];
    const std::string head = talkHead(kind, reply, time, options_.link.self.view());
    const Push result = peer.stream.push(head, text);
    if (result != Push::Taken) return result;
    const wire::MessageNumber number = peer.pushed++;
    peer.waiting.push_back({number, 1, now});
    if (kind == TalkKind::Ask) peer.asked[messageId(peer.stream.id(), number)] = number;
    return result;
}

std::size_t SealedSender::pushLines(std::size_t to, std::string_view time, std::string_view text,
                                    Push& result, TimePoint now) {
    Peer& peer = *peers_[to];
    const std::string head = talkHead(TalkKind::Talk, {}, time, options_.link.self.view());
    const std::size_t taken = peer.stream.pushLines(head, text, result);
    const auto lines = static_cast<std::uint64_t>(std::ranges::count(text.substr(0, taken), '\n'));
    if (lines == 0) return taken;
    peer.waiting.push_back({peer.pushed, lines, now});
    peer.pushed += lines;
    return taken;
}

bool SealedSender::restore(std::size_t to, std::string_view message, wire::SegmentNumber beganAt,
                           TimePoint now) {
    Peer& peer = *peers_[to];
    if (!peer.stream.restore(message, beganAt)) return false;
    peer.waiting.push_back({peer.pushed++, 1, now});
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

SealedSender::Peer* SealedSender::bySession(wire::SessionIndex session) {
    for (const auto& peer : peers_)
        if (peer->session == session || std::ranges::count(peer->connecting, session) > 0)
            return peer.get();
    return nullptr;
}

// The loop.

void SealedSender::receive(const Datagram& datagram, TimePoint now, Sink& sink) {
    RosterPathFilter filtered(sink, link_.rosterSink());
    if (!link_.receive(datagram, now, filtered)) transport_.receive(datagram, now, filtered);
}

void SealedSender::tick(TimePoint now, Sink& sink) {
    RosterPathFilter filtered(sink, link_.rosterSink());
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
    if (peer.sentence.fired(now) && peer.verdict) return fail(peer, *peer.verdict, now);
    if (peer.doubt.fired(now)) ask(peer, now, sink);
    if (peer.again.fired(now) && !peer.stream.isDone()) begin(peer, now, sink);
    peer.stream.tick(now);
    switch (peer.stream.health()) {
        case StreamHealth::WantsPath:
            if (peer.connecting.empty()) ask(peer, now, sink);
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
        next = earlier(next, peer->sentence.at());
        if (!peer->waiting.empty() && options_.timeout > Duration())
            next = earlier(next, expiry(*peer));
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
            ack != nullptr && ack->stream == peer.stream.id()) {
            peer.isUnseen |= ack->unseen;
            peer.stream.acknowledge(*ack, now);
        }
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
    const wire::MessageNumber done = peer.stream.messagesDone();
    while (!peer.waiting.empty() && peer.waiting.front().number < done) {
        Waiting& oldest = peer.waiting.front();
        Waiting delivered = oldest;
        delivered.count = std::min(oldest.count, done - oldest.number);
        report(peer, delivered, peer.isUnseen ? SendResult::Timeout : SendResult::Delivered, now);
        oldest.number += delivered.count;
        oldest.count -= delivered.count;
        if (oldest.count == 0) peer.waiting.pop_front();
    }
}

/// Of the oldest message that waits.
TimePoint SealedSender::expiry(const Peer& peer) const {
    const TimePoint heard = peer.session != 0 ? peer.stream.progressAt() : TimePoint::min();
    return std::max(peer.waiting.front().since, heard) + options_.timeout;
}

void SealedSender::expire(Peer& peer, TimePoint now) {
    if (options_.timeout <= Duration()) return;
    while (!peer.waiting.empty() && expiry(peer) <= now) {
        report(peer, peer.waiting.front(), peer.verdict.value_or(SendResult::Timeout), now);
        peer.waiting.pop_front();
    }
}

/// Nothing that waits, or comes, will be delivered.
void SealedSender::fail(Peer& peer, SendResult why, TimePoint now) {
    peer.failed = why;
    peer.doubt.stop();
    peer.again.stop();
    peer.sentence.stop();
    for (const wire::SessionIndex session : std::exchange(peer.connecting, {}))
        transport_.cancel(session);
    for (const Waiting& waiting : std::exchange(peer.waiting, {})) report(peer, waiting, why, now);
}

void SealedSender::dropSessions(Peer& peer, TimePoint now, Sink& sink) {
    for (const wire::SessionIndex session : std::exchange(peer.connecting, {}))
        transport_.cancel(session);
    // One that was never confirmed the peer forgets by itself: no datagram for its end.
    const wire::SessionIndex session = std::exchange(peer.session, 0);
    const sealed::Session* known = transport_.session(session);
    if (known != nullptr && known->nextCounter() > 0)
        transport_.close(session, wire::CloseCode::Bye, {}, now, sink);
}

void SealedSender::report(Peer& peer, const Waiting& waiting, SendResult result, TimePoint now) {
    SendReceipt receipt;
    receipt.recipient = peer.number;
    receipt.number = waiting.number;
    receipt.count = waiting.count;
    receipt.id = messageId(peer.stream.id(), waiting.number);
    receipt.result = result;
    receipt.took = now - waiting.since;
    const sealed::Session* session = transport_.session(peer.session);
    if (result == SendResult::Classic)
        receipt.endpoint = peer.classicAt;
    else if (session != nullptr)
        receipt.endpoint = session->peer().to;
    receipts_.push_back(std::move(receipt));
}

}  // namespace im::talk
