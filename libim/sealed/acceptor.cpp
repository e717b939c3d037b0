// SPDX-License-Identifier: BSL-1.0
#include "libim/sealed/acceptor.hpp"

#include "libim/base/little_endian.hpp"
#include "libim/sealed/limits.hpp"
#include "libim/sealed/path_validation.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace im::sealed {

namespace {

/// The TEXT records among `records`.
Bytes textOf(BytesView records) {
    Bytes text;
    const auto parsed = wire::Records::parse(records);
    assert(parsed);
    for (const wire::Record& record : *parsed)
        if (const auto* one = std::get_if<wire::TextRecord>(&record))
            wire::appendRecord(text, *one);
    return text;
}

/// To be parsed again.
Bytes frameOf(const wire::InitFrame& init) {
    Bytes frame(init.macced.begin(), init.macced.end());
    append(frame, init.mac1);
    return frame;
}

/// Whether the RESP with these records is within a frame and within three times the INIT.
bool fits(BytesView records, const wire::InitFrame& init) {
    const std::size_t asked = init.macced.size() + sizeof init.mac1;
    return records.size() <= Responder::kRoom &&
           records.size() + wire::kRespOverhead <= kUnprovenFactor * asked;
}

}  // namespace

Acceptor::Acceptor(const Limits& limits, SessionKeys& keys, noise::Random& random,
                   TransportEvents& events, DrawIndex draw, TimePoint now)
    : limits_(limits),
      keys_(keys),
      random_(random),
      events_(events),
      draw_(std::move(draw)),
      gate_(limits.initsPerSecond, random, now),
      answers_(limits.answers, random) {}

void Acceptor::receive(const wire::InitFrame& init, const Destination& from, TimePoint now,
                       Sink& sink) {
    const SessionKey* own = keys_.matching(init.macced, init.mac1);
    if (own == nullptr) return refuseStranger(init, from, now, sink);
    switch (gate_.judge(from.to, init.token, now)) {
        case InitGate::Verdict::Drop:
            return;
        case InitGate::Verdict::AskForToken:
            sink.send(from, wire::encodeHint(init.sender, gate_.tokenFor(from.to, now)));
            return;
        case InitGate::Verdict::Pass:
            break;
    }
    const RespStore::Key key = answers_.keyOf(init);
    if (repeatAnswer(key, from, sink) || isWaiting(key)) return;
    if (openedThisTurn_ >= limits_.initsPerTurn || !putOff_.empty()) return putOff(init, from, now);
    ++openedThisTurn_;
    open(init, *own, key, from, now, sink);
}

void Acceptor::putOff(const wire::InitFrame& init, const Destination& from, TimePoint now) {
    if (putOff_.size() >= limits_.initsPutOff) return void(++counters_.shed);
    ++counters_.putOff;
    putOff_.push_back({frameOf(init), from, now});
}

/// What was judged when they came is not judged again, but much may have happened since.
void Acceptor::goOnWithPutOff(TimePoint now, Sink& sink) {
    for (openedThisTurn_ = 0; openedThisTurn_ < limits_.initsPerTurn && !putOff_.empty();) {
        const PutOff one = std::move(putOff_.front());
        putOff_.pop_front();
        const auto frame = wire::parseFrame(one.frame);
        assert(frame);
        const auto& init = std::get<wire::InitFrame>(*frame);
        const SessionKey* own = keys_.matching(init.macced, init.mac1);
        const RespStore::Key key = answers_.keyOf(init);
        if (own == nullptr || repeatAnswer(key, one.from, sink) || isWaiting(key)) continue;
        ++openedThisTurn_;
        open(init, *own, key, one.from, now, sink);
    }
}

/// Its mac1 fits no key of ours: noise, or somebody with an old card.
void Acceptor::refuseStranger(const wire::InitFrame& init, const Destination& from, TimePoint now,
                              Sink& sink) {
    if (limits_.hintsToStrangers) hint(init.sender, from, now, sink);
}

void Acceptor::hint(wire::SessionIndex to, const Destination& from, TimePoint now, Sink& sink) {
    if (!gate_.mayHint(from.to, now)) return;
    sink.send(from, wire::encodeHint(to, gate_.tokenFor(from.to, now), keys_.current().card.bytes));
}

bool Acceptor::repeatAnswer(const RespStore::Key& key, const Destination& from, Sink& sink) {
    RespStore::Entry* entry = answers_.find(key);
    if (entry == nullptr) return false;
    auto& sentTo = entry->sentTo;
    const bool known =
        std::ranges::any_of(sentTo, [&](const Destination& at) { return sameAddress(at, from); });
    if (!known && sentTo.size() >= kRespAddresses) return true;
    if (!known) sentTo.push_back(from);
    sink.send(from, entry->frame);
    return true;
}

void Acceptor::open(const wire::InitFrame& init, const SessionKey& own, const RespStore::Key& key,
                    const Destination& from, TimePoint now, Sink& sink) {
    auto responder = Responder::open(init, own, keys_, random_, now);
    if (!responder) return;
    keys_.countHandshake();
    const Answer said =
        events_.introduced({responder->peer(), responder->records(), from, own.generation}, now);
    switch (said.what) {
        case Answer::What::Ignore:
            return;
        case Answer::What::Wait:
            return keepWaiting(init, responder->peer().identity(), key, from, now);
        case Answer::What::Respond:
            break;
    }
    const BytesView records = fits(said.records, init) ? BytesView(said.records) : BytesView();
    sink.send(from, answer(*responder, own, key, said.owner, records, from, now));
}

/// Makes the unconfirmed session and stores its RESP, which is returned.
Bytes Acceptor::answer(Responder& responder, const SessionKey& own, const RespStore::Key& key,
                       std::uint64_t owner, BytesView records, const Destination& from,
                       TimePoint now) {
    makeRoom();
    Session::Beginning beginning;
    beginning.local = draw_();
    beginning.role = noise::Role::Responder;
    beginning.remote = responder.remote();
    beginning.peer = from;
    beginning.at = now;
    Responder::Answer sealed = responder.respond(beginning.local, records);
    Session session(beginning, std::move(sealed.ciphers));
    session.owner = owner;
    answers_.insert(key, {sealed.frame, beginning.local, {from}}, now);
    unconfirmed_.emplace(beginning.local,
                         Unconfirmed{std::move(session), responder.peer(),
                                     textOf(responder.records()), key, own.generation});
    ages_.push_back({now + kUnconfirmedLifetime, beginning.local});
    return std::move(sealed.frame);
}

/// The oldest goes: under a flood of true INITs a newcomer has as long as the table is deep.
void Acceptor::makeRoom() {
    while (unconfirmed_.size() >= limits_.unconfirmed && !ages_.empty()) {
        unconfirmed_.erase(ages_.front().index);
        ages_.pop_front();
    }
}

bool Acceptor::isWaiting(const RespStore::Key& key) const {
    return std::ranges::any_of(waiting_, [&](const Waiting& one) { return one.key == key; });
}

void Acceptor::keepWaiting(const wire::InitFrame& init, const IdentityKey& sender,
                           const RespStore::Key& key, const Destination& from, TimePoint now) {
    if (waiting_.size() >= kMaxWaiting) return;
    waiting_.push_back({key, sender, frameOf(init), from, now + kWaitingLifetime});
}

void Acceptor::reconsider(const IdentityKey& sender, TimePoint now, Sink& sink) {
    const auto theirs = [&](const Waiting& one) { return one.sender == sender; };
    std::vector<Waiting> again;
    std::ranges::copy_if(waiting_, std::back_inserter(again), theirs);
    std::erase_if(waiting_, theirs);
    for (const Waiting& one : again) {
        if (one.until <= now) continue;
        const auto frame = wire::parseFrame(one.frame);
        assert(frame);
        const auto& init = std::get<wire::InitFrame>(*frame);
        // K may have been retired meanwhile.
        if (const SessionKey* own = keys_.matching(init.macced, init.mac1))
            open(init, *own, one.key, one.from, now, sink);
    }
}

Unconfirmed* Acceptor::find(wire::SessionIndex index) {
    const auto found = unconfirmed_.find(index);
    return found == unconfirmed_.end() ? nullptr : &found->second;
}

bool Acceptor::wasAnswered(const Unconfirmed& unconfirmed, const Destination& at) {
    const RespStore::Entry* entry = answers_.find(unconfirmed.init);
    if (entry == nullptr) return sameAddress(unconfirmed.session.peer(), at);
    return std::ranges::any_of(entry->sentTo,
                               [&](const Destination& to) { return sameAddress(to, at); });
}

Unconfirmed Acceptor::take(wire::SessionIndex index) {
    auto node = unconfirmed_.extract(index);
    assert(!node.empty());
    return std::move(node.mapped());
}

void Acceptor::tick(TimePoint now, Sink& sink) {
    goOnWithPutOff(now, sink);
    answers_.expire(now);
    while (!ages_.empty() && ages_.front().until <= now) {
        unconfirmed_.erase(ages_.front().index);
        ages_.pop_front();
    }
    while (!waiting_.empty() && waiting_.front().until <= now) waiting_.pop_front();
}

std::optional<TimePoint> Acceptor::nextDeadline() const {
    std::optional<TimePoint> next = answers_.nextDeadline();
    if (!ages_.empty()) next = earlier(next, ages_.front().until);
    if (!waiting_.empty()) next = earlier(next, waiting_.front().until);
    if (!putOff_.empty()) next = earlier(next, putOff_.front().at);
    return next;
}

}  // namespace im::sealed
