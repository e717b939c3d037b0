// SPDX-License-Identifier: BSL-1.0
// SealedWorld: an index of both profiles with sealed clients around it, all in one thread.  What is
// sent waits on the wire until settle() delivers it or collect() takes it off.  Time stands still
// until advance().
#pragma once

#include "libim/index/sealed_index.hpp"
#include "tests/support/sealed_party.hpp"
#include "tests/unit/index/world.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace im::index::test {

using sealed::test::Party;
using sealed::test::Sent;

/// A disk with names on it, which may be slow to take them.
class NamesStore final : public Store {
public:
    struct Names {
        std::map<std::string, noise::IdentityKey> owners;
    };
    explicit NamesStore(Names& names) : names_(names) {}

    std::size_t size() override { return 0; }
    void follow(const std::function<void(StoreKey, const StoredUser&)>&) override {}
    StoreKey put(const StoredUser&) override { return ++keys_; }
    void drop(StoreKey) override {}
    std::size_t nameCount() override { return names_.owners.size(); }
    void followNames(const std::function<void(const NameOwner&)>& each) override {
        for (const auto& [name, identity] : names_.owners) each({nameOf(name), identity, 0});
    }
    NameTicket claim(const NameOwner& owner) override {
        waiting_.emplace_back(owner.name.str(), owner.identity);
        if (!isSlow) write();
        return ++tickets_;
    }
    NameTicket release(const Name& name) override {
        names_.owners.erase(name.str());
        return ++tickets_;
    }
    NameTicket keptNames() const override { return isSlow ? kept_ : tickets_; }
    void commit() override {}
    bool settled() const override { return true; }
    void settle() override { write(); }
    StoreFigures figures() const override { return {}; }

    /// Everything claimed so far is on the disk now.
    void write() {
        for (auto& [name, identity] : waiting_) names_.owners.emplace(name, identity);
        waiting_.clear();
        kept_ = tickets_;
    }

    bool isSlow = false;

private:
    Names& names_;
    std::vector<std::pair<std::string, noise::IdentityKey>> waiting_;
    StoreKey keys_ = 0;
    NameTicket tickets_ = 0;
    NameTicket kept_ = 0;
};

class SealedWorld {
public:
    explicit SealedWorld(Policy policy = {}) : policy_(std::move(policy)), random_(99) {
        noise::initialise();
        x_ = std::make_unique<noise::Identity>(noise::Identity::generate(random_));
        host_.servedEndpoints = {at_};
        host_.tcpPort = 4650;
        start();
    }

    /// The process dies; the names on its disk do not.
    void restart() { start(); }

    /// Somebody with an identity of his own; the same `seed` is the same identity,
    /// in another process.
    Party& party(std::string_view name, std::string_view at, std::uint64_t seed) {
        parties_.push_back(std::make_unique<Party>(name, at, seed, *x_));
        Party& one = *parties_.back();
        for (int i = 0; i < processes_[seed]; ++i) one.transport.rotateKey(now, one);
        ++processes_[seed];
        one.diary.clear();
        return one;
    }
    /// Begins a login; settle() brings it to its end.
    wire::SessionIndex begin(Party& who, std::string_view local = "10.0.0.9:5000") {
        return ask(who, "login," + who.card().body.name + "," + std::string(local));
    }
    /// Begins a session with that TEXT in its INIT.
    wire::SessionIndex ask(Party& who, std::string_view text) {
        Bytes records;
        wire::appendRecord(records, wire::TextRecord{text});
        const Destination to{at_};
        return who.transport.connect(card(), std::span(&to, 1), records, now, who).value_or(0);
    }
    /// A whole login: INIT, RESP, PING, PONG.
    wire::SessionIndex login(Party& who, std::string_view local = "10.0.0.9:5000") {
        const wire::SessionIndex session = begin(who, local);
        settle();
        who.ping(session, now);
        settle();
        return session;
    }
    void say(Party& who, wire::SessionIndex session, std::string_view text) {
        who.say(session, text, now);
        settle();
    }
    void classicLogin(std::string_view name, std::string_view at) {
        Bytes bytes;
        wire::appendUtf16le(bytes, "login," + std::string(name) + "," + std::string(at));
        classic().receive({endpointAt(at), bytes, 3, false}, now, classicSink);
        tick();
    }
    void classicLogout(std::string_view name, std::string_view at) {
        Bytes bytes;
        wire::appendUtf16le(bytes, "logout," + std::string(name) + "," + std::string(at));
        classic().receive({endpointAt(at), bytes, 3, false}, now, classicSink);
        tick();
    }

    /// A datagram from anywhere.
    void deliver(const Sent& sent) {
        if (sent.to.to == at_)
            return index().receive({sent.from, sent.bytes, 3, false}, now, indexSink_);
        for (const auto& party : parties_) {
            if (party->here != sent.to.to) continue;
            party->transport.receive({at_, sent.bytes, 0, false}, now, *party);
        }
    }
    /// What `who` and the index have for each other, quickly.
    void flushOne(Party& who) {
        for (const Sent& sent : std::exchange(who.outbox, {})) deliver(sent);
        index().tick(now, indexSink_);
        for (const Sent& sent : std::exchange(indexSink_.sent, {}))
            who.transport.receive({at_, sent.bytes, 0, false}, now, who);
    }
    static std::string deltaBy(RosterVersion to, unsigned changes) {
        return "delta," + std::to_string(to - changes) + "," + std::to_string(to);
    }
    /// Takes what is under way off the wire.
    std::vector<Sent> collect() {
        std::vector<Sent> all = std::exchange(indexSink_.sent, {});
        for (const auto& party : parties_) {
            std::ranges::move(party->outbox, std::back_inserter(all));
            party->outbox.clear();
        }
        return all;
    }
    void tick() {
        store().commit();
        classic().tick(now, classicSink);
        classicSink.flush();
        index().tick(now, indexSink_);
    }
    void settle() {
        for (int rounds = 0; rounds < 1'000; ++rounds) {
            tick();
            const std::vector<Sent> all = collect();
            if (all.empty()) return;
            for (const Sent& sent : all) deliver(sent);
        }
    }
    void advance(Duration by) {
        const TimePoint end = now + by;
        while (true) {
            auto next = index().nextDeadline();
            for (const auto& party : parties_)
                next = earlier(next, party->transport.nextDeadline());
            if (!next || *next > end) break;
            now = std::max(now + 1ms, *next);
            for (const auto& party : parties_) party->transport.tick(now, *party);
            settle();
        }
        now = std::max(now, end);
        settle();
    }

    /// The lines of the roster as it comes over a TCP connection of that identity.
    Lines roster(std::string_view name, std::uint64_t seed, std::string_view at,
                 std::string_view early = {}) {
        Party stream(name, at, seed, *x_);
        const Destination to{at_, kStreamPath};
        Bytes records;
        if (!early.empty()) wire::appendRecord(records, wire::TextRecord{early});
        stream.transport.connect(card(), std::span(&to, 1), records, now, stream);
        exchange(stream);
        if (stream.known.empty()) return {};
        stream.say(stream.known.front(), "roster,0,", now);
        exchange(stream);
        while (index().writeStream(stream.here, now, indexSink_)) exchange(stream);
        index().streamEnded(stream.here, now);
        return heard(stream);
    }

    /// The TEXT that `who` has been told since last asked, line by line.
    static Lines heard(Party& who) {
        Lines lines;
        for (const std::string& line : who.diary) append(lines, line);
        who.diary.clear();
        return lines;
    }

    const sealed::Card& card() { return index().transport().keys().current().card; }
    const noise::Identity& identity() const { return *x_; }
    SealedIndex& index() { return *index_; }
    ClassicIndex& classic() { return *classic_; }
    NamesStore& store() { return *store_; }
    RecordingObserver& observer() { return observer_; }
    const Endpoint& at() const { return at_; }

    TimePoint now = sealed::test::kStart;
    RecordingSink classicSink;

    class Wire final : public Sink {
    public:
        explicit Wire(Endpoint from) : from_(from) {}
        void send(const Destination& to, BytesView payload) override {
            sent.push_back({from_, to, Bytes(payload.begin(), payload.end())});
        }
        void fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) override {
            for (const Destination& one : to)
                for (const BytesView payload : payloads) send(one, payload);
        }
        std::vector<Sent> sent;

    private:
        Endpoint from_;
    };
    Wire& wire() { return indexSink_; }

private:
    static void append(Lines& lines, const std::string& diary) {
        for (std::size_t at = diary.find('<'); at != std::string::npos; at = diary.find('<', at)) {
            const std::size_t end = diary.find('>', at);
            wire::forEachLine(std::string_view(diary).substr(at + 1, end - at - 1),
                              [&](std::string_view line) { lines.emplace_back(line); });
            at = end;
        }
    }
    void exchange(Party& stream) {
        for (int rounds = 0; rounds < 10; ++rounds) {
            for (const Sent& sent : std::exchange(stream.outbox, {}))
                index().receiveStream(stream.here, sent.bytes, now, indexSink_);
            for (const Sent& sent : std::exchange(indexSink_.sent, {}))
                if (sent.to.via == kStreamPath)
                    stream.transport.receiveTcp({at_, sent.bytes, kStreamPath, false}, now, stream);
            if (stream.outbox.empty()) return;
        }
    }
    void start() {
        classic_.reset();
        index_.reset();
        store_ = std::make_unique<NamesStore>(names_);
        const WallTime calendar{
            std::chrono::seconds(sealed::test::kToday) +
            std::chrono::duration_cast<std::chrono::milliseconds>(now - sealed::test::kStart)};
        index_ = std::make_unique<SealedIndex>(
            policy_, SealedIndex::Self{*x_, random_, calendar, std::uint16_t{4651}}, *store_,
            observer_, kTestKey, now);
        classic_ = std::make_unique<ClassicIndex>(policy_, host_, *store_, observer_, kTestKey, now,
                                                  calendar);
        index_->meet(*classic_);
        classic_->meet(*index_);
    }

    Policy policy_;
    Endpoint at_ = endpointAt("192.0.2.1:4649");
    HostFacts host_;
    im::test::SeededRandom random_;
    std::unique_ptr<noise::Identity> x_;
    NamesStore::Names names_;
    RecordingObserver observer_;
    Wire indexSink_{at_};
    std::map<std::uint64_t, int> processes_;
    std::vector<std::unique_ptr<Party>> parties_;
    std::unique_ptr<NamesStore> store_;
    std::unique_ptr<SealedIndex> index_;
    std::unique_ptr<ClassicIndex> classic_;
};

}  // namespace im::index::test
