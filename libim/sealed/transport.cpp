// SPDX-License-Identifier: BSL-1.0
#include "libim/sealed/transport.hpp"

#include "libim/base/overloaded.hpp"
#include "libim/sealed/limits.hpp"

#include <cassert>
#include <utility>
#include <variant>
#include <vector>

namespace im::sealed {

namespace {

// All sessions are looked at once in so many steps, one a second: age and silence are noticed
// that much late at most, and a session that is dead does not open in between.
constexpr std::size_t kSweepParts = 8;
constexpr Duration kSweepStep = 1s;
// Fewer are looked at all at once.
constexpr std::size_t kFewSessions = 4'096;

}  // namespace

Settings clientSettings() {
    Settings settings;
    settings.idle = kPeerIdle;
    return settings;
}

Settings indexSettings(std::size_t maxUsers) {
    Settings settings;
    settings.maxSessions = 2 * maxUsers + 1'024;  // a user has two while he replaces one
    settings.accept.unconfirmed = 65'536;
    settings.accept.answers = 65'536;
    settings.accept.initsPerTurn = kInitsPerTurn;
    settings.accept.initsPutOff = kInitsPutOff;
    settings.accept.hintsToStrangers = true;
    return settings;
}

Transport::Transport(const Settings& settings, Holder holder, CardClock clock,
                     noise::Random& random, TransportEvents& events, TimePoint now)
    : settings_(settings),
      random_(random),
      events_(events),
      keys_(std::move(holder), random, clock, now),
      connector_(keys_, random),
      acceptor_(
          settings.accept, keys_, random, events, [this] { return drawIndex(); }, now),
      paths_(random),
      nextSweep_(now + kSweepStep) {}

wire::SessionIndex Transport::drawIndex() {
    for (;;) {
        const wire::SessionIndex index = random_.number32();
        if (index != 0 && table_.find(index) == nullptr && acceptor_.find(index) == nullptr &&
            !connector_.has(index))
            return index;
    }
}

/// An hour, give or take 10 %, so that sessions that began together do not end together.
Duration Transport::drawRekey() {
    const auto percent = static_cast<Duration::rep>(90 + random_.number32() % 21);
    return kRekeyAfter / 100 * percent;
}

void Transport::receive(const Datagram& datagram, TimePoint now, Sink& sink) {
    take(datagram, wire::kMaxUdpPayload, now, sink);
}

void Transport::receiveTcp(const Datagram& frame, TimePoint now, Sink& sink) {
    take(frame, wire::kMaxTcpFrame, now, sink);
}

void Transport::take(const Datagram& datagram, std::size_t maxBox, TimePoint now, Sink& sink) {
    const auto frame = wire::parseFrame(datagram.bytes, maxBox);
    if (datagram.truncated || !frame) return add(Count::NotFrame);
    const Destination from{datagram.from, datagram.via};
    std::visit(
        Overloaded{[&](const wire::InitFrame& init) { acceptor_.receive(init, from, now, sink); },
                   [&](const wire::RespFrame& resp) { takeResp(resp, from, now, sink); },
                   [&](const wire::HintFrame& hint) { takeHint(hint, from, now, sink); },
                   [&](const wire::BoxFrame& box) {
                       takeBox({box, from, datagram.bytes.size()}, now, sink);
                   }},
        *frame);
}

void Transport::takeResp(const wire::RespFrame& resp, const Destination& from, TimePoint now,
                         Sink& sink) {
    if (!connector_.has(resp.receiver)) return add(Count::UnknownIndex);
    if (!connector_.wasSentTo(resp.receiver, from)) return add(Count::NotFromThere);
    auto answered = connector_.receive(resp);
    if (!answered) return add(Count::NotAuthentic);
    const auto records = wire::Records::parse(answered->answer.records);
    if (!records || table_.size() >= settings_.maxSessions) {
        add(records ? Count::Full : Count::NotAuthentic);
        return events_.unanswered(resp.receiver, now, sink);
    }
    Session::Beginning beginning;
    beginning.local = resp.receiver;
    beginning.remote = answered->answer.remote;
    beginning.role = noise::Role::Initiator;
    beginning.peer = from;
    beginning.at = now;
    beginning.rekeyAfter = drawRekey();
    table_.insert(Session(beginning, std::move(answered->answer.ciphers)));
    events_.established(resp.receiver, answered->peer, *records, now, sink);
}

void Transport::takeHint(const wire::HintFrame& hint, const Destination& from, TimePoint now,
                         Sink& sink) {
    if (!connector_.has(hint.receiver)) return add(Count::UnknownIndex);
    const auto card = connector_.receive(hint, from, now, sink);
    if (card) events_.cardRefreshed(hint.receiver, *card);
}

void Transport::takeBox(const Arrival& arrival, TimePoint now, Sink& sink) {
    Session* session = table_.find(arrival.box.receiver);
    if (session == nullptr) {
        Unconfirmed* unconfirmed = acceptor_.find(arrival.box.receiver);
        if (unconfirmed == nullptr) return add(Count::UnknownIndex);
        return takeFirstBox(*unconfirmed, arrival, now, sink);
    }
    if (session->isDead(now))
        return end(session->local(), Ending::Age, wire::CloseCode::Expired, {}, now, sink);
    const bool newest = arrival.box.counter >= session->nextExpected();
    if (!session->open(arrival.box, opened_, now)) return add(Count::NotAuthentic);
    followPeer(*session, arrival, newest, now, sink);
    takeRecords(arrival, now, sink);
}

/// R1: this proves a fresh peer that has got our RESP.  Only from where the RESP was sent: what is
/// known of another address is nothing, and the session's traffic will go there.
void Transport::takeFirstBox(Unconfirmed& unconfirmed, const Arrival& arrival, TimePoint now,
                             Sink& sink) {
    if (!acceptor_.wasAnswered(unconfirmed, arrival.from)) return add(Count::NotFromThere);
    if (table_.size() >= settings_.maxSessions) return add(Count::Full);
    if (!unconfirmed.session.open(arrival.box, opened_, now)) return add(Count::NotAuthentic);
    Unconfirmed proven = acceptor_.take(arrival.box.receiver);
    proven.session.moveTo(arrival.from);
    table_.insert(std::move(proven.session));
    const auto early = wire::Records::parse(proven.early);
    assert(early);
    events_.confirmed(arrival.box.receiver, proven.peer, *early, now, sink);
    takeRecords(arrival, now, sink);
}

/// The newest authentic frame decides where the peer is, once it has proved to be there.
void Transport::followPeer(Session& session, const Arrival& arrival, bool newest, TimePoint now,
                           Sink& sink) {
    if (!newest) return;
    if (sameAddress(session.peer(), arrival.from)) {
        session.moveTo(arrival.from);
        return paths_.forget(session.local());
    }
    const wire::PingBytes opaque = paths_.heard(session.local(), arrival.from, arrival.bytes);
    Bytes records;
    wire::appendRecord(records, wire::PingRecord{opaque});
    sendTo(session.local(), arrival.from, records, now, sink);
}

/// What opened_ holds.  The owner may close the session in any of its events.
void Transport::takeRecords(const Arrival& arrival, TimePoint now, Sink& sink) {
    add(Count::Boxes);
    const wire::SessionIndex index = arrival.box.receiver;
    Bytes held = std::move(opened_);  // an event may lead back here
    const auto records = wire::Records::parse(held);
    if (!records) {
        Bytes farewell;
        wire::appendRecord(farewell, wire::CloseRecord{wire::CloseCode::Protocol, {}});
        sendTo(index, arrival.from, farewell, now, sink);
        return end(index, Ending::Protocol, wire::CloseCode::Protocol, {}, now, sink);
    }
    std::optional<wire::CloseRecord> farewell;
    for (const wire::Record& record : *records) {
        if (const auto* ping = std::get_if<wire::PingRecord>(&record))
            answerPing(*ping, arrival, now, sink);
        if (const auto* pong = std::get_if<wire::PongRecord>(&record))
            takePong(*pong, arrival, now, sink);
        if (const auto* close = std::get_if<wire::CloseRecord>(&record)) farewell = *close;
    }
    if (table_.find(index) != nullptr)
        events_.received(index, *records, arrival.box.counter, now, sink);
    if (farewell && table_.find(index) != nullptr)
        end(index, Ending::ByPeer, farewell->code, farewell->text, now, sink);
    opened_ = std::move(held);
}

void Transport::answerPing(const wire::PingRecord& ping, const Arrival& arrival, TimePoint now,
                           Sink& sink) {
    if (!events_.answersPing(arrival.box.receiver, ping.opaque)) return;
    Bytes records;
    wire::appendRecord(records, wire::PongRecord{ping.opaque, rosterVersion_});
    sendTo(arrival.box.receiver, arrival.from, records, now, sink);
}

void Transport::takePong(const wire::PongRecord& pong, const Arrival& arrival, TimePoint now,
                         Sink& sink) {
    Session* session = table_.find(arrival.box.receiver);
    if (session == nullptr || !paths_.proves(session->local(), arrival.from, pong.opaque)) return;
    session->moveTo(arrival.from);
    events_.moved(arrival.box.receiver, arrival.from, now, sink);
}

/// To the peer's address, or to a candidate as far as its budget goes.
void Transport::sendTo(wire::SessionIndex index, const Destination& to, BytesView records,
                       TimePoint now, Sink& sink) {
    Session* session = table_.find(index);
    if (session == nullptr || session->isDead(now)) return;
    if (!sameAddress(session->peer(), to) &&
        !paths_.spend(index, to, wire::kBoxOverhead + records.size()))
        return;
    Bytes frame;
    if (session->seal(records, frame)) sink.send(to, frame);
}

void Transport::end(wire::SessionIndex index, Ending why, wire::CloseCode code,
                    std::string_view text, TimePoint now, Sink& sink) {
    const Session* session = table_.find(index);
    assert(session != nullptr);
    const std::uint64_t owner = session->owner;
    table_.erase(index);
    paths_.forget(index);
    events_.closed(index, owner, why, code, text, now, sink);
}

void Transport::tick(TimePoint now, Sink& sink) {
    acceptor_.tick(now, sink);
    for (const wire::SessionIndex index : connector_.tick(now, sink))
        events_.unanswered(index, now, sink);
    if (const auto generation = keys_.retire(now)) events_.keyRetired(*generation);
    if (keys_.due(now)) rotateKey(now, sink);
    if (now >= nextSweep_) sweep(now, sink);
}

void Transport::sweep(TimePoint now, Sink& sink) {
    nextSweep_ = now + kSweepStep;
    struct Gone {
        wire::SessionIndex index;
        Ending why;
    };
    std::vector<Gone> gone;
    std::vector<wire::SessionIndex> old;
    const std::size_t parts = table_.size() < kFewSessions ? 1 : kSweepParts;
    table_.visitSome(parts, [&](Session& session) {
        if (session.isDead(now)) {
            gone.push_back({session.local(), Ending::Age});
        } else if (settings_.idle && now - session.lastHeard() >= *settings_.idle) {
            gone.push_back({session.local(), Ending::Idle});
        } else if (session.wantsRekey(now)) {
            session.rekeyTold();
            old.push_back(session.local());
        }
    });
    for (const Gone& one : gone)
        if (table_.find(one.index) != nullptr)
            end(one.index, one.why, wire::CloseCode::Expired, {}, now, sink);
    for (const wire::SessionIndex index : old)
        if (table_.find(index) != nullptr) events_.rekeyDue(index, now, sink);
}

std::optional<TimePoint> Transport::nextDeadline() const {
    std::optional<TimePoint> next = earlier(connector_.nextDeadline(), acceptor_.nextDeadline());
    next = earlier(next, keys_.nextDeadline());
    if (table_.size() > 0) next = earlier(next, nextSweep_);
    return next;
}

}  // namespace im::sealed
