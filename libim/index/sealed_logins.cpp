// SPDX-License-Identifier: BSL-1.0
// The sealed index: whose a name is, who comes, goes and moves.
#include "libim/index/sealed_index.hpp"

#include "libim/wire/sealed_codec.hpp"

#include <algorithm>
#include <utility>

namespace im::index {

/// Nothing for a name that anybody may claim.
std::optional<sealed::IdentityKey> SealedIndex::ownerOf(std::string_view name) const {
    const auto pair = admitted_.owners.find(name);
    if (pair != admitted_.owners.end()) return pair->second;
    return owners_.find(name);
}

/// Why who holds this card has no business here at all.
std::optional<SealedIndex::Refused> SealedIndex::refusalOf(const sealed::Card& card) const {
    const std::string& name = card.body.name;
    const bool isListed = admitted_.owners.contains(name);
    if (admitted_.closed && !isListed)
        return Refused{Refusal::Denied, {"denied", "not admitted here"}};
    const auto owner = ownerOf(name);
    if (owner && *owner != card.identity())
        return isListed ? Refused{Refusal::Denied, {"denied", "the name is for another key"}}
                        : Refused{Refusal::Taken, {"taken", "another key has the name"}};
    if (neighbour_ != nullptr && neighbour_->hasName(name))
        return Refused{Refusal::Taken, {"taken", "online without a key"}};
    return {};
}

std::optional<SealedIndex::Refused> SealedIndex::loginRefusal(const wire::SealedLogin& login,
                                                              const sealed::Card& card,
                                                              const Destination& from) const {
    if (login.name != card.body.name)
        return Refused{Refusal::BadName, {"name", "not the name of the card"}};
    if (from.via == kStreamPath) return Refused{Refusal::Denied, {"later", "not over TCP"}};
    if (!SealedUsers::canKeep(card)) return Refused{Refusal::Denied, {"denied", "a card so late"}};
    if (auto refused = refusalOf(card)) return refused;
    if (users_.find(login.name) == kNoRow) {
        if (everybody() >= policy_.maxUsers)
            return Refused{Refusal::Full, {"full", "no room for more users"}};
        std::size_t there = users_.usersAt(from.to.address);
        if (neighbour_ != nullptr) there += neighbour_->onlineAt(from.to.address);
        if (policy_.maxPerIp != 0 && there >= policy_.maxPerIp)
            return Refused{Refusal::PerIp, {"full", "too many at your address"}};
    }
    if (owners_.find(login.name) == card.identity()) return {};
    if (claims_.size() >= kMaxClaims)
        return Refused{Refusal::Rate, {"busy", "the disk is slow; try again"}};
    if (owners_.size() >= kMaxNames)
        return Refused{Refusal::Full, {"full", "no room for more names"}};
    return {};
}

std::string SealedIndex::acceptAt(const Endpoint& observed) const {
    wire::SealedAccept accept;
    accept.tcpPort = tcpPort_;
    accept.leaseSeconds =
        static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(policy_.lease).count());
    accept.observed = observed;
    accept.rosterVersion = tellsAll() ? told_ : 0;
    accept.usersOnline = static_cast<std::uint32_t>(everybody());
    return wire::encodeSealed(accept);
}

/// The session is proven.  All that was asked when it began is asked again: much may have
/// happened since.
void SealedIndex::login(wire::SessionIndex session, const sealed::Card& card,
                        const wire::SealedLogin& login, TimePoint now, Sink& sink) {
    const sealed::Session& proven = *transport_.session(session);
    if (proven.owner != kGuest) return;  // has logged in already
    const Destination from = proven.peer();
    auto refused = loginRefusal(login, card, from);
    if (!refused && neighbour_ != nullptr && !neighbour_->mayTell(from.to.address, 1))
        refused = Refused{Refusal::Rate, {"rate", "too much to tell"}};
    if (refused) {
        refuse(refused->why, from.to);
        say(session, refused->told, now, sink);
        if (refused->why == Refusal::Taken) transport_.setOwner(session, kUnwelcome);
        return;
    }
    if (wasOvertaken(session, login.name))
        return transport_.close(session, wire::CloseCode::Replaced, "a later login counts", now,
                                sink);
    if (claimAgain(session, card, login.endpoint)) return;
    if (owners_.find(login.name) != card.identity())
        return claim(session, card, login.endpoint, now);
    goOnline(session, card, login.endpoint, Trust::Ok, now, sink);
}

/// Whoever holds back what confirms a login, and lets it go when another has followed, does not
/// bring it back.
bool SealedIndex::wasOvertaken(wire::SessionIndex session, std::string_view name) const {
    const Row row = users_.find(name);
    if (row == kNoRow) return false;
    const sealed::Session* now = transport_.session(users_[row].session);
    return now != nullptr && now->began() > transport_.session(session)->began();
}

/// A claim that still waits for the disk goes on for this session.
bool SealedIndex::claimAgain(wire::SessionIndex session, const sealed::Card& card,
                             const Endpoint& local) {
    const auto mine = std::ranges::find_if(claims_, [&card](const Claim& claim) {
        return claim.card.identity() == card.identity() && claim.card.body.name == card.body.name;
    });
    if (mine == claims_.end()) return false;
    transport_.setOwner(mine->session, kGuest);
    transport_.setOwner(session, kClaiming);
    *mine = {mine->ticket, session, card, local, {}};
    return true;
}

/// From now on the name is nobody else's; he is online when it is on the disk.
void SealedIndex::claim(wire::SessionIndex session, const sealed::Card& card, const Endpoint& local,
                        TimePoint now) {
    const Name name = *Name::parse(card.body.name);
    if (owners_.find(name.view())) {  // the operator has given it to another key
        if (const Row row = users_.find(name.view()); row != kNoRow) leave(row, LogoutReason::Bye);
        owners_.release(name.view());
        [[maybe_unused]] const NameTicket released = store_.release(name);
    }
    if (!owners_.claim(name, card.identity())) return;
    const NameTicket ticket = store_.claim({name, card.identity(), calendarAt(now)});
    ++counters_.claims;
    transport_.setOwner(session, kClaiming);
    claims_.push_back({ticket, session, card, local, {}});
}

void SealedIndex::settleClaims(TimePoint now, Sink& sink) {
    while (!claims_.empty() && claims_.front().ticket <= store_.keptNames()) {
        const Claim kept = std::move(claims_.front());
        claims_.pop_front();
        const sealed::Session* session = transport_.session(kept.session);
        if (session == nullptr || session->owner != kClaiming) continue;
        goOnline(kept.session, kept.card, kept.local, Trust::New, now, sink);
        if (!kept.ping) continue;
        Bytes records;
        wire::appendRecord(records, wire::PongRecord{*kept.ping, transport_.rosterVersion()});
        transport_.send(kept.session, records, now, sink);
    }
}

void SealedIndex::goOnline(wire::SessionIndex session, const sealed::Card& card,
                           const Endpoint& local, Trust trust, TimePoint now, Sink& sink) {
    const Endpoint observed = transport_.session(session)->peer().to;
    Row row = users_.find(card.body.name);
    if (row != kNoRow) {
        takeOver(row, session, card, now, sink);
    } else {
        SealedUser user;
        user.owner = owners_.rowOf(card.body.name);
        user.session = session;
        user.observed = observed;
        row = users_.add(user);
        users_.setCard(row, card);
        ++counters_.logins;
        changed(user.owner);
        if (neighbour_ != nullptr) neighbour_->otherCame(users_.name(row), observed);
        happened(EventType::Login, row, trust, observed.toString());
    }
    users_[row].local = LocalEndpoint(local);
    transport_.setOwner(session, std::uint64_t{row} + 1);
}

/// He is online already.  With the same K it is the same process, which has made a new session in
/// time and may hear on the old one for a while; else it is another process, and the first has to
/// know.
void SealedIndex::takeOver(Row row, wire::SessionIndex session, const sealed::Card& card,
                           TimePoint now, Sink& sink) {
    ++counters_.takeovers;
    const wire::SessionIndex before = std::exchange(users_[row].session, session);
    const bool isSameProcess = users_[row].sessionKey == card.sessionKey();
    transport_.setOwner(before, kGuest);
    if (isSameProcess)
        transport_.supersede(before, now);
    else
        transport_.close(before, wire::CloseCode::Replaced, "logged in elsewhere", now, sink);
    if (!isSameProcess) changed(users_[row].owner);
    users_.setCard(row, card);
    relocate(row, transport_.session(session)->peer().to);
}

void SealedIndex::relocate(Row row, const Endpoint& observed) {
    const Endpoint before = users_[row].observed;
    if (before == observed) return;
    happened(EventType::Logout, row, Trust::Ok, toString(LogoutReason::Replaced));
    users_.moveTo(row, observed);
    changed(users_[row].owner);
    if (neighbour_ != nullptr) {
        neighbour_->otherLeft(users_.name(row), before);
        neighbour_->otherCame(users_.name(row), observed);
    }
    happened(EventType::Login, row, Trust::Ok, observed.toString());
}

void SealedIndex::leave(Row row, LogoutReason reason) {
    happened(EventType::Logout, row, Trust::Ok, toString(reason));
    ++counters_.logouts[static_cast<std::size_t>(reason)];
    transport_.setOwner(users_[row].session, kGuest);
    changed(users_[row].owner);
    if (neighbour_ != nullptr) neighbour_->otherLeft(users_.name(row), users_[row].observed);
    users_.remove(row);
}

/// He has a new K: who looks him up from now on gets its card.
void SealedIndex::rotate(wire::SessionIndex session, BytesView bytes, TimePoint now) {
    const std::uint64_t owner = transport_.session(session)->owner;
    if (owner == kGuest || owner >= kClaiming) return;
    const Row row = static_cast<Row>(owner - 1);
    const sealed::SessionKeys& keys = transport_.keys();
    const auto card = sealed::verifyCard(bytes, sealed::CardRole::User, keys.holder().index,
                                         keys.clock().own(now));
    if (!card || !SealedUsers::canKeep(*card) || card->body.name != users_.name(row) ||
        card->identity() != owners_.identityAt(users_[row].owner))
        return;
    // An older one was overtaken: under its K he may not be reachable any more.
    if (card->body.notAfter > users_[row].notAfter) users_.setCard(row, *card);
}

void SealedIndex::refuse(Refusal why, const Endpoint& source) {
    ++counters_.refused[static_cast<std::size_t>(why)];
    observer_.refused(why, source);
}

void SealedIndex::happened(EventType type, Row row, Trust trust, std::string_view text) {
    Event event;
    event.type = type;
    event.user = users_.name(row);
    event.trust = trust;
    event.endpoint = users_[row].observed;
    event.text = text;
    observer_.happened(event);
}

}  // namespace im::index
