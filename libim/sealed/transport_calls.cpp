// SPDX-License-Identifier: BSL-1.0
// What the owner of a Transport calls; what the network makes happen is in transport.cpp.
#include "libim/sealed/limits.hpp"
#include "libim/sealed/transport.hpp"

#include <cassert>

namespace im::sealed {

std::size_t Transport::roomInInit() const {
    return Initiator::roomBeside(keys_.current().card);
}

std::optional<wire::SessionIndex> Transport::connect(const Card& peer,
                                                     std::span<const Destination> to,
                                                     BytesView records, TimePoint now, Sink& sink) {
    const wire::SessionIndex index = drawIndex();
    if (!connector_.begin(index, peer, to, records, now, sink)) return {};
    return index;
}

void Transport::alsoAt(wire::SessionIndex session, const Destination& to, TimePoint now,
                       Sink& sink) {
    if (!connector_.wasSentTo(session, to)) connector_.addAddress(session, to, now, sink);
}

void Transport::reconsider(const IdentityKey& sender, TimePoint now, Sink& sink) {
    acceptor_.reconsider(sender, now, sink);
}

void Transport::answerHello(wire::SessionIndex index, const Destination& from, TimePoint now,
                            Sink& sink) {
    acceptor_.hint(index, from, now, sink);
}

const Session* Transport::session(wire::SessionIndex index) const {
    return table_.find(index);
}

void Transport::setOwner(wire::SessionIndex index, std::uint64_t owner) {
    if (Session* session = table_.find(index)) session->owner = owner;
}

std::optional<Destination> Transport::seal(wire::SessionIndex index, BytesView records,
                                           TimePoint now, Bytes& out) {
    assert(wire::kBoxOverhead + records.size() <= wire::kMaxTcpFrame);
    Session* session = table_.find(index);
    if (session == nullptr || session->isDead(now) || !session->seal(records, out)) return {};
    return session->peer();
}

bool Transport::send(wire::SessionIndex index, BytesView records, TimePoint now, Sink& sink) {
    Bytes frame;
    frame.reserve(wire::kBoxOverhead + records.size());
    const auto to = seal(index, records, now, frame);
    if (to) sink.send(*to, frame);
    return to.has_value();
}

bool Transport::ping(wire::SessionIndex index, const wire::PingBytes& opaque, TimePoint now,
                     Sink& sink) {
    Bytes records;
    wire::appendRecord(records, wire::PingRecord{opaque});
    return send(index, records, now, sink);
}

void Transport::close(wire::SessionIndex index, wire::CloseCode code, std::string_view text,
                      TimePoint now, Sink& sink) {
    Bytes records;
    wire::appendRecord(records, wire::CloseRecord{code, text});
    send(index, records, now, sink);
    if (table_.find(index) == nullptr) return;
    table_.erase(index);
    paths_.forget(index);
}

void Transport::supersede(wire::SessionIndex index, TimePoint now) {
    if (Session* session = table_.find(index)) session->endBy(now + kSessionOverlap);
}

void Transport::rotateKey(TimePoint now, Sink& sink) {
    // The K before the present one makes room, even if its grace is not over.
    if (const auto generation = keys_.retire(now + kKeyGrace)) events_.keyRetired(*generation);
    keys_.rotate(now);
    events_.keyRotated(keys_.current().card, now, sink);
}

}  // namespace im::sealed
