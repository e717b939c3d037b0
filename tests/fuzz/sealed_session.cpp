// SPDX-License-Identifier: BSL-1.0
// Two parties with known keys and a wire between them; the input is what happens, two bytes a
// step, so that it gets behind the AEAD: records of any kind, sealed; frames lost, repeated,
// changed, spoofed; time; new keys.
//
// Laws: a counter of a session is received once; no frame is too long; tables keep their bounds; an
// address that never proved itself gets at most three times what came from it.
#include "tests/fuzz/law.hpp"
#include "tests/support/sealed_party.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <span>

using namespace im;
using namespace im::sealed;
using namespace im::sealed::test;

namespace {

constexpr std::size_t kMostSteps = 48;
constexpr int kMostHandshakes = 2;  // they cost most of the time

const Endpoint kSpoofed{Address::v4({198, 51, 100, 7}), 9};

class Story {
public:
    Story() {
        watch(alice_);
        watch(bob_);
        begin();
    }

    void step(std::uint8_t what, std::uint8_t how, BytesView tail) {
        Party& party = (how & 1U) != 0 ? alice_ : bob_;
        switch (what % 12) {
            case 0:
                return begin();
            case 1:
                return deliver(how);
            case 2:
                return deliver(how);
            case 3:
                return repeat(how);
            case 4:
                return drop();
            case 5:
                return damage(how);
            case 6:
                return spoof(how);
            case 7:
                return sendRecords(party, tail);
            case 8:
                return advance(how);
            case 9:
                return raw(party, tail);
            case 10:
                return end(party, how);
            default:
                return party.transport.rotateKey(now_, party);
        }
    }

    void check() {
        gather();
        for (const Party* party : {&alice_, &bob_}) {
            IM_LAW(party->transport.sessions() <= 4'096);
            IM_LAW(party->transport.unconfirmed() <= kMostHandshakes + 1);
            IM_LAW(party->transport.storedAnswers() <= kMostHandshakes + 1);
            IM_LAW(party->transport.candidates() <= party->transport.sessions());
        }
        IM_LAW(toSpoofed_ <= kUnprovenFactor * fromSpoofed_);
        alice_.diary.clear();
        bob_.diary.clear();
    }

private:
    void watch(Party& party) {
        party.onReceived = [this, &party](wire::SessionIndex session, std::uint64_t counter) {
            IM_LAW(received_[&party].emplace(session, counter).second);
        };
    }

    void begin() {
        if (handshakes_++ > kMostHandshakes) return;
        alice_.connect(bob_, "early", now_);
    }

    void gather() {
        for (Party* party : {&alice_, &bob_}) {
            for (Sent& sent : party->outbox) {
                IM_LAW(sent.bytes.size() <= wire::kMaxUdpPayload);
                if (sent.to.to == kSpoofed) toSpoofed_ += sent.bytes.size();
                if (wire_.size() < 64) wire_.push_back(std::move(sent));
            }
            party->outbox.clear();
        }
    }

    void hand(const Sent& sent) {
        for (Party* party : {&alice_, &bob_}) {
            if (party->here != sent.to.to) continue;
            Datagram datagram;
            datagram.from = sent.from;
            datagram.bytes = sent.bytes;
            if (sent.from == kSpoofed) fromSpoofed_ += sent.bytes.size();
            party->transport.receive(datagram, now_, *party);
        }
    }

    std::size_t pick(std::uint8_t how) const { return (how >> 1U) % wire_.size(); }

    void deliver(std::uint8_t how) {
        gather();
        if (wire_.empty()) return;
        const auto at = wire_.begin() + static_cast<std::ptrdiff_t>(pick(how));
        const Sent sent = *at;
        wire_.erase(at);
        hand(sent);
    }
    void repeat(std::uint8_t how) {
        gather();
        if (!wire_.empty()) hand(wire_[pick(how)]);
    }
    void drop() {
        gather();
        if (!wire_.empty()) wire_.erase(wire_.begin());
    }
    void damage(std::uint8_t how) {
        gather();
        if (wire_.empty()) return;
        Sent bad = wire_.front();
        bad.bytes[how % bad.bytes.size()] ^= std::byte{1} << (how % 8);
        hand(bad);
    }
    void spoof(std::uint8_t how) {
        gather();
        if (wire_.empty()) return;
        Sent sent = wire_[pick(how)];
        // A HINT that hits the index of a handshake gains an INIT: that much is accepted.
        if (sent.bytes[3] == std::byte{3}) return;
        sent.from = kSpoofed;
        hand(sent);
    }
    void sendRecords(Party& party, BytesView tail) {
        if (party.known.empty()) return;
        party.transport.send(party.known.back(),
                             tail.first(std::min<std::size_t>(tail.size(), 1'100)), now_, party);
    }
    void advance(std::uint8_t how) {
        now_ += Duration(1s) * how * how / 16;
        for (Party* party : {&alice_, &bob_}) party->transport.tick(now_, *party);
    }
    void raw(Party& party, BytesView tail) {
        Datagram datagram;
        datagram.from = *Endpoint::parse("203.0.113.1:1");
        datagram.bytes = tail;
        party.transport.receive(datagram, now_, party);
    }
    void end(Party& party, std::uint8_t how) {
        if (party.known.empty()) return;
        const wire::SessionIndex session = party.known.back();
        if (how > 128) return party.transport.supersede(session, now_);
        party.known.pop_back();
        party.transport.close(session, wire::CloseCode::Bye, "", now_, party);
    }

    noise::Identity x_ = World::indexIdentity();
    Party alice_{"alice", "192.0.2.2:5001", 1, x_};
    Party bob_{"bob", "192.0.2.3:5002", 2, x_};
    TimePoint now_ = kStart;
    int handshakes_ = 0;
    std::vector<Sent> wire_;
    std::map<const Party*, std::set<std::pair<wire::SessionIndex, std::uint64_t>>> received_;
    std::size_t fromSpoofed_ = 0;
    std::size_t toSpoofed_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    noise::initialise();
    Story story;
    const std::span<const std::uint8_t> input(data, size);
    for (std::size_t at = 0; at + 1 < size && at / 2 < kMostSteps; at += 2) {
        story.step(input[at], input[at + 1], std::as_bytes(input.subspan(at + 2)));
        story.check();
    }
    return 0;
}
