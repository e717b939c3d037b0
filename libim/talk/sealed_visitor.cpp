// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/sealed_visitor.hpp"

namespace im::talk {

namespace {

SealedIndexLink::Options asGuest(SealedIndexLink::Options options) {
    options.login = false;
    return options;
}

}  // namespace

SealedVisitor::SealedVisitor(SealedIndexLink::Options options, const sealed::Card& index,
                             const noise::Identity& identity, const sealed::CardClock& clock,
                             noise::Random& random, Pins& pins, TimePoint now)
    : transport_(
          sealed::clientSettings(),
          sealed::Holder{identity, index.identity(), sealed::CardRole::User, options.self.str()},
          clock.having(index, now), random, *this, now),
      link_(asGuest(std::move(options)), index, transport_, random, pins, *this) {}

void SealedVisitor::receive(const Datagram& datagram, TimePoint now, Sink& sink) {
    RosterPathFilter filtered(sink, link_.rosterSink());
    if (!link_.receive(datagram, now, filtered)) transport_.receive(datagram, now, filtered);
}

void SealedVisitor::tick(TimePoint now, Sink& sink) {
    RosterPathFilter filtered(sink, link_.rosterSink());
    transport_.tick(now, filtered);
    link_.tick(now, filtered);
}

std::optional<TimePoint> SealedVisitor::nextDeadline() const {
    return earlier(transport_.nextDeadline(), link_.nextDeadline());
}

sealed::Answer SealedVisitor::introduced(const sealed::Introduction& /*introduction*/,
                                         TimePoint /*now*/) {
    sealed::Answer answer;
    answer.what = sealed::Answer::What::Ignore;
    return answer;
}

void SealedVisitor::established(wire::SessionIndex session, const sealed::Card& /*peer*/,
                                const wire::Records& records, TimePoint now, Sink& sink) {
    if (link_.owns(session)) link_.established(session, records, now, sink);
}

void SealedVisitor::unanswered(wire::SessionIndex session, TimePoint now, Sink& sink) {
    if (link_.owns(session)) link_.unanswered(session, now, sink);
}

void SealedVisitor::cardRefreshed(wire::SessionIndex session, const sealed::Card& card) {
    if (link_.owns(session)) link_.cardRefreshed(card);
}

void SealedVisitor::received(wire::SessionIndex session, const wire::Records& records,
                             std::uint64_t /*counter*/, TimePoint now, Sink& sink) {
    if (link_.owns(session)) link_.received(session, records, now, sink);
}

void SealedVisitor::rekeyDue(wire::SessionIndex session, TimePoint now, Sink& sink) {
    if (link_.owns(session)) link_.rekeyDue(session, now, sink);
}

void SealedVisitor::closed(wire::SessionIndex session, std::uint64_t /*owner*/, sealed::Ending why,
                           wire::CloseCode code, std::string_view text, TimePoint now, Sink& sink) {
    if (link_.owns(session)) link_.closed(session, why, code, text, now, sink);
}

void SealedVisitor::found(const FoundPeer& peer, TimePoint /*now*/, Sink& /*sink*/) {
    Answer answer;
    answer.name = peer.name;
    answer.peer = peer;
    if (peer.card) answer.key = peer.card->identity();
    answers_.push_back(std::move(answer));
}

void SealedVisitor::notFound(std::string_view name, NotFound why, TimePoint /*now*/,
                             Sink& /*sink*/) {
    Answer answer;
    answer.name = name;
    answer.why = why;
    const auto owner = owners_.extract(answer.name);
    if (!owner.empty()) answer.key = owner.mapped();
    answers_.push_back(std::move(answer));
}

void SealedVisitor::owned(std::string_view name, const noise::IdentityKey& identity,
                          TimePoint /*now*/, Sink& /*sink*/) {
    owners_[std::string(name)] = identity;
}

}  // namespace im::talk
