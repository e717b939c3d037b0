// SPDX-License-Identifier: BSL-1.0
#include "libim/sealed/connector.hpp"

#include "libim/sealed/limits.hpp"
#include "libim/sealed/path_validation.hpp"

#include <algorithm>
#include <utility>

namespace im::sealed {

TimePoint Connector::Initiation::deadline() const {
    if (next < sendings.size()) return began + sendings[next].offset;
    return began + kInitGivenUp;
}

/// INIT at each of kInitTimes to each address, one copy at first, then two.
void Connector::Initiation::schedule() {
    sendings.clear();
    for (const Duration time : kInitTimes)
        for (std::size_t address = 0; address < addresses.size(); ++address) {
            const Duration offset = time + static_cast<Duration::rep>(address) * kInitPath;
            sendings.push_back({offset, address});
            if (time != Duration()) sendings.push_back({offset + kInitCopy, address});
        }
    std::ranges::stable_sort(sendings, {}, &Sending::offset);
}

void Connector::Initiation::send(const Address& address, Sink& sink) const {
    sink.send(address.at, initiator.frame(address.token));
}

bool Connector::begin(wire::SessionIndex index, const Card& peer, std::span<const Destination> to,
                      BytesView records, TimePoint now, Sink& sink) {
    if (to.empty() || initiations_.size() >= kMaxInitiations) return false;
    auto initiator = Initiator::write(keys_.current(), peer, index, records, random_);
    if (!initiator) return false;
    Initiation initiation{
        peer, Bytes(records.begin(), records.end()), std::move(*initiator), now, 0, {}, {}, 1};
    for (const Destination& at : to.first(std::min(to.size(), kInitAddresses)))
        initiation.addresses.push_back({at, {}});
    initiation.schedule();
    initiation.send(initiation.addresses.front(), sink);
    initiations_.emplace(index, std::move(initiation));
    return true;
}

Connector::Address& Connector::addressAt(Initiation& initiation, const Destination& at) {
    auto& known = initiation.addresses;
    const auto found = std::ranges::find_if(
        known, [&at](const Address& address) { return sameAddress(address.at, at); });
    if (found != known.end()) return *found;
    if (known.size() >= kInitAddresses) known.pop_back();
    known.push_back({at, {}});
    return known.back();
}

void Connector::addAddress(wire::SessionIndex index, const Destination& to, TimePoint now,
                           Sink& sink) {
    const auto found = initiations_.find(index);
    if (found == initiations_.end()) return;
    Initiation& initiation = found->second;
    const Address& address = addressAt(initiation, to);
    initiation.send(address, sink);
    initiation.schedule();
    const auto later = [&](const Sending& sending) {
        return initiation.began + sending.offset > now;
    };
    initiation.next = static_cast<std::size_t>(std::ranges::find_if(initiation.sendings, later) -
                                               initiation.sendings.begin());
}

bool Connector::wasSentTo(wire::SessionIndex index, const Destination& at) const {
    const auto found = initiations_.find(index);
    if (found == initiations_.end()) return false;
    return std::ranges::any_of(found->second.addresses, [&at](const Address& address) {
        return sameAddress(address.at, at);
    });
}

std::optional<Connector::Answered> Connector::receive(const wire::RespFrame& resp) {
    const auto found = initiations_.find(resp.receiver);
    if (found == initiations_.end()) return {};
    auto answer = found->second.initiator.read(resp);
    if (!answer) return {};
    Answered answered{std::move(found->second.peer), std::move(*answer)};
    initiations_.erase(found);
    return answered;
}

std::optional<Card> Connector::newerCard(const Initiation& initiation, BytesView card,
                                         TimePoint now) const {
    if (card.empty()) return {};
    const wire::CardBody& known = initiation.peer.body;
    const IdentityKey& index =
        known.role == CardRole::Index ? known.identity : keys_.holder().index;
    auto fresh = verifyCard(card, known.role, index, keys_.clock().own(now));
    if (!fresh || fresh->body.identity != known.identity || fresh->body.name != known.name)
        return {};
    // An older card could be replayed to send us to a key that is gone.
    if (fresh->body.sessionKey == known.sessionKey || fresh->body.notAfter < known.notAfter)
        return {};
    return *fresh;
}

bool Connector::restart(wire::SessionIndex index, Initiation& initiation, const Card& card) {
    auto initiator = Initiator::write(keys_.current(), card, index, initiation.records, random_);
    if (!initiator) return false;
    initiation.peer = card;
    initiation.initiator = std::move(*initiator);
    return true;
}

std::optional<Card> Connector::receive(const wire::HintFrame& hint, const Destination& from,
                                       TimePoint now, Sink& sink) {
    const auto found = initiations_.find(hint.receiver);
    if (found == initiations_.end() || found->second.hints >= kHintsPerInit) return {};
    Initiation& initiation = found->second;
    ++initiation.hints;
    auto card = newerCard(initiation, hint.card, now);
    if (card && !restart(hint.receiver, initiation, *card)) card.reset();
    addressAt(initiation, from).token = hint.token;
    addAddress(hint.receiver, from, now, sink);
    return card;
}

std::vector<wire::SessionIndex> Connector::tick(TimePoint now, Sink& sink) {
    std::vector<wire::SessionIndex> givenUp;
    for (auto& [index, initiation] : initiations_) {
        while (initiation.next < initiation.sendings.size() && initiation.deadline() <= now) {
            const Sending& sending = initiation.sendings[initiation.next++];
            initiation.send(initiation.addresses[sending.address], sink);
        }
        if (now >= initiation.began + kInitGivenUp) givenUp.push_back(index);
    }
    std::ranges::sort(givenUp);  // the order of a hash table is nobody's business
    for (const wire::SessionIndex index : givenUp) initiations_.erase(index);
    return givenUp;
}

std::optional<TimePoint> Connector::nextDeadline() const {
    std::optional<TimePoint> next;
    for (const auto& [index, initiation] : initiations_)
        next = earlier(next, initiation.deadline());
    return next;
}

}  // namespace im::sealed
