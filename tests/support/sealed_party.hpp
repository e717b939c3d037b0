// SPDX-License-Identifier: BSL-1.0
// Parties of the sealed profile with a wire between them, all in one thread: what they send waits
// in a list until the test delivers, loses, repeats or changes it.
#pragma once

#include "libim/base/little_endian.hpp"
#include "libim/noise/primitives.hpp"
#include "libim/sealed/limits.hpp"
#include "libim/sealed/transport.hpp"
#include "libim/wire/sealed_codec.hpp"
#include "tests/support/seeded_random.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace im::sealed::test {

inline constexpr TimePoint kStart = TimePoint() + 1h;
inline constexpr UnixSeconds kToday = 1'800'000'000;

struct Sent {
    Endpoint from;
    Destination to;
    Bytes bytes;
};

/// One program: its Transport, and a diary of the events as lines of text.
class Party final : public TransportEvents, public Sink {
public:
    Party(std::string_view name, std::string_view at, std::uint64_t seed,
          const noise::Identity& indexIdentity, const Settings& settings = clientSettings())
        : here(*Endpoint::parse(at)),
          random(seed),
          identity(noise::Identity::generate(random)),
          transport(settings,
                    Holder{identity, indexIdentity.publicKey(), CardRole::User, std::string(name)},
                    CardClock(kToday, kStart), random, *this, kStart) {}

    /// An index, whose own identity is X.
    Party(std::string_view at, noise::Identity own, std::uint64_t seed)
        : here(*Endpoint::parse(at)),
          random(seed),
          identity(std::move(own)),
          transport(indexSettings(1'000),
                    Holder{identity, identity.publicKey(), CardRole::Index, {}},
                    CardClock(kToday, kStart), random, *this, kStart) {}

    const Card& card() const { return transport.keys().current().card; }

    /// Connects with one TEXT record.  The index of the session-to-be.
    wire::SessionIndex connect(const Party& peer, std::string_view text, TimePoint now) {
        Bytes records;
        if (!text.empty()) wire::appendRecord(records, wire::TextRecord{text});
        const Destination to{peer.here};
        return transport.connect(peer.card(), std::span(&to, 1), records, now, *this).value_or(0);
    }
    bool say(wire::SessionIndex session, std::string_view text, TimePoint now) {
        Bytes records;
        wire::appendRecord(records, wire::TextRecord{text});
        return transport.send(session, records, now, *this);
    }
    void ping(wire::SessionIndex session, TimePoint now) {
        transport.ping(session, {std::byte{7}}, now, *this);
    }

    /// Lines of the diary that begin so.
    std::size_t count(std::string_view beginning) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            diary, [&](const std::string& line) { return line.starts_with(beginning); }));
    }

    Endpoint here;
    im::test::SeededRandom random;
    noise::Identity identity;
    std::vector<std::string> diary;
    std::vector<Sent> outbox;
    std::vector<Bytes> cards;               ///< those beside the latest records with a card
    std::vector<wire::SessionIndex> known;  ///< sessions that may be used, in order of coming
    std::function<Answer(const Introduction&)> onIntroduced;
    std::function<void(wire::SessionIndex, std::uint64_t counter)> onReceived;
    Transport transport;

    // Sink

    void send(const Destination& to, BytesView payload) override {
        outbox.push_back({here, to, Bytes(payload.begin(), payload.end())});
    }
    void fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) override {
        for (const Destination& one : to)
            for (const BytesView payload : payloads) send(one, payload);
    }

    // TransportEvents

    Answer introduced(const Introduction& introduction, TimePoint) override {
        note("introduced " + introduction.peer.body.name);
        if (onIntroduced) return onIntroduced(introduction);
        Answer answer;
        wire::appendRecord(answer.records, wire::TextRecord{"welcome"});
        return answer;
    }
    void confirmed(wire::SessionIndex session, const Card& peer, const wire::Records& early,
                   TimePoint, Sink&) override {
        known.push_back(session);
        note("confirmed " + peer.body.name + textOf(early));
    }
    void established(wire::SessionIndex session, const Card& peer, const wire::Records& records,
                     TimePoint, Sink&) override {
        known.push_back(session);
        note("established " + peer.body.name + textOf(records));
    }
    void unanswered(wire::SessionIndex, TimePoint, Sink&) override { note("unanswered"); }
    void cardRefreshed(wire::SessionIndex, const Card&) override { note("card refreshed"); }
    void received(wire::SessionIndex session, const wire::Records& records, std::uint64_t counter,
                  TimePoint, Sink&) override {
        if (onReceived) onReceived(session, counter);
        note("received " + std::to_string(counter) + textOf(records));
    }
    void moved(wire::SessionIndex, const Destination& to, TimePoint, Sink&) override {
        note("moved " + to.to.toString());
    }
    void rekeyDue(wire::SessionIndex, TimePoint, Sink&) override { note("rekey due"); }
    void closed(wire::SessionIndex session, std::uint64_t, Ending why, wire::CloseCode code,
                std::string_view text, TimePoint, Sink&) override {
        std::erase(known, session);
        note("closed " + std::to_string(static_cast<int>(why)) + " " +
             std::to_string(static_cast<int>(code)) + " " + std::string(text));
    }
    void keyRotated(const Card&, TimePoint, Sink&) override { note("key rotated"); }
    void keyRetired(std::uint32_t generation) override {
        note("key retired " + std::to_string(generation));
    }

    std::string textOf(const wire::Records& records) {
        std::string all;
        for (const wire::Record& record : records) {
            if (const auto* text = std::get_if<wire::TextRecord>(&record))
                all += " <" + std::string(text->text) + ">";
            if (const auto* card = std::get_if<wire::CardRecord>(&record))
                cards = {Bytes(card->card.begin(), card->card.end())};
            if (const auto* pong = std::get_if<wire::PongRecord>(&record))
                all += " pong " + std::to_string(pong->rosterVersion);
        }
        return all;
    }

private:
    void note(std::string line) { diary.push_back(std::move(line)); }
};

/// Alice and Bob at an index, and the wire.
class World {
public:
    World() { noise::initialise(); }

    static noise::Identity indexIdentity() {
        im::test::SeededRandom random(99);
        return noise::Identity::generate(random);
    }

    noise::Identity x = indexIdentity();
    Party index{"192.0.2.1:4649", indexIdentity(), 3};
    Party alice{"alice", "192.0.2.2:5001", 1, x};
    Party bob{"bob", "192.0.2.3:5002", 2, x};
    TimePoint now = kStart;

    /// A datagram to whoever is at its address.
    void deliver(const Sent& sent) {
        for (Party* party : {&alice, &bob, &index}) {
            if (party->here != sent.to.to) continue;
            Datagram datagram;
            datagram.from = sent.from;
            datagram.bytes = sent.bytes;
            party->transport.receive(datagram, now, *party);
        }
    }
    /// Everything that is under way, and what follows from it.
    void settle() {
        for (;;) {
            const std::vector<Sent> all = collect();
            if (all.empty()) return;
            for (const Sent& sent : all) deliver(sent);
        }
    }
    /// Takes what is under way off the wire.
    std::vector<Sent> collect() {
        std::vector<Sent> all;
        for (Party* party : {&alice, &bob, &index}) {
            std::ranges::move(party->outbox, std::back_inserter(all));
            party->outbox.clear();
        }
        return all;
    }
    /// Time passes, with every timer on the way; what is sent waits on the wire.
    void advance(Duration by) {
        const TimePoint end = now + by;
        for (;;) {
            std::optional<TimePoint> next;
            for (Party* party : {&alice, &bob, &index})
                next = earlier(next, party->transport.nextDeadline());
            if (!next || *next > end) break;
            now = std::max(now, *next);
            for (Party* party : {&alice, &bob, &index}) party->transport.tick(now, *party);
        }
        now = end;
    }
    /// A confirmed session from alice to bob: {hers, his}.
    std::pair<wire::SessionIndex, wire::SessionIndex> talk() {
        alice.connect(bob, "early", now);
        settle();
        alice.ping(alice.known.back(), now);
        settle();
        return {alice.known.back(), bob.known.back()};
    }
};

}  // namespace im::sealed::test
