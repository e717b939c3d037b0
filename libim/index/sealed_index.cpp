// SPDX-License-Identifier: BSL-1.0
// The edges of the sealed index: datagrams, connections, time, settings, and what Transport tells.
#include "libim/index/sealed_index.hpp"

#include "libim/wire/sealed_codec.hpp"

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

namespace im::index {

namespace {

sealed::Settings settingsOf(const Policy& policy) {
    sealed::Settings settings = sealed::indexSettings(policy.maxUsers);
    settings.idle = policy.lease;
    return settings;
}

std::int64_t millisOf(WallTime calendar) {
    return calendar.time_since_epoch().count();
}

sealed::CardClock clockOf(WallTime calendar, TimePoint now) {
    return {static_cast<sealed::UnixSeconds>(millisOf(calendar) / 1'000), now};
}

constexpr unsigned kVersionShift = 20;

}  // namespace

SealedIndex::SealedIndex(Policy policy, const Self& self, Store& store, Observer& observer,
                         const HashKey& seed, TimePoint now)
    : policy_(std::move(policy)),
      store_(store),
      observer_(observer),
      tcpPort_(self.tcpPort),
      start_(now),
      calendarAtStart_(self.calendar),
      now_(now),
      owners_(seed),
      users_(seed, owners_),
      questions_(seed),
      changes_(static_cast<RosterVersion>(millisOf(self.calendar)) << kVersionShift, owners_),
      told_(changes_.version()),
      tellAt_(now),
      transport_(
          settingsOf(policy_),
          sealed::Holder{self.identity, self.identity.publicKey(), sealed::CardRole::Index, {}},
          clockOf(self.calendar, now), self.random, *this, now) {
    owners_.reserve(store_.nameCount());
    // What does not fit is not forgotten by the store, only not given away here: nor is it by
    // anybody else, since a full table refuses every new name.
    store_.followNames([this](const NameOwner& owner) {
        [[maybe_unused]] const bool isNew = owners_.claim(owner.name, owner.identity);
    });
    showVersion();
}

void SealedIndex::receive(const Datagram& datagram, TimePoint now, Sink& sink) {
    now_ = now;
    ++counters_.frames;
    transport_.receive(datagram, now, sink);
}

void SealedIndex::hello(wire::SessionIndex index, const Destination& from, TimePoint now,
                        Sink& sink) {
    now_ = now;
    ++counters_.hellos;
    transport_.answerHello(index, from, now, sink);
}

// Over TCP ---------------------------------------------------------------------------------

void SealedIndex::receiveStream(const Endpoint& from, BytesView frame, TimePoint now, Sink& sink) {
    now_ = now;
    ++counters_.frames;
    walks_.try_emplace(from);
    Datagram datagram;
    datagram.from = from;
    datagram.bytes = frame;
    datagram.via = kStreamPath;
    transport_.receiveTcp(datagram, now, sink);
}

bool SealedIndex::writeStream(const Endpoint& to, TimePoint now, Sink& sink) {
    now_ = now;
    const auto found = walks_.find(to);
    if (found == walks_.end() || !found->second.isAsked) return false;
    Walk& walk = found->second;
    // A BOX of it that came by UDP may have moved the session there, where 16 KiB have no place.
    const sealed::Session* session = transport_.session(walk.session);
    if (session == nullptr || session->peer().via != kStreamPath) return false;
    const Bytes records = nextOfRoster(walk);
    return transport_.send(walk.session, records, now, sink);
}

void SealedIndex::streamEnded(const Endpoint& from, TimePoint now) {
    class Nowhere final : public Sink {
        void send(const Destination& /*to*/, BytesView /*payload*/) override {}
        void fanOut(std::span<const BytesView> /*payloads*/,
                    std::span<const Destination> /*to*/) override {}
    } nowhere;
    const auto found = walks_.find(from);
    if (found == walks_.end()) return;
    if (found->second.session != 0)
        transport_.close(found->second.session, wire::CloseCode::Bye, {}, now, nowhere);
    walks_.erase(found);
}

// Time and settings ------------------------------------------------------------------------

void SealedIndex::tick(TimePoint now, Sink& sink) {
    now_ = now;
    transport_.tick(now, sink);
    settleClaims(now, sink);
    if (train_.empty() && changes_.version() > told_ && now >= tellAt_) beginTelling(now);
    if (!train_.empty()) tell(now, sink);
}

std::optional<TimePoint> SealedIndex::nextDeadline() const {
    if (!train_.empty()) return now_;
    std::optional<TimePoint> next = transport_.nextDeadline();
    if (changes_.version() > told_) next = earlier(next, tellAt_);
    return next;
}

bool SealedIndex::sayStopping(TimePoint now, Sink& sink) {
    if (!std::exchange(isStopping_, true)) toStop_ = users_.end();
    for (std::size_t most = policy_.announcementsPerTick; most > 0 && toStop_ > 0; --most) {
        const Row row = --toStop_;
        if (users_.isUser(row))
            transport_.close(users_[row].session, wire::CloseCode::Bye, "stopping", now, sink);
    }
    return toStop_ > 0;
}

void SealedIndex::setPolicy(Policy policy) {
    policy_ = std::move(policy);
    transport_.setIdle(policy_.lease);
}

void SealedIndex::setAdmitted(Admitted admitted, TimePoint now, Sink& sink) {
    now_ = now;
    admitted_ = std::move(admitted);
    for (Row row = users_.end(); row > 0;) {
        if (!users_.isUser(--row)) continue;
        const auto pair = admitted_.owners.find(users_.name(row));
        const bool isOpen = !admitted_.closed && pair == admitted_.owners.end();
        const bool isHis =
            pair != admitted_.owners.end() && pair->second == owners_.identityAt(users_[row].owner);
        if (isOpen || isHis) continue;
        const wire::SessionIndex session = users_[row].session;
        leave(row, LogoutReason::Bye);
        transport_.close(session, wire::CloseCode::Denied, "not admitted", now, sink);
    }
}

void SealedIndex::setCalendar(WallTime calendar, TimePoint now) {
    transport_.clock().set(static_cast<sealed::UnixSeconds>(millisOf(calendar) / 1'000), now);
}

std::int64_t SealedIndex::calendarAt(TimePoint now) const {
    return millisOf(calendarAtStart_ +
                    std::chrono::duration_cast<std::chrono::milliseconds>(now - start_));
}

// What Transport tells ---------------------------------------------------------------------

/// R1: nothing changes here.
sealed::Answer SealedIndex::introduced(const sealed::Introduction& introduction,
                                       TimePoint /*now*/) {
    // A repeated question costs its asker an INIT; more in one would be amplification for him.
    constexpr int kMaxQuestions = 4;
    sealed::Answer answer;
    if (const auto refused = refusalOf(introduction.peer)) {
        refuse(refused->why, introduction.from.to);
        answer.owner = kUnwelcome;
        wire::appendRecord(answer.records, wire::TextRecord{wire::encodeSealed(refused->told)});
        return answer;
    }
    int questions = 0;
    const auto records = wire::Records::parse(introduction.records);
    assert(records);
    for (const wire::Record& record : *records) {
        const auto* text = std::get_if<wire::TextRecord>(&record);
        if (text == nullptr) continue;
        wire::forEachLine(text->text, [&](std::string_view line) {
            const auto message = wire::decodeSealed(line);
            if (!message || ++questions > kMaxQuestions) return;
            if (const auto* lookup = std::get_if<wire::Lookup>(&*message))
                answerLookup(*lookup, answer.records);
            // To a guest, who reads the roster's port in it.
            if (std::holds_alternative<wire::RosterRequest>(*message) &&
                introduction.from.via != kStreamPath)
                wire::appendRecord(answer.records,
                                   wire::TextRecord{acceptAt(introduction.from.to)});
            const auto* login = std::get_if<wire::SealedLogin>(&*message);
            if (login == nullptr) return;
            const auto refused = loginRefusal(*login, introduction.peer, introduction.from);
            if (refused) refuse(refused->why, introduction.from.to);
            wire::appendRecord(answer.records,
                               wire::TextRecord{refused ? wire::encodeSealed(refused->told)
                                                        : acceptAt(introduction.from.to)});
        });
    }
    return answer;
}

void SealedIndex::confirmed(wire::SessionIndex session, const sealed::Card& peer,
                            const wire::Records& early, TimePoint now, Sink& sink) {
    const sealed::Session* begun = transport_.session(session);
    if (begun->owner == kUnwelcome)
        return transport_.close(session, wire::CloseCode::Denied, {}, now, sink);
    if (begun->peer().via == kStreamPath) walks_[begun->peer().to].session = session;
    for (const wire::Record& record : early) {
        const auto* text = std::get_if<wire::TextRecord>(&record);
        if (text == nullptr) continue;
        wire::forEachLine(text->text, [&](std::string_view line) {
            const auto message = wire::decodeSealed(line);
            if (!message || transport_.session(session) == nullptr) return;
            // What else was asked in the INIT has been answered in the RESP.
            if (const auto* wanted = std::get_if<wire::SealedLogin>(&*message))
                login(session, peer, *wanted, now, sink);
        });
    }
}

bool SealedIndex::answersPing(wire::SessionIndex session, const wire::PingBytes& ping) {
    const sealed::Session* asking = transport_.session(session);
    if (asking == nullptr || asking->owner != kClaiming) return true;
    const auto mine = std::ranges::find(claims_, session, &Claim::session);
    if (mine != claims_.end()) mine->ping = ping;
    return false;
}

void SealedIndex::received(wire::SessionIndex session, const wire::Records& records,
                           std::uint64_t /*counter*/, TimePoint now, Sink& sink) {
    for (const wire::Record& record : records) {
        const sealed::Session* from = transport_.session(session);
        if (from == nullptr || from->owner == kUnwelcome) return;
        if (const auto* card = std::get_if<wire::CardRecord>(&record))
            rotate(session, card->card, now);
        if (const auto* text = std::get_if<wire::TextRecord>(&record))
            wire::forEachLine(text->text, [&](std::string_view line) {
                if (transport_.session(session) != nullptr) hear(session, line, now, sink);
            });
    }
}

/// His address as the index sees it is what everybody is told.
void SealedIndex::moved(wire::SessionIndex session, const Destination& to, TimePoint now,
                        Sink& sink) {
    const std::uint64_t owner = transport_.session(session)->owner;
    if (owner == kGuest || owner >= kClaiming) return;
    const Row row = static_cast<Row>(owner - 1);
    if (users_[row].session != session) return;
    if (neighbour_ != nullptr && !neighbour_->mayTell(to.to.address, 2)) {
        leave(row, LogoutReason::Bye);
        return transport_.close(session, wire::CloseCode::Limit, "moves too often", now, sink);
    }
    relocate(row, to.to);
}

void SealedIndex::closed(wire::SessionIndex session, std::uint64_t owner, sealed::Ending why,
                         wire::CloseCode /*code*/, std::string_view /*text*/, TimePoint now,
                         Sink& /*sink*/) {
    now_ = now;
    if (owner == kGuest || owner >= kClaiming) return;
    const Row row = static_cast<Row>(owner - 1);
    if (!users_.isUser(row) || users_[row].session != session) return;
    const bool isSilent = why == sealed::Ending::Idle || why == sealed::Ending::Age;
    leave(row, isSilent ? LogoutReason::Lease : LogoutReason::Bye);
}

}  // namespace im::index
