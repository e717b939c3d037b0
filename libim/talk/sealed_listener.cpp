// SPDX-License-Identifier: BSL-1.0
// Who is heard, and what of them is shown.  The plain passing on of events is at the end.
#include "libim/talk/sealed_listener.hpp"

#include "libim/noise/short_hash.hpp"
#include "libim/talk/events.hpp"
#include "libim/talk/talk_message.hpp"
#include "libim/wire/classic_codec.hpp"
#include "libim/wire/sealed_codec.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace im::talk {

namespace {

constexpr std::size_t kMostPeople = 4'096;
constexpr std::size_t kMostStrangers = 256;
constexpr std::size_t kMostNotices = 1'024;
/// Shown and not written; what comes behind waits with its sender.
constexpr std::size_t kMostUnwritten = 4'096;
/// The session of what came in an INIT.
constexpr std::uint64_t kNoSession = 0;

noise::HashKey drawHashKey(noise::Random& random) {
    noise::HashKey key{};
    random.fill(std::as_writable_bytes(std::span(key)));
    return key;
}

sealed::Answer ignore() {
    sealed::Answer answer;
    answer.what = sealed::Answer::What::Ignore;
    return answer;
}

}  // namespace

SealedListener::SealedListener(Options options, const sealed::Card& index,
                               const noise::Identity& identity, const sealed::CardClock& clock,
                               noise::Random& random, Pins& pins, ListenReader& reader,
                               TimePoint now)
    : options_(std::move(options)),
      pins_(pins),
      reader_(reader),
      transport_(sealed::clientSettings(),
                 sealed::Holder{identity, index.identity(), sealed::CardRole::User,
                                options_.link.self.str()},
                 clock.having(index, now), random, *this, now),
      link_(options_.link, index, transport_, random, pins, *this),
      streams_(drawHashKey(random)) {}

void SealedListener::logout(TimePoint now, Sink& sink) {
    sendAcks(now, sink);
    link_.logout(now, sink);
    for (const auto& [session, process] : std::exchange(sessions_, {}))
        transport_.close(session, wire::CloseCode::Bye, {}, now, sink);
}

void SealedListener::receive(const Datagram& datagram, TimePoint now, Sink& sink) {
    if (!wire::isSealed(datagram.bytes)) return takeClassic(datagram);
    RosterPathFilter filtered(sink, link_.rosterSink());
    if (!link_.receive(datagram, now, filtered)) transport_.receive(datagram, now, filtered);
    askIndex(now, filtered);
}

void SealedListener::tick(TimePoint now, Sink& sink) {
    RosterPathFilter filtered(sink, link_.rosterSink());
    transport_.tick(now, filtered);
    link_.tick(now, filtered);
    streams_.tick(now);
    askIndex(now, filtered);
    tellPresence();
    showAll(false, now);
    sendAcks(now, filtered);
    if (streams_.wantsNewKey()) transport_.rotateKey(now, filtered);
}

std::optional<TimePoint> SealedListener::nextDeadline() const {
    return earlier(earlier(transport_.nextDeadline(), link_.nextDeadline()),
                   streams_.nextDeadline());
}

// Who is that?

Trust SealedListener::judge(const sealed::Card& card) const {
    if (card.body.name == options_.link.self.view() &&
        card.identity() == transport_.keys().holder().identity.publicKey())
        return Trust::Self;
    const auto impostor = impostors_.find(card.identity());
    if (impostor != impostors_.end() && impostor->second == card.body.name) return Trust::Bad;
    const auto newcomer = newcomers_.find(card.identity());
    if (newcomer != newcomers_.end() && newcomer->second.isStill(card)) return Trust::New;
    const Trust pinned = pins_.check(card.body.name, card.identity());
    return pinned == Trust::New ? Trust::Absent : pinned;
}

/// R1 and R2: nothing but the showing of early DATA may come of an INIT, and that once.
sealed::Answer SealedListener::introduced(const sealed::Introduction& introduction, TimePoint now) {
    const Trust trust = judge(introduction.peer);
    if (trust == Trust::Absent) return askAbout(introduction.peer);
    if (trust == Trust::Bad) return refuse(introduction.peer);
    meet(introduction.peer, trust, introduction.from.to);
    StreamSource source{introduction.peer.identity(), trust != Trust::New, kNoSession, {}};
    for (const wire::Record& record : *wire::Records::parse(introduction.records))
        if (const auto* data = std::get_if<wire::DataRecord>(&record))
            takeData(source, *data, now, nullptr);
    showAll(true, now);
    sealed::Answer answer;
    while (auto ack = streams_.nextAck(now)) {
        const bool isHis = ack->session == kNoSession && ack->sender == source.sender;
        // `next` says what is written: without that the RESP says nothing.
        if (isHis && ack->record.next > 0)
            wire::appendRecord(answer.records, ack->record);
        else if (!isHis)
            acks_.push_back(*ack);
    }
    return answer;
}

sealed::Answer SealedListener::askAbout(const sealed::Card& card) {
    std::size_t waiting = 0;
    for (const auto& [name, identities] : strangers_) waiting += identities.size();
    if (waiting >= kMostStrangers) return ignore();
    auto [place, isNew] = strangers_.try_emplace(card.body.name);
    place->second.insert(card.identity());
    if (isNew) toAsk_.push_back(card.body.name);
    sealed::Answer answer;
    answer.what = sealed::Answer::What::Wait;
    return answer;
}

/// The sender is told, so that he does not take it for silence.
sealed::Answer SealedListener::refuse(const sealed::Card& card) {
    tellKey(card.body.name, card.identity());
    sealed::Answer answer;
    wire::appendRecord(answer.records, wire::TextRecord{wire::encodeSealed(wire::Reject{
                                           "denied", "another key is known for this name"})});
    return answer;
}

void SealedListener::tellKey(const std::string& name, const Identity& identity) {
    if (keysTold_.size() >= kMostNotices || !keysTold_.insert(identity).second) return;
    Event event;
    event.type = EventType::Key;
    event.user = name;
    event.trust = Trust::Bad;
    event.text = noise::fingerprint(identity);
    reader_.tell(event);
}

void SealedListener::askIndex(TimePoint now, Sink& sink) {
    for (const std::string& name : std::exchange(toAsk_, {})) link_.lookup(name, now, sink);
}

/// The index's word about a name that somebody uses whom nobody here knows: it is that key's, or
/// nobody's.
void SealedListener::vouch(const std::string& name, const std::optional<Identity>& his,
                           TimePoint now, Sink& sink) {
    auto asked = strangers_.extract(name);
    if (asked.empty()) return;
    for (const Identity& identity : asked.mapped()) {
        if (his == identity && pins_.pin(name, identity) == Trust::New)
            newcomers_[identity] = {name, {}};
        else if (his != identity && impostors_.size() < kMostNotices)
            impostors_[identity] = name;
        transport_.reconsider(identity, now, sink);
    }
}

void SealedListener::found(const FoundPeer& peer, TimePoint now, Sink& sink) {
    std::optional<Identity> his;
    if (peer.card) his = peer.card->identity();
    vouch(peer.name, his, now, sink);
}

/// Who only sends is not logged in, as a rule.
void SealedListener::owned(std::string_view name, const noise::IdentityKey& identity, TimePoint now,
                           Sink& sink) {
    vouch(std::string(name), identity, now, sink);
}

/// Nobody vouches: the INIT runs out, and its repetition asks again.
void SealedListener::notFound(std::string_view name, NotFound, TimePoint, Sink&) {
    const auto asked = strangers_.find(name);
    if (asked != strangers_.end()) strangers_.erase(asked);
}

SealedListener::Person& SealedListener::meet(const sealed::Card& card, Trust trust,
                                             const Endpoint& at) {
    if (people_.size() >= kMostPeople) forgetSomebody();
    auto [place, isNew] = people_.try_emplace(card.identity(), Person{card, trust, at, 0});
    Person& person = place->second;
    person.card = card;
    if (const auto newcomer = newcomers_.find(card.identity());
        trust == Trust::New && newcomer != newcomers_.end())
        newcomer->second.key = card.sessionKey();
    // The process with which he was pinned stays new.
    if (person.sessions == 0) person.trust = trust;
    if (person.sessions == 0) person.endpoint = at;
    return person;
}

/// Somebody who is not here now: whatever he sent is written, or he comes again.
void SealedListener::forgetSomebody() {
    const auto gone =
        std::ranges::find_if(people_, [](const auto& one) { return one.second.sessions == 0; });
    if (gone != people_.end()) people_.erase(gone);
}

void SealedListener::confirmed(wire::SessionIndex session, const sealed::Card& peer,
                               const wire::Records&, TimePoint now, Sink& sink) {
    const Trust trust = judge(peer);
    if (trust == Trust::Absent || trust == Trust::Bad)
        return transport_.close(session, wire::CloseCode::Denied, "another key is known", now,
                                sink);
    Person& person = meet(peer, trust, transport_.session(session)->peer().to);
    ++person.sessions;
    person.endpoint = transport_.session(session)->peer().to;
    sessions_[session] = {peer, person.endpoint};
}

// What is said.

void SealedListener::received(wire::SessionIndex session, const wire::Records& records,
                              std::uint64_t counter, TimePoint now, Sink& sink) {
    if (link_.owns(session)) return link_.received(session, records, now, sink);
    const auto known = sessions_.find(session);
    if (known == sessions_.end()) return;
    const auto person = people_.find(known->second.card.identity());
    const bool isPinned = person != people_.end() && person->second.trust != Trust::New;
    const StreamSource source{known->second.card.identity(), isPinned, session, counter};
    for (const wire::Record& record : records)
        if (const auto* data = std::get_if<wire::DataRecord>(&record))
            takeData(source, *data, now, &sink);
}

void SealedListener::takeData(const StreamSource& source, const wire::DataRecord& data,
                              TimePoint now, Sink* sink) {
    const StreamTable::Verdict verdict = streams_.receive(source, data, now);
    if (sink == nullptr || source.session == kNoSession) return;
    const auto session = static_cast<wire::SessionIndex>(source.session);
    if (verdict == StreamTable::Verdict::TooLong)
        transport_.close(session, wire::CloseCode::Limit, "too long", now, *sink);
    else if (verdict == StreamTable::Verdict::Malformed)
        transport_.close(session, wire::CloseCode::Protocol, {}, now, *sink);
    else
        return;
    sealed::Ending const why = sealed::Ending::Protocol;
    closed(session, 0, why, wire::CloseCode::Protocol, {}, now, *sink);
}

/// Presence that was known before comes before.
void SealedListener::tellPresence() {
    for (const Event& event : link_.presence().takeEvents()) reader_.tell(event);
}

void SealedListener::showAll(bool isHurried, TimePoint now) {
    if (link_.presence().isHolding()) return;
    while (pending_.size() < kMostUnwritten) {
        const auto delivery = streams_.take();
        if (!delivery) return settle(now);
        pending_.push_back(showOne(*delivery, isHurried && pending_.empty()));
        if (pending_.front() != Shown::Later) settle(now);
    }
    streams_.setBlocked(true);
}

/// Tells the streams what is written, as far as all before it is.
void SealedListener::settle(TimePoint now) {
    while (!pending_.empty() && pending_.front() != Shown::Later) {
        const Shown what = pending_.front();
        std::size_t count = 0;
        for (; !pending_.empty() && pending_.front() == what; ++count) pending_.pop_front();
        if (what == Shown::Written)
            streams_.written(count, now);
        else
            streams_.passedOver(count, now);
    }
}

/// What is no message of his is done with unseen.
Shown SealedListener::showOne(const StreamDelivery& delivery, bool isHurried) {
    const auto known = people_.find(delivery.sender);
    if (known == people_.end()) return Shown::Written;
    const Person& person = known->second;
    // Somebody may have several processes; what came in an INIT is of the one met last.
    const auto session = sessions_.find(static_cast<wire::SessionIndex>(delivery.session));
    const bool isHere = session != sessions_.end();
    const sealed::Card& card = isHere ? session->second.card : person.card;
    const Endpoint& endpoint = isHere ? session->second.endpoint : person.endpoint;
    Event event;
    event.user = card.body.name;
    event.trust = person.trust;
    event.endpoint = endpoint;
    event.sequence = delivery.number;
    if (delivery.gapUntil) {
        event.type = EventType::Gap;
        event.text = std::to_string(delivery.number) + "-" + std::to_string(*delivery.gapUntil);
        tellPresence();
        return reader_.show(event, isHurried);
    }
    const auto talk = parseTalk(delivery.bytes);
    if (!talk || talk->from != card.body.name) return Shown::Written;
    event.type = EventType::Talk;
    event.id = messageId(delivery.stream, delivery.number);
    event.sent = std::string(talk->time);
    event.text = std::string(asText(talk->text));
    tellPresence();
    if (talk->kind == TalkKind::Ask) reader_.asked({event.id, card, endpoint});
    return reader_.show(event, isHurried);
}

void SealedListener::written(std::size_t count, TimePoint now, Sink& sink) {
    decide(count, Shown::Written, now, sink);
}

void SealedListener::unseen(std::size_t count, TimePoint now, Sink& sink) {
    decide(count, Shown::Unseen, now, sink);
}

void SealedListener::decide(std::size_t count, Shown what, TimePoint now, Sink& sink) {
    for (auto one = pending_.begin(); count > 0 && one != pending_.end(); ++one) {
        if (*one != Shown::Later) continue;
        *one = what;
        --count;
    }
    settle(now);
    if (pending_.size() < kMostUnwritten) streams_.setBlocked(false);
    showAll(false, now);
    sendAcks(now, sink);
}

std::size_t SealedListener::unwritten() const {
    return static_cast<std::size_t>(std::ranges::count(pending_, Shown::Later));
}

void SealedListener::sendAcks(TimePoint now, Sink& sink) {
    while (auto ack = streams_.nextAck(now)) acks_.push_back(*ack);
    for (const StreamAck& ack : std::exchange(acks_, {})) {
        if (ack.session == kNoSession) continue;  // he asks again in his session
        Bytes records;
        wire::appendRecord(records, ack.record);
        transport_.send(static_cast<wire::SessionIndex>(ack.session), records, now, sink);
    }
}

// Classic.

void SealedListener::takeClassic(const Datagram& datagram) {
    if (datagram.truncated) return;
    auto message = wire::decodeClassic(datagram.bytes);
    if (!message) return;
    auto* talk = std::get_if<wire::Talk>(&*message);
    if (talk == nullptr) return;
    if (!options_.allowClassic)
        return noticeOnce(datagram.from.address,
                          "somebody at " + datagram.from.address.toString() +
                              " speaks classic, which nobody can vouch for: not shown");
    const bool isPinned = pins_.of(talk->sender) != Trust::New;
    if (isPinned || talk->sender == options_.link.self.view())
        return noticeOnce(datagram.from.address,
                          "somebody at " + datagram.from.address.toString() +
                              " speaks classic under a name whose key is known: not shown");
    Event event = talkEvent(std::move(*talk), datagram.from);
    event.trust = Trust::None;
    tellPresence();
    reader_.tell(event);
}

void SealedListener::noticeOnce(const Address& source, const std::string& text) {
    if (noticed_.size() < kMostNotices && noticed_.insert(source).second) reader_.notice(text);
}

// The transport's events that are passed on.

void SealedListener::established(wire::SessionIndex session, const sealed::Card&,
                                 const wire::Records& records, TimePoint now, Sink& sink) {
    if (link_.owns(session)) link_.established(session, records, now, sink);
}

void SealedListener::unanswered(wire::SessionIndex session, TimePoint now, Sink& sink) {
    if (link_.owns(session)) link_.unanswered(session, now, sink);
}

void SealedListener::cardRefreshed(wire::SessionIndex session, const sealed::Card& card) {
    if (link_.owns(session)) link_.cardRefreshed(card);
}

void SealedListener::moved(wire::SessionIndex session, const Destination& to, TimePoint, Sink&) {
    const auto known = sessions_.find(session);
    if (known == sessions_.end()) return;
    known->second.endpoint = to.to;
    if (const auto person = people_.find(known->second.card.identity()); person != people_.end())
        person->second.endpoint = to.to;
}

void SealedListener::rekeyDue(wire::SessionIndex session, TimePoint now, Sink& sink) {
    if (link_.owns(session)) link_.rekeyDue(session, now, sink);
}

void SealedListener::closed(wire::SessionIndex session, std::uint64_t, sealed::Ending why,
                            wire::CloseCode code, std::string_view text, TimePoint now,
                            Sink& sink) {
    if (link_.owns(session)) return link_.closed(session, why, code, text, now, sink);
    const auto known = sessions_.extract(session);
    if (known.empty()) return;
    const auto person = people_.find(known.mapped().card.identity());
    if (person == people_.end()) return;
    if (--person->second.sessions == 0) newcomers_.erase(known.mapped().card.identity());
}

void SealedListener::keyRotated(const sealed::Card&, TimePoint now, Sink& sink) {
    streams_.beginKey();
    link_.cardChanged(now, sink);
}

void SealedListener::keyRetired(std::uint32_t) {
    streams_.endOldKeys();
}

}  // namespace im::talk
