// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/classic_listener.hpp"

#include "libim/base/overloaded.hpp"
#include "libim/talk/events.hpp"
#include "libim/wire/classic_codec.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <initializer_list>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace im::talk {

namespace {

constexpr double kProbeJitter = 0.1;
constexpr double kRetryJitter = 0.2;
constexpr double kRenewJitter = 0.1;

/// So long a roster is fetched as often as kProbeBytesPerSecond allows.
Duration probeGapFor(std::size_t rosterBytes) {
    const std::chrono::duration<double> gap(static_cast<double>(rosterBytes) /
                                            kProbeBytesPerSecond);
    const std::chrono::duration<double> most(kProbeIntervalMost);
    return std::max(kProbeInterval, std::chrono::duration_cast<Duration>(std::min(gap, most)));
}

/// Codes that say "not now", so that who was online before tries again.
bool isPassing(std::string_view code) {
    constexpr std::array<std::string_view, 4> kPassing{"busy", "full", "later", "rate"};
    return std::ranges::find(kPassing, code) != kPassing.end();
}

}  // namespace

ClassicListener::ClassicListener(Options options)
    : options_(std::move(options)),
      login_(wire::encodeClassic(wire::Login{options_.self.str(), options_.local})),
      logout_(wire::encodeClassic(wire::Logout{options_.self.str(), options_.local})),
      jitter_(options_.seed),
      news_(options_.self, options_.local, options_.rosterFirst) {
    assert(options_.local.port != 0);
}

bool ClassicListener::isListening() const {
    return state_ == State::LoggingIn || state_ == State::Online || state_ == State::Lost;
}

/// Timers belong to a state and end with it; a fetch under way ends when it is reported.
void ClassicListener::enter(State state) {
    state_ = state;
    for (Timer* timer : {&loginAgain_, &silent_, &lost_, &retry_, &probe_, &renew_}) timer->stop();
    unanswered_ = 0;
    if (fetch_ == Fetch::Wanted) fetch_ = Fetch::None;
    if (!isListening()) news_.goOn();
}

void ClassicListener::login(TimePoint now, Sink& sink) {
    assert(state_ != State::LoggingIn && state_ != State::Online && state_ != State::Lost);
    enter(State::LoggingIn);
    news_.begin();
    silent_.set(now + options_.patience);
    loginGap_ = kLoginRetry;
    loginAgain_.set(now + loginGap_);
    sendLogin(now, sink);
}

void ClassicListener::adopt(std::uint16_t tcpPort, const std::vector<wire::RosterEntry>& roster,
                            TimePoint now, bool renews) {
    assert(state_ == State::Idle);
    enter(State::Online);
    news_.beginWith(roster);
    tcpPort_ = tcpPort;
    renews_ = renews;
    keepRenewing(now);
    if (tcpPort_ == 0) return probe_.set(now);
    wantFetch(Reason::Look);
}

void ClassicListener::logout(TimePoint /*now*/, Sink& sink) {
    if (!isListening() && state_ != State::Silent) return;
    enter(State::LoggedOut);
    sink.send({options_.index}, logout_);
}

void ClassicListener::sendLogin(TimePoint now, Sink& sink) {
    answerUntil_ = now + kAcceptWindow;
    isRenewal_ = false;
    renew_.stop();
    sink.send({options_.index}, login_);
}

/// A .NET server sends from a fresh port each time, our index from where it is asked.
void ClassicListener::noteSource(const Endpoint& from, bool isAccept, TimePoint now) {
    if (from == options_.index) {
        renews_ = true;
    } else if (isAccept && isAnswerDue(now)) {
        renews_ = false;
        renew_.stop();
    }
}

/// Any login renews: the next one is due an interval after the last.
void ClassicListener::keepRenewing(TimePoint now) {
    if (!renews_ || state_ != State::Online || renew_.isSet()) return;
    renew_.set(now + jitter_.about(kRenewInterval, kRenewJitter));
}

void ClassicListener::renew(TimePoint now, Sink& sink) {
    if (unanswered_ >= kUnansweredRenewals) probeSoon(now);
    ++unanswered_;
    sendLogin(now, sink);
    isRenewal_ = true;
}

bool ClassicListener::isAnswerDue(TimePoint now) const {
    return answerUntil_ && now <= *answerUntil_;
}

void ClassicListener::repeatLogin(TimePoint now, Sink& sink) {
    sendLogin(now, sink);
    loginGap_ = std::min(2 * loginGap_, kAcceptWindow);
    loginAgain_.set(now + loginGap_);
}

void ClassicListener::suspect(TimePoint now, Sink& sink) {
    lost_.set(now + kLostAfter);
    sendLogin(now, sink);
}

void ClassicListener::becomeLost(TimePoint now) {
    enter(State::Lost);
    news_.goOn();
    news_.tellServer("lost");
    retryGap_ = kReconnectFirst;
    retry_.set(now + jitter_.about(retryGap_, kRetryJitter));
}

void ClassicListener::retryLogin(TimePoint now, Sink& sink) {
    sendLogin(now, sink);
    retryGap_ = std::min(2 * retryGap_, kReconnectMost);
    retry_.set(now + jitter_.about(retryGap_, kRetryJitter));
}

void ClassicListener::comeBack() {
    enter(State::Online);
    news_.tellServer("back");
}

const wire::Reject& ClassicListener::refusal() const {
    assert(state_ == State::Refused);
    return refusal_;
}

void ClassicListener::receive(const Datagram& datagram, TimePoint now, Sink& /*sink*/) {
    if (!isListening() || datagram.truncated) return;
    auto message = wire::decodeClassic(datagram.bytes);
    if (!message) return;
    // T6: all but talk is for the index to say.
    const bool isFromIndex = datagram.from.address.sameHost(options_.index.address);
    std::visit(
        Overloaded{
            [&](wire::Talk& talk) { news_.hear(talkEvent(std::move(talk), datagram.from), now); },
            [&](auto& other) {
                if (!isFromIndex) return;
                using Said = std::remove_reference_t<decltype(other)>;
                noteSource(datagram.from, std::is_same_v<Said, wire::Accept>, now);
                on(other, now);
            },
        },
        *message);
    keepRenewing(now);
}

void ClassicListener::on(const wire::Accept& accept, TimePoint now) {
    if (!isAnswerDue(now)) return;
    answerUntil_.reset();
    tcpPort_ = accept.tcpPort;
    unanswered_ = 0;
    const bool endsDoubt = state_ == State::Lost || lost_.isSet();
    // Nothing new: the look that comes from time to time sees the rest.
    if (isRenewal_ && !endsDoubt) return;
    if (state_ == State::LoggingIn) {
        enter(State::Online);
        news_.addSelf();
        wantFetch(Reason::Look);
    } else {
        // Not only to know more: an index may count nobody who does not fetch its roster (T2).
        enter(state_);
        wantFetch(endsDoubt ? Reason::NewLife : Reason::NewLogin);
    }
}

void ClassicListener::on(wire::Reject& reject, TimePoint now) {
    if (!isAnswerDue(now)) return;
    if (state_ == State::LoggingIn || !isPassing(reject.code)) {
        refusal_ = std::move(reject);
        return enter(State::Refused);
    }
    // Refused for now, but alive.
    unanswered_ = 0;
    if (state_ == State::Online && lost_.isSet()) {
        lost_.stop();
        planBlindProbe(now);
    }
}

void ClassicListener::on(wire::Login& login, TimePoint now) {
    onPresence(loginEvent(std::move(login.name), login.endpoint), now);
}

void ClassicListener::on(wire::Logout& logout, TimePoint now) {
    onPresence(logoutEvent(std::move(logout.name), logout.endpoint), now);
}

/// The index is not supposed to speak to us of ourselves.  When it does, our login may be gone (a
/// .NET server with our name twice in its list, a second program of ours); the roster will tell.
void ClassicListener::onPresence(Event event, TimePoint now) {
    const bool isOurs = event.type == EventType::Login && event.endpoint == options_.local;
    if (event.user == options_.self.view() && !isOurs) probeSoon(now);
    if (state_ == State::Lost) retrySoon(now);
    news_.hear(std::move(event), now);
}

/// It proves nothing, anybody can send it; but it is worth asking.
void ClassicListener::retrySoon(TimePoint now) {
    if (!retry_.isSet() || now < nextHurry_) return;  // not set: a roster is under way
    nextHurry_ = now + kReconnectHurry;
    retry_.set(std::min(*retry_.at(), now));
}

void ClassicListener::tick(TimePoint now, Sink& sink) {
    news_.tick(now);
    if (silent_.fired(now)) return enter(State::Silent);
    if (loginAgain_.fired(now)) repeatLogin(now, sink);
    if (lost_.fired(now)) becomeLost(now);
    if (retry_.fired(now)) retryLogin(now, sink);
    if (probe_.fired(now)) probe(now, sink);
    if (renew_.fired(now)) renew(now, sink);
    keepRenewing(now);
}

std::optional<TimePoint> ClassicListener::nextDeadline() const {
    std::optional<TimePoint> next = news_.nextDeadline();
    for (const Timer* timer : {&silent_, &loginAgain_, &lost_, &retry_, &probe_, &renew_})
        next = earlier(next, timer->at());
    return next;
}

void ClassicListener::probe(TimePoint now, Sink& sink) {
    if (tcpPort_ == 0) return suspect(now, sink);
    wantFetch(Reason::Look);
}

void ClassicListener::wantFetch(Reason why) {
    if (fetch_ == Fetch::None) fetch_ = Fetch::Wanted;
    reason_ = why;
}

void ClassicListener::planProbe(TimePoint now) {
    probeGap_ = probeGapFor(news_.rosterBytes());
    blindGap_ = probeGap_;
    probe_.set(now + jitter_.about(probeGap_, kProbeJitter));
}

void ClassicListener::planBlindProbe(TimePoint now) {
    blindGap_ = std::max(probeGap_, std::min(2 * blindGap_, kBlindProbeMost));
    probe_.set(now + jitter_.about(blindGap_, kProbeJitter));
}

void ClassicListener::probeSoon(TimePoint now) {
    if (!probe_.isSet() || now < nextSoon_) return;
    nextSoon_ = now + probeGap_;
    probe_.set(std::min(*probe_.at(), now + kProbeSoon));
}

std::optional<Endpoint> ClassicListener::takeFetch() {
    if (fetch_ != Fetch::Wanted) return std::nullopt;
    fetch_ = Fetch::UnderWay;
    news_.rosterAsked();
    return Endpoint{options_.index.address, tcpPort_};
}

void ClassicListener::fetched(const std::vector<wire::RosterEntry>& roster, TimePoint now,
                              Sink& sink) {
    if (fetch_ != Fetch::UnderWay) return;
    fetch_ = Fetch::None;
    if (state_ != State::Online && state_ != State::Lost) return;
    if (state_ == State::Lost) comeBack();
    news_.takeIn(roster);
    planProbe(now);
    // Not again where a login has not helped just now: once a look is enough.
    if (!news_.listsUs() && reason_ != Reason::NewLogin) sendLogin(now, sink);
    keepRenewing(now);
}

void ClassicListener::fetchFailed(TimePoint now, Sink& sink) {
    if (fetch_ != Fetch::UnderWay) return;
    fetch_ = Fetch::None;
    news_.rosterFailed();
    if (state_ == State::Online && reason_ != Reason::NewLife) return suspect(now, sink);
    if (state_ != State::Online && state_ != State::Lost) return;
    // The index answers a login but gives no roster: alive, and nothing to be learnt.
    if (state_ == State::Lost) comeBack();
    news_.goOn();
    planBlindProbe(now);
    keepRenewing(now);
}

}  // namespace im::talk
