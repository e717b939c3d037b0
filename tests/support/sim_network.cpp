// SPDX-License-Identifier: BSL-1.0
#include "tests/support/sim_network.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>

namespace im::sim {

namespace {

/// Datagrams travel in whole milliseconds, so that some arrive together and make a batch.
constexpr Duration kGrain = 1ms;

}  // namespace

class Network::Outlet final : public Sink {
public:
    Outlet(Network& network, const Endpoint& from) : network_(network), from_(from) {}

    void send(const Destination& to, BytesView payload) override {
        network_.send(from_, to.to, std::make_shared<const Bytes>(payload.begin(), payload.end()));
    }
    void fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) override {
        for (BytesView payload : payloads) {
            const auto shared = std::make_shared<const Bytes>(payload.begin(), payload.end());
            for (const Destination& one : to) network_.send(from_, one.to, shared);
        }
    }

private:
    Network& network_;
    Endpoint from_;
};

bool Network::chance(double probability) {
    return probability > 0 && std::uniform_real_distribution<double>(0, 1)(random_) < probability;
}

Duration Network::between(Duration least, Duration most) {
    std::uniform_int_distribution<Duration::rep> grains(least / kGrain, most / kGrain);
    return grains(random_) * kGrain;
}

void Network::push(TimePoint at, std::variant<Packet, Wake, Action> what) {
    queue_.push_back({at, order_++, std::move(what)});
    std::ranges::push_heap(queue_, Later());
}

Network::Item Network::pop() {
    std::ranges::pop_heap(queue_, Later());
    Item item = std::move(queue_.back());
    queue_.pop_back();
    return item;
}

// Who is there -----------------------------------------------------------------------------

void Network::attach(const Endpoint& endpoint, Node& node) {
    assert(!isAttached(endpoint));
    hosts_.insert(endpoint.address);
    Slot& slot = nodes_[endpoint];
    slot = {.node = &node, .attachment = ++attachments_};
    endTurn(endpoint, slot);
}

void Network::detach(const Endpoint& endpoint) {
    nodes_.erase(endpoint);
    busy_.erase(endpoint);
}

bool Network::isAttached(const Endpoint& endpoint) const {
    return nodes_.contains(endpoint);
}

bool Network::isHost(const Address& address) const {
    return hosts_.contains(address);
}

bool Network::isCut(const Endpoint& a, const Endpoint& b) const {
    return cut_.contains(a.address) || cut_.contains(b.address);
}

void Network::act(const Endpoint& who, const std::function<void(Sink&)>& what) {
    assert(isAttached(who));
    Outlet outlet(*this, who);
    what(outlet);
    if (const auto still = nodes_.find(who); still != nodes_.end()) endTurn(who, still->second);
}

void Network::later(Duration delay, std::function<void()> what) {
    push(now_ + delay, std::move(what));
}

// Datagrams --------------------------------------------------------------------------------

void Network::inject(const Endpoint& from, const Endpoint& to, BytesView payload) {
    launch({from, to, std::make_shared<const Bytes>(payload.begin(), payload.end())});
}

void Network::send(const Endpoint& from, const Endpoint& to, const Payload& payload) {
    ++sent_;
    if (watch_) watch_(from, to, *payload);
    launch({from, to, payload});
    if (chance(weather_.repeat)) launch({from, to, payload});
}

void Network::launch(const Packet& packet) {
    if (chance(weather_.loss)) return;
    Packet copy = packet;
    if (chance(weather_.damage)) copy.payload = damaged(*packet.payload);
    push(now_ + between(weather_.delayLeast, weather_.delayMost), std::move(copy));
}

Network::Payload Network::damaged(const Bytes& payload) {
    if (payload.empty()) return std::make_shared<const Bytes>();
    Bytes copy = payload;
    std::uniform_int_distribution<std::size_t> bit(0, 8 * copy.size() - 1);
    const std::size_t at = bit(random_);
    copy[at / 8] ^= std::byte{1} << (at % 8);
    return std::make_shared<const Bytes>(std::move(copy));
}

void Network::happen(Packet& packet) {
    if (isCut(packet.from, packet.to)) return;
    const auto there = nodes_.find(packet.to);
    if (there == nodes_.end()) return bounce(packet);
    busy_.insert(packet.to);
    Outlet outlet(*this, packet.to);
    there->second.node->receive({.from = packet.from, .bytes = *packet.payload}, now_, outlet);
}

/// Port unreachable, where there is a host at all.
void Network::bounce(const Packet& packet) {
    if (!isHost(packet.to.address) || chance(weather_.loss)) return;
    const auto sender = nodes_.find(packet.from);
    if (sender == nodes_.end()) return;
    busy_.insert(packet.from);
    sender->second.node->unreachable(packet.to, now_);
}

// TCP --------------------------------------------------------------------------------------

void Network::fetch(const Endpoint& client, const Endpoint& server, const Fetched& done) {
    assert(isAttached(client));
    const std::uint64_t attachment = nodes_[client].attachment;
    if (isCut(client, server)) {
        return later(kFetchTimeout, [=, this] { reply(client, attachment, done, {}); });
    }
    const bool fails = chance(weather_.fetchFailure);
    later(between(weather_.fetchLeast, weather_.fetchMost), [=, this] {
        const auto there = servers_.find(server);
        std::shared_ptr<const std::string> bytes;
        if (there != servers_.end() && !fails) bytes = there->second(client.address);
        if (nodes_.contains(server)) busy_.insert(server);
        later(between(weather_.fetchLeast, weather_.fetchMost), [=, this] {
            reply(client, attachment, done, bytes ? std::optional(*bytes) : std::nullopt);
        });
    });
}

void Network::reply(const Endpoint& client, std::uint64_t attachment, const Fetched& done,
                    const std::optional<std::string>& bytes) {
    const auto there = nodes_.find(client);
    if (there == nodes_.end() || there->second.attachment != attachment) return;
    act(client, [&](Sink& sink) { done(bytes, sink); });
}

// Time -------------------------------------------------------------------------------------

void Network::happen(Wake& wake) {
    const auto there = nodes_.find(wake.who);
    if (there == nodes_.end() || there->second.generation != wake.generation) return;
    there->second.wakeAt.reset();
    busy_.insert(wake.who);
}

void Network::happen(Action& action) {
    action();
}

/// Everything that is due at this instant, then the end of the batch for whom it concerned.
void Network::turn() {
    while (!queue_.empty() && queue_.front().at <= now_) {
        Item item = pop();
        const auto at = static_cast<std::uint64_t>(item.at.time_since_epoch().count());
        fingerprint_ = (fingerprint_ * 0x100000001B3U + item.order) ^ at;
        std::visit([this](auto& what) { happen(what); }, item.what);
    }
    while (!busy_.empty()) {
        const Endpoint who = *busy_.begin();
        busy_.erase(busy_.begin());
        Outlet outlet(*this, who);
        const auto there = nodes_.find(who);
        there->second.node->tick(now_, outlet);
        endTurn(who, there->second);
    }
}

void Network::endTurn(const Endpoint& who, Slot& slot) {
    slot.node->endTurn(now_);
    const auto next = slot.node->nextDeadline();
    if (!next || slot.wakeAt == next) return;
    slot.wakeAt = next;
    push(std::max(*next, now_), Wake{who, ++slot.generation});
}

void Network::run(Duration time) {
    const TimePoint end = now_ + time;
    int turns = 0;
    while (!queue_.empty() && queue_.front().at <= end) {
        turns = queue_.front().at > now_ ? 0 : turns + 1;
        if (turns > kMostTurns) throw std::runtime_error("a node spins");
        now_ = std::max(now_, queue_.front().at);
        turn();
    }
    now_ = end;
}

}  // namespace im::sim
