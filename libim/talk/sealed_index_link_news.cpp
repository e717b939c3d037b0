// SPDX-License-Identifier: BSL-1.0
// What the index says: answers, presence, the roster.  The session is in sealed_index_link.cpp.
#include "libim/talk/sealed_index_link.hpp"

#include "libim/base/overloaded.hpp"
#include "libim/wire/sealed_codec.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <variant>

namespace im::talk {

/// There is a version `to`.  One answer is enough for all that show the same gap; it may be lost.
void SealedIndexLink::syncTo(std::uint64_t to, TimePoint now, Sink& sink) {
    syncTo_ = std::max(syncTo_, to);
    if (!sync_.isSet()) sync(now, sink);
}

void SealedIndexLink::sync(TimePoint now, Sink& sink) {
    if (!presence_.version()) return;
    sync_.set(now + kRequestRetry);
    sendText(wire::encodeSealed(wire::Sync{*presence_.version()}), now, sink);
}

// Lookups.

void SealedIndexLink::lookup(std::string_view name, TimePoint now, Sink& sink) {
    const bool mayStart = state_ == State::Idle || (state_ == State::Silent && !options_.login);
    if ((hasEnded() && !mayStart) || !lookups_.ask(name, random_.number32(), now))
        return events_.notFound(name, NotFound::NoAnswer, now, sink);
    if (mayStart) return start(now, sink);
    sendLookups(now, sink);
}

/// A session without a login is not kept alive, and the index forgets one that sent no BOX.
bool SealedIndexLink::isUsable(TimePoint now) const {
    if (state_ != State::Online) return false;
    const sealed::Session* session = transport_.session(session_);
    return session != nullptr && (options_.login || now - session->lastHeard() < kLookupSession);
}

/// Without a session time goes by just the same.
void SealedIndexLink::sendLookups(TimePoint now, Sink& sink) {
    constexpr std::size_t kRoom = wire::kMaxPeerFrame - wire::kBoxOverhead - wire::kRecordHeader;
    const bool isUp = isUsable(now);
    const bool wantsSession = !isUp && !options_.login && connecting_ == 0 && !retry_.isSet();
    if (wantsSession && lookups_.nextDeadline() <= now) return connect(now, sink);
    for (;;) {
        const std::string lines = lookups_.due(kRoom, now);
        if (lines.empty()) return;
        if (isUp) sendText(lines, now, sink);
    }
}

void SealedIndexLink::giveUpLookups(TimePoint now, Sink& sink) {
    for (const std::string& name : lookups_.takeAll())
        events_.notFound(name, NotFound::NoAnswer, now, sink);
}

// What the index says.

void SealedIndexLink::takeRecords(const wire::Records& records, TimePoint now, Sink& sink) {
    isPeerCounting_ = true;
    for (const wire::Record& record : records) {
        if (hasEnded()) return;
        if (const auto* text = std::get_if<wire::TextRecord>(&record))
            takeText(text->text, records, now, sink);
        if (const auto* pong = std::get_if<wire::PongRecord>(&record)) takePong(*pong, now, sink);
    }
}

void SealedIndexLink::takeText(std::string_view text, const wire::Records& beside, TimePoint now,
                               Sink& sink) {
    wire::forEachLine(text, [&](std::string_view line) {
        const auto message = wire::decodeSealed(line);
        if (message) takeMessage(*message, beside, now, sink);
    });
}

void SealedIndexLink::takeMessage(const wire::SealedMessage& message, const wire::Records& beside,
                                  TimePoint now, Sink& sink) {
    std::visit(Overloaded{
                   [&](const wire::SealedAccept& accept) { takeAccept(accept); },
                   [&](const wire::Reject& reject) { refuse(reject, now, sink); },
                   [&](const wire::Peer& peer) { takePeer(peer, beside, now, sink); },
                   [&](const wire::NoPeer& none) { takeNone(none, now, sink); },
                   [&](const wire::NameOwner& owner) { takeOwner(owner, now, sink); },
                   [&](const wire::Delta& delta) {
                       const auto step = presence_.advance(delta);
                       isPeerCounting_ = step == SealedPresence::Step::News;
                       if (step == SealedPresence::Step::Gap) syncTo(delta.to, now, sink);
                   },
                   [&](const wire::SealedLogin& login) {
                       if (login.name == options_.self.view()) accept_.observed = login.endpoint;
                       if (isPeerCounting_) presence_.take(login);
                   },
                   [&](const wire::Logout& logout) {
                       if (isPeerCounting_) presence_.take(logout);
                   },
                   [&](const wire::Resync&) {
                       sync_.stop();
                       wantRoster();
                   },
                   [](const auto&) {},
               },
               message);
}

void SealedIndexLink::takeAccept(const wire::SealedAccept& accept) {
    if (!options_.login && !options_.wantsRoster) return;
    accept_ = accept;
    presence_.startAt(accept.rosterVersion);
}

/// The cards of somebody stand beside his line; one that does not verify is none.
void SealedIndexLink::takePeer(const wire::Peer& peer, const wire::Records& beside, TimePoint now,
                               Sink& sink) {
    FoundPeer found{peer.name, peer.flags, {}, peer.observed, peer.local, peer.handle};
    for (const wire::Record& record : beside) {
        const auto* bytes = std::get_if<wire::CardRecord>(&record);
        if (bytes == nullptr) continue;
        auto card = sealed::verifyCard(bytes->card, sealed::CardRole::User, card_.identity(),
                                       transport_.clock().own(now));
        if (card && card->body.name == peer.name) found.card = std::move(*card);
    }
    if (!found.card && !peer.flags.classic) return;
    if (lookups_.answered(peer.id, peer.name)) events_.found(found, now, sink);
}

/// Only what was asked, and then `none` follows.
void SealedIndexLink::takeOwner(const wire::NameOwner& owner, TimePoint now, Sink& sink) {
    if (lookups_.isAsked(owner.id, owner.name))
        events_.owned(owner.name, owner.identity, now, sink);
}

void SealedIndexLink::takeNone(const wire::NoPeer& none, TimePoint now, Sink& sink) {
    if (!lookups_.answered(none.id, none.name)) return;
    const NotFound why = none.reason == "unknown" ? NotFound::Unknown
                         : none.reason == "rate"  ? NotFound::Refused
                                                  : NotFound::Offline;
    events_.notFound(none.name, why, now, sink);
}

// The roster.

void SealedIndexLink::wantRoster() {
    if (!options_.wantsRoster || accept_.tcpPort == 0) return presence_.goOn();
    if (fetch_ == Fetch::None && !hasEnded()) fetch_ = Fetch::Wanted;
}

std::optional<Endpoint> SealedIndexLink::takeRosterFetch() {
    if (fetch_ != Fetch::Wanted || hasEnded()) return {};
    fetch_ = Fetch::Asked;
    return Endpoint{options_.index.to.address, accept_.tcpPort};
}

void SealedIndexLink::rosterConnected(TimePoint now) {
    if (fetch_ != Fetch::Asked) return;
    fetch_ = Fetch::UnderWay;
    deframer_ = {};
    rosterSink_.out.clear();
    rosterSink_.isOpen = true;
    presence_.rosterAsked();
    rosterStall_.set(now + kRosterStall);
    const Destination tcp{{options_.index.to.address, accept_.tcpPort}, kRosterPath};
    rosterSession_ =
        transport_.connect(card_, std::span(&tcp, 1), {}, now, rosterSink_).value_or(0);
    if (rosterSession_ == 0) rosterFails(now);
}

bool SealedIndexLink::rosterReceived(BytesView bytes, TimePoint now) {
    if (fetch_ != Fetch::UnderWay) return false;
    rosterStall_.set(now + kRosterStall);
    const Destination tcp{{options_.index.to.address, accept_.tcpPort}, kRosterPath};
    const bool isGood = deframer_.feed(bytes, [&](BytesView frame) {
        if (fetch_ == Fetch::UnderWay)
            transport_.receiveTcp({tcp.to, frame, tcp.via}, now, rosterSink_);
    });
    if (!isGood && fetch_ == Fetch::UnderWay) rosterFails(now);
    return isGood && fetch_ == Fetch::UnderWay;
}

void SealedIndexLink::rosterClosed(TimePoint now) {
    if (fetch_ == Fetch::Asked || fetch_ == Fetch::UnderWay) rosterFails(now);
}

void SealedIndexLink::takeRosterRecords(const wire::Records& records, TimePoint now) {
    for (const wire::Record& record : records) {
        const auto* text = std::get_if<wire::TextRecord>(&record);
        if (text == nullptr) continue;
        wire::forEachLine(text->text, [&](std::string_view line) {
            const auto message = wire::decodeSealed(line);
            if (!message || fetch_ != Fetch::UnderWay) return;
            if (const auto* login = std::get_if<wire::SealedLogin>(&*message))
                presence_.rosterLine(*login);
            const auto* end = std::get_if<wire::RosterEnd>(&*message);
            if (end == nullptr) return;
            presence_.rosterEnd(end->version);
            fetch_ = Fetch::None;
            rosterGap_ = {};
            rosterStall_.stop();
        });
    }
    if (fetch_ == Fetch::None) leaveRoster(now);
}

void SealedIndexLink::leaveRoster(TimePoint now) {
    const wire::SessionIndex session = std::exchange(rosterSession_, 0);
    if (session == 0) return;
    transport_.cancel(session);
    transport_.close(session, wire::CloseCode::Bye, {}, now, rosterSink_);
    rosterSink_.isOpen = false;
}

void SealedIndexLink::rosterFails(TimePoint now) {
    leaveRoster(now);
    fetch_ = Fetch::None;
    rosterStall_.stop();
    presence_.rosterFailed();
    presence_.goOn();
    rosterGap_ = rosterGap_ == Duration() ? Duration(kRosterAgain)
                                          : std::min<Duration>(rosterGap_ * 2, kRosterAgainMost);
    if (!hasEnded()) rosterAgain_.set(now + jitter_.about(rosterGap_, kRetryJitter));
}

}  // namespace im::talk
