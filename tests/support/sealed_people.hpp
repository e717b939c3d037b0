// SPDX-License-Identifier: BSL-1.0
// People of the sealed profile on the simulated network: listeners with a reader who may be slow,
// senders, and an index: the model, or the real one (tests/sim).  Identities outlive processes.
#pragma once

#include "libim/noise/primitives.hpp"
#include "libim/talk/sealed_listener.hpp"
#include "libim/talk/sealed_sender.hpp"
#include "tests/support/sealed_index_model.hpp"
#include "tests/support/sim_network.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace im::test {

using namespace std::chrono_literals;

inline const Endpoint kPeopleIndexAt = *Endpoint::parse("192.0.2.1:4649");

/// What stays of somebody when his programs end.
struct Person {
    explicit Person(std::string_view called, std::uint64_t seed)
        : name(*Name::parse(called)), random(seed), identity(noise::Identity::generate(random)) {}
    Name name;
    SeededRandom random;
    noise::Identity identity;
    MemoryPins pins;
};

/// An index and the network.
struct PeopleWorld {
    explicit PeopleWorld(std::uint64_t seed) : network(seed) { noise::initialise(); }
    PeopleWorld(const PeopleWorld&) = delete;
    PeopleWorld& operator=(const PeopleWorld&) = delete;
    virtual ~PeopleWorld() = default;

    [[nodiscard]] virtual PeopleIndex& host() = 0;

    void stopIndex() {
        if (network.isAttached(kPeopleIndexAt)) network.detach(kPeopleIndexAt);
    }
    void startIndex() {
        host().start(network.now());
        network.attach(kPeopleIndexAt, host());
    }
    void restartIndex() {
        stopIndex();
        startIndex();
    }
    [[nodiscard]] TimePoint now() const { return network.now(); }
    [[nodiscard]] talk::SealedIndexLink::Options linkOf(const Person& person) {
        talk::SealedIndexLink::Options options{.self = person.name,
                                               .local = *Endpoint::parse("10.0.0.1:5000"),
                                               .index = {kPeopleIndexAt},
                                               .seed = network.random()()};
        return options;
    }
    [[nodiscard]] sealed::CardClock clock() const { return {today, network.now()}; }

    sim::Network network;
    sealed::UnixSeconds today = kModelToday;  ///< as people's machines have it, from now on
};

/// With the model.
struct SealedWorld : PeopleWorld {
    explicit SealedWorld(std::uint64_t seed = 1) : PeopleWorld(seed), index(seed + 1000) {
        startIndex();
    }
    ~SealedWorld() override { stopIndex(); }
    [[nodiscard]] PeopleIndex& host() override { return index; }

    IndexModel index;
};

class SealedListenerNode final : public sim::Node, public talk::ListenReader {
public:
    SealedListenerNode(PeopleWorld& world, Person& person, std::string_view at,
                       bool allowClassic = false)
        : world_(world),
          here(*Endpoint::parse(at)),
          listener({world.linkOf(person), allowClassic}, world.host().card(), person.identity,
                   world.clock(), person.random, person.pins, *this, world.now()) {
        world_.network.attach(here, *this);
    }
    ~SealedListenerNode() override { world_.network.detach(here); }

    void act(const std::function<void(Sink&)>& what) { world_.network.act(here, what); }
    void start() {
        act([this](Sink& sink) { listener.start(world_.now(), sink); });
    }
    /// As after a restart: never silent, tries until it is online.
    void adopt() {
        act([this](Sink& sink) { listener.adopt(talk::Contacts(), world_.now(), sink); });
    }
    void logout() {
        act([this](Sink& sink) { listener.logout(world_.now(), sink); });
    }
    void move(std::string_view to) {
        world_.network.detach(here);
        here = *Endpoint::parse(to);
        world_.network.attach(here, *this);
    }
    /// The reader takes what waits for him.
    void readAll() {
        act([this](Sink& sink) {
            while (queued > 0) {
                const std::size_t count = std::exchange(queued, 0);
                listener.written(count, world_.now(), sink);
            }
        });
    }
    [[nodiscard]] std::size_t count(std::string_view line) const {
        return static_cast<std::size_t>(std::ranges::count(lines, line));
    }

    // Node
    void receive(const Datagram& datagram, TimePoint now, Sink& sink) override {
        listener.receive(datagram, now, sink);
    }
    void tick(TimePoint now, Sink& sink) override { listener.tick(now, sink); }
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const override {
        return listener.nextDeadline();
    }
    void endTurn(TimePoint now) override {
        auto& link = listener.link();
        if (link.takeRosterFetch()) link.rosterConnected(now);
        const Bytes out = link.takeRosterOutput();
        if (out.empty()) return;
        PeopleWorld& world = world_;
        const auto answer = [this, &world, out, from = here, alive = std::weak_ptr(alive_)] {
            const Bytes back = world.host().tcp(from, out, world.now());
            bool goesOn = false;
            if (!alive.expired() && from == here)
                act([&](Sink&) { goesOn = listener.link().rosterReceived(back, world.now()); });
            if (!goesOn) world.host().tcpEnded(from, world.now());
        };
        world.network.later(5ms, answer);
    }

    // ListenReader
    void tell(const Event& event) override { note(event); }
    talk::Shown show(const Event& event, bool isHurried) override {
        note(event);
        texts.push_back(event.text);
        ids.push_back(event.id);
        if (isBlind) return talk::Shown::Unseen;
        const bool isNow = !isStopped && (isHurried || !isLazy) && queued == 0;
        if (!isNow) ++queued;
        return isNow ? talk::Shown::Written : talk::Shown::Later;
    }
    void asked(const talk::Asker& asker) override { askers.push_back(asker); }
    void notice(const std::string& text) override { notices.push_back(text); }

private:
    void note(const Event& event) {
        lines.push_back(std::string(toString(event.type)) +
                        (event.user.empty() ? "" : " " + event.user) + " " +
                        std::string(toString(event.trust)) + " " + event.text);
    }
    PeopleWorld& world_;
    std::shared_ptr<int> alive_ = std::make_shared<int>();

public:
    Endpoint here;
    bool isStopped = false;
    bool isLazy = false;
    bool isBlind = false;  ///< shows nobody anything
    std::size_t queued = 0;
    std::vector<std::string> lines;
    std::vector<std::string> texts;
    std::vector<std::string> ids;
    std::vector<std::string> notices;
    std::vector<talk::Asker> askers;
    talk::SealedListener listener;
};

class SealedSenderNode final : public sim::Node {
public:
    struct Choice {
        bool early = true;
        Duration timeout = 5s;
        Duration patience = 5s;  ///< with the index
    };
    SealedSenderNode(PeopleWorld& world, Person& person, std::string_view at)
        : SealedSenderNode(world, person, at, Choice()) {}
    SealedSenderNode(PeopleWorld& world, Person& person, std::string_view at, Choice choice)
        : world_(world),
          here(*Endpoint::parse(at)),
          sender({patient(world.linkOf(person), choice.patience), choice.early, choice.timeout},
                 world.host().card(), person.identity, world.clock(), person.random, person.pins,
                 world.now()) {
        world_.network.attach(here, *this);
    }
    ~SealedSenderNode() override { world_.network.detach(here); }

    void act(const std::function<void(Sink&)>& what) { world_.network.act(here, what); }
    /// One message, or nothing when there is no room; sent at once.
    bool say(std::size_t to, std::string_view text, bool isLast = false,
             talk::TalkKind kind = talk::TalkKind::Talk, std::string_view re = {}) {
        bool isTaken = false;
        act([&](Sink& sink) {
            isTaken = sender.push(to, kind, re, "2026-11-22T17:43:50.001Z", text, world_.now()) ==
                      talk::Push::Taken;
            if (isLast) sender.finish(to);
            sender.tick(world_.now(), sink);
        });
        return isTaken;
    }
    std::size_t add(const Person& person,
                    const std::optional<talk::SealedSender::Cached>& cached = {}) {
        return sender.add(person.name, cached, {}, world_.now());
    }
    /// add() and the only message.
    void once(const Person& person, std::string_view text,
              const std::optional<talk::SealedSender::Cached>& cached = {}) {
        say(add(person, cached), text, true);
    }
    void move(std::string_view to) {
        world_.network.detach(here);
        here = *Endpoint::parse(to);
        world_.network.attach(here, *this);
    }
    [[nodiscard]] std::size_t count(talk::SendResult result) const {
        return static_cast<std::size_t>(
            std::ranges::count(receipts, result, &talk::SendReceipt::result));
    }

    void receive(const Datagram& datagram, TimePoint now, Sink& sink) override {
        sender.receive(datagram, now, sink);
    }
    void tick(TimePoint now, Sink& sink) override { sender.tick(now, sink); }
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const override {
        return sender.nextDeadline();
    }
    void endTurn(TimePoint) override {
        std::ranges::move(sender.takeReceipts(), std::back_inserter(receipts));
        std::ranges::move(sender.takeReplies(), std::back_inserter(replies));
    }

private:
    static talk::SealedIndexLink::Options patient(talk::SealedIndexLink::Options options,
                                                  Duration patience) {
        options.patience = patience;
        return options;
    }

    PeopleWorld& world_;

public:
    Endpoint here;
    std::vector<talk::SendReceipt> receipts;
    std::vector<talk::SendReply> replies;
    talk::SealedSender sender;
};

}  // namespace im::test
