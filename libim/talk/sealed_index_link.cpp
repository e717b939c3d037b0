// SPDX-License-Identifier: BSL-1.0
// The session and its time.  What the index says is in sealed_index_link_news.cpp.
#include "libim/talk/sealed_index_link.hpp"

#include "libim/talk/limits.hpp"
#include "libim/wire/sealed_codec.hpp"

#include <algorithm>
#include <cassert>
#include <span>
#include <utility>
#include <variant>

namespace im::talk {

SealedIndexLink::SealedIndexLink(Options options, sealed::Card index, sealed::Transport& transport,
                                 noise::Random& random, Pins& pins, IndexLinkEvents& events)
    : options_(std::move(options)),
      card_(std::move(index)),
      transport_(transport),
      random_(random),
      pins_(pins),
      events_(events),
      jitter_(options_.seed),
      probe_(options_.index),
      presence_(options_.self, pins, options_.rosterFirst) {}

// Beginning and ending.

void SealedIndexLink::start(TimePoint now, Sink& sink) {
    state_ = State::Connecting;
    retryGap_ = kReconnectFirst;
    silent_.set(now + options_.patience);
    connect(now, sink);
}

void SealedIndexLink::adopt(const Contacts& known, TimePoint now, Sink& sink) {
    presence_.beginWith(known);
    isAdopted_ = true;
    start(now, sink);
}

/// What the INIT carries takes effect when it is confirmed (login), or may be answered at once.
void SealedIndexLink::connect(TimePoint now, Sink& sink) {
    if (connecting_ != 0) transport_.cancel(connecting_);
    std::string text;
    if (options_.login)
        text = wire::encodeSealed(
            wire::SealedLogin{options_.self.str(), options_.local, wire::UserFlags{}});
    else if (options_.wantsRoster && !presence_.hasRoster())
        text = wire::encodeSealed(wire::RosterRequest{0, {}});
    lookups_.restart(now);
    const std::size_t room = transport_.roomInInit() - wire::kRecordHeader - text.size() - 1;
    const std::string questions = lookups_.due(room, now);
    if (!text.empty() && !questions.empty()) text += '\n';
    text += questions;
    Bytes records;
    if (!text.empty()) wire::appendRecord(records, wire::TextRecord{text});
    const auto session =
        transport_.connect(card_, std::span(&options_.index, 1), records, now, sink);
    connecting_ = session.value_or(0);
    doubt_.set(now + kDoubtCard);
    if (!session) retryLater(now);
}

bool SealedIndexLink::hasEnded() const {
    return state_ != State::Connecting && state_ != State::Online && state_ != State::Lost;
}

void SealedIndexLink::finish(State state) {
    state_ = state;
    if (connecting_ != 0) transport_.cancel(std::exchange(connecting_, 0));
    probe_.stop();
    for (Timer* timer : {&ping_, &silent_, &doubt_, &retry_, &sync_, &rosterAgain_, &rosterStall_})
        timer->stop();
    isPinging_ = isConfirmed_ = false;
}

void SealedIndexLink::logout(TimePoint now, Sink& sink) {
    if (hasEnded()) return;
    const wire::SessionIndex session = session_;
    if (session != 0 && transport_.session(session) != nullptr) {
        if (options_.login)
            sayGoodbye(now, sink);
        else
            transport_.close(session, wire::CloseCode::Bye, {}, now, sink);
    }
    finish(State::LoggedOut);
    session_ = 0;
}

/// `logout` and CLOSE in one frame, because the network may turn two around; and that twice,
/// because it may lose one.
void SealedIndexLink::sayGoodbye(TimePoint now, Sink& sink) {
    Bytes records;
    const std::string logout =
        wire::encodeSealed(wire::Logout{options_.self.str(), accept_.observed});
    wire::appendRecord(records, wire::TextRecord{logout});
    wire::appendRecord(records, wire::CloseRecord{});
    for (int twice = 0; twice < 2; ++twice) transport_.send(session_, records, now, sink);
    transport_.supersede(session_, now);
}

/// `busy`, `rate` and `later` ask for a wait, the others are an answer.
void SealedIndexLink::refuse(wire::Reject why, TimePoint now, Sink& sink) {
    const bool isForNow = why.code == "busy" || why.code == "rate" || why.code == "later";
    refusal_ = std::move(why);
    if (session_ != 0)
        transport_.close(std::exchange(session_, 0), wire::CloseCode::Bye, {}, now, sink);
    isPinging_ = isConfirmed_ = false;
    ping_.stop();
    if (!isForNow) return finish(State::Refused);
    retryLater(now);
}

void SealedIndexLink::retryLater(TimePoint now) {
    retry_.set(now + jitter_.about(retryGap_, kRetryJitter));
    retryGap_ = std::min(retryGap_ * 2, kReconnectMost);
}

/// After the end of an index everybody comes back, but not at once.
Duration SealedIndexLink::returnSpread() {
    const Duration all = std::min<Duration>(
        std::chrono::seconds(accept_.usersOnline / kReturnsPerSecond) + 1s, kReturnSpreadMost);
    return jitter_.about(all / 2, 1.0);
}

void SealedIndexLink::lose(std::string_view what, Duration retryIn, TimePoint now, Sink&) {
    isPinging_ = isConfirmed_ = false;
    ping_.stop();
    sync_.stop();
    session_ = 0;
    if (state_ == State::Online) {
        state_ = State::Lost;
        if (options_.login) presence_.tellServer(what);
    }
    retryGap_ = kReconnectFirst;
    retry_.set(now + retryIn);
}

void SealedIndexLink::comeOnline(TimePoint now, Sink& sink) {
    const bool isBack = state_ == State::Lost;
    state_ = State::Online;
    silent_.stop();
    doubt_.stop();
    retry_.stop();
    probe_.stop();
    retryGap_ = kReconnectFirst;
    if (isBack && options_.login) presence_.tellServer("back");
    if (options_.login)
        presence_.take(wire::SealedLogin{options_.self.str(), accept_.observed, {}});
    if (options_.login || options_.wantsRoster) {
        if (!presence_.hasRoster()) {
            wantRoster();
        } else if (options_.login && (presence_.version() != accept_.rosterVersion || isBack)) {
            syncTo_ = accept_.rosterVersion;
            sync(now, sink);
        }
    }
    lookups_.restart(now);  // the answer to what the INIT asked may have been too long for a RESP
    sendLookups(now, sink);
}

// The transport's events.

bool SealedIndexLink::owns(wire::SessionIndex session) const {
    return session != 0 && (session == connecting_ || session == session_ || session == older_ ||
                            session == rosterSession_);
}

void SealedIndexLink::established(wire::SessionIndex session, const wire::Records& records,
                                  TimePoint now, Sink& sink) {
    if (session == rosterSession_) {
        Bytes question;
        wire::appendRecord(question,
                           wire::TextRecord{wire::encodeSealed(wire::RosterRequest{0, {}})});
        transport_.send(session, question, now, rosterSink_);
        return;
    }
    connecting_ = 0;
    doubt_.stop();
    if (session_ != 0) {
        transport_.supersede(session_, now);
        older_ = session_;
    }
    session_ = session;
    isConfirmed_ = false;
    takeRecords(records, now, sink);
    if (session_ != session || hasEnded()) return;
    if (options_.login) return startPings(now, sink);
    comeOnline(now, sink);
}

void SealedIndexLink::unanswered(wire::SessionIndex session, TimePoint now, Sink&) {
    if (session == rosterSession_) return rosterFails(now);
    if (session != connecting_) return;
    connecting_ = 0;
    if (!hasEnded()) retryLater(now);
}

void SealedIndexLink::cardRefreshed(const sealed::Card& card) {
    card_ = card;
    pins_.pinIndex(card);
}

void SealedIndexLink::received(wire::SessionIndex session, const wire::Records& records,
                               TimePoint now, Sink& sink) {
    if (session == rosterSession_) return takeRosterRecords(records, now);
    if (session == older_ && session_ == 0 && state_ == State::Lost) revive(now, sink);
    // A BOX comes only from an index that has had one of ours.
    if (session == session_ && options_.login && !std::exchange(isConfirmed_, true))
        comeOnline(now, sink);
    takeRecords(records, now, sink);
}

/// The index was there all the time, and knows us still.
void SealedIndexLink::revive(TimePoint now, Sink& sink) {
    session_ = std::exchange(older_, 0);
    if (connecting_ != 0) transport_.cancel(std::exchange(connecting_, 0));
    isConfirmed_ = true;
    comeOnline(now, sink);
    startPings(now, sink);
}

void SealedIndexLink::rekeyDue(wire::SessionIndex session, TimePoint now, Sink& sink) {
    if (session == session_ && !hasEnded()) connect(now, sink);
}

void SealedIndexLink::closed(wire::SessionIndex session, sealed::Ending why, wire::CloseCode code,
                             std::string_view text, TimePoint now, Sink& sink) {
    if (session == std::exchange(older_, older_ == session ? 0 : older_)) return;
    if (session == rosterSession_) {
        rosterSession_ = 0;
        if (fetch_ == Fetch::UnderWay) rosterFails(now);
        return;
    }
    if (session != session_) return;
    session_ = 0;
    if (hasEnded()) return;
    if (why == sealed::Ending::ByPeer && code == wire::CloseCode::Replaced && options_.login)
        return finish(State::Replaced);
    if (why == sealed::Ending::ByPeer && code == wire::CloseCode::Denied) {
        refusal_ = {"denied", std::string(text)};
        return finish(State::Refused);
    }
    const bool isStopping = why == sealed::Ending::ByPeer && code == wire::CloseCode::Bye;
    if (!options_.login) {
        state_ = State::Idle;
        return;
    }
    lose(isStopping ? "stopping" : "lost", isStopping ? returnSpread() : Duration(), now, sink);
}

// Time.

bool SealedIndexLink::receive(const Datagram& datagram, TimePoint now, Sink& sink) {
    const auto card = probe_.receive(datagram, transport_.clock().own(now));
    if (!card) return false;
    if (*card) takeProbed(**card, now, sink);
    return true;
}

/// The card of whoever answers at the index's address.
void SealedIndexLink::takeProbed(const sealed::Card& card, TimePoint now, Sink& sink) {
    if (hasEnded() || isConfirmed_) return;
    if (card.identity() != card_.identity()) {
        changedKey_ = card.identity();
        return finish(State::KeyChanged);
    }
    if (card.sessionKey() == card_.sessionKey()) return;
    cardRefreshed(card);
    if (connecting_ != 0) connect(now, sink);
}

void SealedIndexLink::tick(TimePoint now, Sink& sink) {
    if (silent_.fired(now) && state_ == State::Connecting) beSilent(now, sink);
    (void)probe_.tick(now, sink);
    if (doubt_.fired(now) && connecting_ != 0 && !probe_.isUnderWay())
        probe_.start(now, random_, sink);
    if (retry_.fired(now)) connect(now, sink);
    if (sync_.fired(now) && presence_.version() < syncTo_) sync(now, sink);
    if (ping_.fired(now)) {
        if (isPinging_)
            pingUnanswered(now, sink);
        else
            startPings(now, sink);
    }
    if (!lookups_.empty()) {
        sendLookups(now, sink);
        for (const std::string& name : lookups_.givenUp(now))
            events_.notFound(name, NotFound::NoAnswer, now, sink);
    }
    if (rosterStall_.fired(now)) rosterFails(now);
    if (rosterAgain_.fired(now)) wantRoster();
}

void SealedIndexLink::beSilent(TimePoint now, Sink& sink) {
    if (isAdopted_) {
        state_ = State::Lost;
        presence_.goOn();
        return presence_.tellServer("lost");
    }
    finish(State::Silent);
    giveUpLookups(now, sink);
}

std::optional<TimePoint> SealedIndexLink::nextDeadline() const {
    std::optional<TimePoint> next = earlier(probe_.nextDeadline(), lookups_.nextDeadline());
    for (const Timer* timer :
         {&ping_, &silent_, &doubt_, &retry_, &sync_, &rosterStall_, &rosterAgain_})
        next = earlier(next, timer->at());
    return next;
}

// PING and PONG: confirmation, lease and the roster's version in one.

void SealedIndexLink::startPings(TimePoint now, Sink& sink) {
    isPinging_ = true;
    pingGap_ = kPingRetry;
    random_.fill(opaque_);
    ping(now, sink);
}

void SealedIndexLink::ping(TimePoint now, Sink& sink) {
    Bytes records;
    if (isCardNews_)
        wire::appendRecord(records, wire::CardRecord{transport_.keys().current().card.bytes});
    pingCarriesCard_ = isCardNews_;
    wire::appendRecord(records, wire::PingRecord{opaque_});
    transport_.send(session_, records, now, sink);
    ping_.set(now + pingGap_);
}

void SealedIndexLink::pingUnanswered(TimePoint now, Sink& sink) {
    pingGap_ *= 2;
    if (pingGap_ <= kPingGapMost) return ping(now, sink);
    older_ = session_;  // until something comes in it after all
    lose("lost", Duration(), now, sink);
}

void SealedIndexLink::takePong(const wire::PongRecord& pong, TimePoint now, Sink& sink) {
    if (!isPinging_ || pong.opaque != opaque_) return;
    isPinging_ = false;
    if (pingCarriesCard_) isCardNews_ = false;
    const bool isBehindNat = accept_.observed != options_.local;
    ping_.set(now + jitter_.about(isBehindNat ? kPingNat : kPingOpen, kPingJitter));
    if (options_.login && presence_.version() && pong.rosterVersion > *presence_.version())
        syncTo(pong.rosterVersion, now, sink);
    if (isCardNews_) startPings(now, sink);
}

void SealedIndexLink::cardChanged(TimePoint now, Sink& sink) {
    isCardNews_ = options_.login;
    pingCarriesCard_ = false;  // what is under way has the one before
    if (isCardNews_ && isConfirmed_) startPings(now, sink);
}

void SealedIndexLink::sendText(std::string_view text, TimePoint now, Sink& sink) {
    Bytes records;
    wire::appendRecord(records, wire::TextRecord{text});
    transport_.send(session_, records, now, sink);
}

}  // namespace im::talk
