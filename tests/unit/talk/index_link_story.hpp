// SPDX-License-Identifier: BSL-1.0
// One sealed client's link on the simulated network, with an index that may be silent, restart,
// change.  The roster goes over a connection that never loses anything.
#pragma once

#include "libim/noise/primitives.hpp"
#include "libim/talk/sealed_index_link.hpp"
#include "tests/support/sealed_index_model.hpp"
#include "tests/support/sim_network.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace im::test {

using namespace std::chrono_literals;

inline const Endpoint kIndexAt = *Endpoint::parse("192.0.2.1:4649");

/// A program with nothing but a link: what found() and notFound() said, and events, as lines.
class LinkClient final : public sim::Node,
                         public sealed::TransportEvents,
                         public talk::IndexLinkEvents {
public:
    LinkClient(sim::Network& network, IndexModel& index, std::string_view name, std::string_view at,
               std::uint64_t seed, bool logsIn = true, bool rosterFirst = false)
        : LinkClient(network, index, index.card(), name, at, seed, logsIn, rosterFirst) {}

    LinkClient(sim::Network& network, IndexModel& index, const sealed::Card& card,
               std::string_view name, std::string_view at, std::uint64_t seed, bool logsIn,
               bool rosterFirst)
        : network_(network),
          index_(index),
          random_(seed),
          identity_(noise::Identity::generate(random_)),
          here(*Endpoint::parse(at)),
          transport(
              sealed::clientSettings(),
              sealed::Holder{identity_, card.identity(), sealed::CardRole::User, std::string(name)},
              sealed::CardClock(kModelToday, network.now()), random_, *this, network.now()),
          link({.self = *Name::parse(name),
                .login = logsIn,
                .local = *Endpoint::parse("10.0.0.1:5000"),
                .index = {kIndexAt},
                .seed = seed,
                .rosterFirst = rosterFirst},
               card, transport, random_, pins, *this) {
        pins.pinIndex(card);
        network_.attach(here, *this);
    }
    ~LinkClient() override { network_.detach(here); }

    void act(const std::function<void(Sink&)>& what) { network_.act(here, what); }
    void start() {
        act([this](Sink& sink) { link.start(network_.now(), sink); });
    }
    void lookup(std::string_view name) {
        act([&](Sink& sink) { link.lookup(name, network_.now(), sink); });
    }
    /// The NAT gives us another address.
    void move(std::string_view to) {
        network_.detach(here);
        here = *Endpoint::parse(to);
        network_.attach(here, *this);
    }
    [[nodiscard]] std::size_t count(std::string_view line) const {
        return static_cast<std::size_t>(std::ranges::count(diary, line));
    }

    void receive(const Datagram& datagram, TimePoint now, Sink& sink) override {
        talk::RosterPathFilter filtered(sink, link.rosterSink());
        if (!link.receive(datagram, now, filtered)) transport.receive(datagram, now, filtered);
    }
    void tick(TimePoint now, Sink& sink) override {
        talk::RosterPathFilter filtered(sink, link.rosterSink());
        transport.tick(now, filtered);
        link.tick(now, filtered);
    }
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const override {
        return earlier(transport.nextDeadline(), link.nextDeadline());
    }
    void endTurn(TimePoint now) override {
        for (const Event& event : link.presence().takeEvents())
            diary.push_back(std::string(toString(event.type)) +
                            (event.user.empty() ? "" : " " + event.user) + " " +
                            std::string(toString(event.trust)) + " " + event.text);
        if (link.takeRosterFetch()) {
            ++fetches;
            if (hasTcp) {
                link.rosterConnected(now);
            } else {
                link.rosterClosed(now);
            }
        }
        const Bytes out = link.takeRosterOutput();
        if (out.empty() || !hasTcp) return;
        if (unansweredFrames > 0 && unansweredFrames-- > 0) return;
        network_.later(5ms, [this, out] {
            const Bytes back = index_.tcp(here, out, network_.now());
            act([&](Sink&) { (void)link.rosterReceived(back, network_.now()); });
        });
    }

    sealed::Answer introduced(const sealed::Introduction&, TimePoint) override { return {}; }
    void confirmed(wire::SessionIndex, const sealed::Card&, const wire::Records&, TimePoint,
                   Sink&) override {}
    void established(wire::SessionIndex session, const sealed::Card&, const wire::Records& records,
                     TimePoint now, Sink& sink) override {
        if (link.owns(session)) link.established(session, records, now, sink);
    }
    void unanswered(wire::SessionIndex session, TimePoint now, Sink& sink) override {
        if (link.owns(session)) link.unanswered(session, now, sink);
    }
    void cardRefreshed(wire::SessionIndex session, const sealed::Card& card) override {
        if (link.owns(session)) link.cardRefreshed(card);
    }
    void received(wire::SessionIndex session, const wire::Records& records, std::uint64_t,
                  TimePoint now, Sink& sink) override {
        if (link.owns(session)) link.received(session, records, now, sink);
    }
    void moved(wire::SessionIndex, const Destination&, TimePoint, Sink&) override {}
    void rekeyDue(wire::SessionIndex session, TimePoint now, Sink& sink) override {
        ++rekeys;
        if (link.owns(session)) link.rekeyDue(session, now, sink);
    }
    void closed(wire::SessionIndex session, std::uint64_t, sealed::Ending why, wire::CloseCode code,
                std::string_view text, TimePoint now, Sink& sink) override {
        if (link.owns(session)) link.closed(session, why, code, text, now, sink);
    }
    void keyRotated(const sealed::Card&, TimePoint now, Sink& sink) override {
        link.cardChanged(now, sink);
    }
    void keyRetired(std::uint32_t) override {}

    void found(const talk::FoundPeer& peer, TimePoint, Sink&) override {
        diary.push_back("found " + peer.name + " " + peer.observed.toString() +
                        (peer.card ? " card" : "") + (peer.flags.classic ? " classic" : ""));
        lastCard = peer.card;
    }
    void notFound(std::string_view name, talk::NotFound why, TimePoint, Sink&) override {
        diary.push_back("not found " + std::string(name) + " " +
                        std::to_string(static_cast<int>(why)));
    }

private:
    sim::Network& network_;
    IndexModel& index_;
    SeededRandom random_;
    noise::Identity identity_;

public:
    Endpoint here;
    MemoryPins pins;
    std::vector<std::string> diary;
    std::optional<sealed::Card> lastCard;
    bool hasTcp = true;
    std::size_t unansweredFrames = 0;  ///< so many pieces the index leaves alone
    std::size_t fetches = 0;
    std::size_t rekeys = 0;
    sealed::Transport transport;
    talk::SealedIndexLink link;
};

/// An index and the network.
struct IndexWorld {
    explicit IndexWorld(std::uint64_t seed = 1) : network(seed), index(seed + 1000) {
        noise::initialise();
        index.start(network.now());
        network.attach(kIndexAt, index);
    }
    ~IndexWorld() {
        if (network.isAttached(kIndexAt)) network.detach(kIndexAt);
    }
    void stop() { network.detach(kIndexAt); }
    void restart() {
        index.start(network.now());
        network.attach(kIndexAt, index);
    }
    void act(const std::function<void(Sink&, TimePoint)>& what) {
        network.act(kIndexAt, [&](Sink& sink) { what(sink, network.now()); });
    }
    void invent(const std::string& name, const std::string& at, bool isClassic = false) {
        act([&](Sink& sink, TimePoint now) { index.invent(name, at, isClassic, sink, now); });
    }

    sim::Network network;
    IndexModel index;
};

}  // namespace im::test
