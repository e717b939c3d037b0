// SPDX-License-Identifier: BSL-1.0
// SealedSender: the way to somebody: cards, the index's word, sessions.
#include "libim/talk/sealed_sender.hpp"

#include <algorithm>
#include <utility>

namespace im::talk {

namespace {

/// A session that was refused or lost: the next INIT.
constexpr Duration kConnectAgain = 1s;

}  // namespace

void SealedSender::begin(Peer& peer, TimePoint now, Sink& sink) {
    if (!peer.connecting.empty()) return;  // it repeats itself
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

/// The index's word.
void SealedSender::found(const FoundPeer& found, TimePoint now, Sink& sink) {
    const auto [first, last] = names_.equal_range(found.name);
    for (auto one = first; one != last; ++one)
        if (Peer& peer = *peers_[one->second]; std::exchange(peer.isAsked, false))
            take(peer, found, now, sink);
}

/// A card like the one that is being tried adds addresses; another one is tried beside it.
void SealedSender::take(Peer& peer, const FoundPeer& found, TimePoint now, Sink& sink) {
    if (!found.card) {
        // Plaintext to a name with a key is what a lying index would like (sealed.md 2.13).
        peer.classicAt = found.observed;
        const bool isPinned = pins_.of(found.name) != Trust::New;
        return fail(peer, isPinned ? SendResult::KeyChanged : SendResult::Classic, now);
    }
    if (pins_.pin(found.name, found.card->identity()) == Trust::Bad)
        return fail(peer, SendResult::KeyChanged, now);
    const bool isSame = peer.card && peer.card->sessionKey() == found.card->sessionKey();
    peer.card = found.card;
    peer.endpoints = {peer.at.value_or(found.observed)};
    if (!peer.at && found.local.port != 0 && found.observed.address == link_.observed().address)
        peer.endpoints.push_back(found.local);
    if (isSame && !peer.connecting.empty()) {
        for (const Endpoint& endpoint : peer.endpoints)
            transport_.alsoAt(peer.connecting.front(), {endpoint}, now, sink);
        return;
    }
    if (!peer.stream.isDone()) connect(peer, now, sink);
}

void SealedSender::notFound(std::string_view name, NotFound why, TimePoint now, Sink&) {
    const SendResult result = why == NotFound::Unknown   ? SendResult::Unknown
                              : why == NotFound::Offline ? SendResult::Offline
                                                         : SendResult::NoIndex;
    const auto [first, last] = names_.equal_range(name);
    for (auto one = first; one != last; ++one) {
        Peer& peer = *peers_[one->second];
        if (!std::exchange(peer.isAsked, false)) continue;
        // Somebody whose card we have may be there although the index does not know.
        if (peer.connecting.empty() && peer.session == 0) {
            fail(peer, result == SendResult::NoIndex ? peer.verdict.value_or(result) : result, now);
        } else if (result != SendResult::NoIndex) {
            peer.verdict = result;
            // Who waits for nothing in particular may see him come.
            if (peer.session == 0 && options_.timeout > Duration())
                peer.sentence.set(now + kVerdictHeld);
        }
    }
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
    peer->sentence.stop();
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
    ask(*peer, now, sink);  // if the index said that he is offline, he may have come since
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

}  // namespace im::talk
