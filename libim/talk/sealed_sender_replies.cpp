// SPDX-License-Identifier: BSL-1.0
// SealedSender: replies to what was asked.
#include "libim/talk/sealed_sender.hpp"

#include <utility>
#include <variant>

namespace im::talk {

/// Whom we have asked something.
SealedSender::Peer* SealedSender::askedOf(const noise::IdentityKey& identity) {
    for (const auto& peer : peers_)
        if (!peer->asked.empty() && peer->card && peer->card->identity() == identity)
            return peer.get();
    return nullptr;
}

/// Only from somebody who was asked something.
sealed::Answer SealedSender::introduced(const sealed::Introduction& introduction, TimePoint now) {
    sealed::Answer answer;
    const Peer* peer = askedOf(introduction.peer.identity());
    if (peer == nullptr || introduction.peer.body.name != peer->name.view()) {
        answer.what = sealed::Answer::What::Ignore;
        return answer;
    }
    const StreamSource source{introduction.peer.identity(), true, 0, {}};
    for (const wire::Record& record : *wire::Records::parse(introduction.records))
        if (const auto* data = std::get_if<wire::DataRecord>(&record))
            takeReplyData(source, *data, now);
    while (auto ack = streams_.nextAck(now)) {
        if (ack->session == 0)
            wire::appendRecord(answer.records, ack->record);
        else
            acks_.push_back(*ack);
    }
    return answer;
}

void SealedSender::confirmed(wire::SessionIndex session, const sealed::Card& peer,
                             const wire::Records&, TimePoint, Sink&) {
    repliers_[session] = peer.identity();
}

void SealedSender::takeReplyData(const StreamSource& source, const wire::DataRecord& data,
                                 TimePoint now) {
    (void)streams_.receive(source, data, now);
    while (const auto delivery = streams_.take()) {
        const auto talk = delivery->gapUntil ? std::nullopt : parseTalk(delivery->bytes);
        Peer* peer = askedOf(delivery->sender);
        const auto asked = talk && peer != nullptr ? peer->asked.find(std::string(talk->to))
                                                   : decltype(peer->asked.end()){};
        const bool isReply = talk && peer != nullptr && talk->kind == TalkKind::Reply &&
                             talk->from == peer->name.view() && asked != peer->asked.end();
        if (isReply) {
            replies_.push_back({peer->number, asked->first, std::string(asText(talk->text)),
                                pins_.check(peer->name.view(), delivery->sender)});
            peer->asked.erase(asked);
        }
        streams_.written(1, now);
    }
}

void SealedSender::sendAcks(TimePoint now, Sink& sink) {
    while (auto ack = streams_.nextAck(now)) acks_.push_back(*ack);
    for (const StreamAck& ack : std::exchange(acks_, {})) {
        if (ack.session == 0) continue;
        Bytes records;
        wire::appendRecord(records, ack.record);
        transport_.send(static_cast<wire::SessionIndex>(ack.session), records, now, sink);
    }
}

void SealedSender::keyRotated(const sealed::Card&, TimePoint, Sink&) {
    streams_.beginKey();
}

void SealedSender::keyRetired(std::uint32_t) {
    streams_.endOldKeys();
}

}  // namespace im::talk
