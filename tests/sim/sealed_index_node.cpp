// SPDX-License-Identifier: BSL-1.0
#include "tests/sim/sealed_index_node.hpp"

#include "libim/wire/hello.hpp"
#include "tests/sim/broken.hpp"

namespace im::sim {

namespace {

constexpr index::HashKey kKey{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr std::uint16_t kClassicPort = 4650;
constexpr std::uint16_t kSealedPort = 4651;

index::Policy policy() {
    index::Policy policy;
    policy.maxUsers = SealedIndexNode::kMaxUsers;
    policy.classicFrom = {*Cidr::parse("0.0.0.0/0")};
    return policy;
}

index::HostFacts facts() {
    return {.localAddresses = {test::kPeopleIndexAt.address},
            .broadcastAddresses = {},
            .servedEndpoints = {test::kPeopleIndexAt},
            .tcpPort = kClassicPort};
}

}  // namespace

SealedIndexNode::SealedIndexNode(std::uint64_t seed)
    : random_(seed), identity_(noise::Identity::generate(random_)) {}

/// What the store has not committed dies with the process.
void SealedIndexNode::start(TimePoint now) {
    classic_.reset();
    sealed_.reset();
    deframers_.clear();
    store_.crash();
    const WallTime calendar{
        std::chrono::seconds(test::kModelToday) +
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch())};
    index::Observer& observer = *this;
    sealed_ = std::make_unique<index::SealedIndex>(
        policy(), index::SealedIndex::Self{identity_, random_, calendar, kSealedPort}, store_,
        observer, kKey, now);
    classic_ = std::make_unique<index::ClassicIndex>(policy(), facts(), store_, observer, kKey, now,
                                                     calendar);
    sealed_->meet(*classic_);
    classic_->meet(*sealed_);
}

const sealed::Card& SealedIndexNode::card() const {
    return sealed_->transport().keys().current().card;
}

/// What it says over a connection is for that connection; then as much of the roster as there is.
Bytes SealedIndexNode::tcp(const Endpoint& from, BytesView bytes, TimePoint now) {
    struct Framed final : Sink {
        Bytes out;
        void send(const Destination& to, BytesView payload) override {
            if (to.via == kStreamPath) wire::appendFramed(out, payload);
        }
        void fanOut(std::span<const BytesView>, std::span<const Destination>) override {}
    } sink;
    (void)deframers_[from].feed(
        bytes, [&](BytesView frame) { sealed_->receiveStream(from, frame, now, sink); });
    while (sealed_->writeStream(from, now, sink)) {
    }
    return std::move(sink.out);
}

void SealedIndexNode::tcpEnded(const Endpoint& from, TimePoint now) {
    deframers_.erase(from);
    sealed_->streamEnded(from, now);
}

void SealedIndexNode::receive(const Datagram& datagram, TimePoint now, Sink& sink) {
    if (wire::isSealed(datagram.bytes)) return sealed_->receive(datagram, now, sink);
    if (const auto index = wire::decodeHello(datagram.bytes))
        return sealed_->hello(*index, {datagram.from, datagram.via}, now, sink);
    classic_->receive(datagram, now, sink);
}

void SealedIndexNode::tick(TimePoint now, Sink& sink) {
    store_.commit();
    classic_->tick(now, sink);
    sealed_->tick(now, sink);
}

std::optional<TimePoint> SealedIndexNode::nextDeadline() const {
    return earlier(classic_->nextDeadline(), sealed_->nextDeadline());
}

void SealedIndexNode::endTurn(TimePoint /*now*/) {
    const sealed::Transport& transport = sealed_->transport();
    require(sealed_->userCount() <= kMaxUsers, "more users than allowed");
    require(transport.sessions() <= 2 * kMaxUsers + 1'024, "more sessions than allowed");
    require(transport.unconfirmed() <= 65'536 && transport.storedAnswers() <= 65'536,
            "a table of handshakes without bound");
    require(transport.candidates() <= transport.sessions(), "more candidates than sessions");
}

talk::Contacts::Map SealedIndexNode::users() const {
    talk::Contacts::Map all;
    const auto each = [&all](std::string_view name, const Endpoint& at) {
        all.insert_or_assign(std::string(name), at);
    };
    sealed_->visit(index::Neighbour::kFromStart, kMaxUsers, each);
    classic_->visit(index::Neighbour::kFromStart, kMaxUsers, each);
    return all;
}

}  // namespace im::sim
