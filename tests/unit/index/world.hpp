// SPDX-License-Identifier: BSL-1.0
// World: an index with a network around it that only remembers, for tests.  Time stands still
// until advance().  Addresses: 10.0.0.x is our network, .254 the index's host and .255 the
// broadcast; 198.51.100.x and 203.0.113.x are the world outside.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/bytes.hpp"
#include "libim/base/datagram.hpp"
#include "libim/base/event.hpp"
#include "libim/index/classic_index.hpp"
#include "libim/wire/roster.hpp"
#include "libim/wire/utf16.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace im::index::test {

using namespace std::chrono_literals;

inline constexpr HashKey kTestKey{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

inline Address addressAt(std::string_view text) {
    return Address::parse(text).value();
}
inline Endpoint endpointAt(std::string_view text) {
    return Endpoint::parse(text).value();
}
inline Name nameOf(std::string_view text) {
    return Name::orThrow(text, ErrorKind::Software);
}

/// Remembers what was sent, by destination and in order.
class RecordingSink final : public Sink {
public:
    void send(const Destination& to, BytesView payload) override { deliver(to, payload); }

    /// As net::SendQueue does, copies nothing: the index keeps it until flush().
    void fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) override {
        ++fanOuts;
        kept_.push_back({payloads, to});
    }
    void flush() {
        for (const auto& [payloads, to] : std::exchange(kept_, {}))
            for (const Destination& one : to)
                for (const BytesView payload : payloads) deliver(one, payload);
    }

    std::map<Endpoint, std::vector<std::string>> heard;
    std::map<Endpoint, PathId> paths;  // of the latest to each
    std::size_t datagrams = 0;
    std::size_t bytes = 0;
    std::size_t fanOuts = 0;

private:
    struct FanOut {
        std::span<const BytesView> payloads;
        std::span<const Destination> to;
    };

    void deliver(const Destination& to, BytesView payload) {
        heard[to.to].push_back(wire::utf8FromUtf16le(payload));
        paths[to.to] = to.via;
        ++datagrams;
        bytes += payload.size();
    }

    std::vector<FanOut> kept_;
};

class RecordingObserver final : public Observer {
public:
    void happened(const Event& event) override { events.push_back(event); }
    void refused(Refusal why, const Endpoint& source) override {
        refusals.emplace_back(why, source);
    }

    /// "login alice 10.0.0.1:4000", "logout alice bye".
    std::vector<std::string> lines() const {
        std::vector<std::string> all;
        for (const Event& event : events)
            all.push_back(std::string(toString(event.type)) + " " + event.user + " " + event.text);
        return all;
    }

    std::vector<Event> events;
    std::vector<std::pair<Refusal, Endpoint>> refusals;
};

/// What a store keeps on its disk, and a store that keeps it there: for restarts.
struct Disk {
    std::map<StoreKey, StoredUser> users;
    std::map<Name, NameOwner> names;
    std::size_t commits = 0;  // that wrote something

    std::vector<StoredUser> stored() const {
        std::vector<StoredUser> all;
        for (const auto& [key, user] : users) all.push_back(user);
        return all;
    }
};

class DiskStore final : public Store {
public:
    explicit DiskStore(Disk& disk) : disk_(disk), users_(disk.users), names_(disk.names) {}

    std::size_t size() override { return disk_.users.size(); }
    void follow(const std::function<void(StoreKey, const StoredUser&)>& each) override {
        for (const auto& [key, user] : disk_.users) each(key, user);
    }
    StoreKey put(const StoredUser& user) override {
        const StoreKey key = users_.empty() ? 1 : users_.rbegin()->first + 1;
        users_.emplace(key, user);
        isDirty_ = true;
        return key;
    }
    void drop(StoreKey key) override { isDirty_ |= users_.erase(key) > 0; }
    std::size_t nameCount() override { return disk_.names.size(); }
    void followNames(const std::function<void(const NameOwner&)>& each) override {
        for (const auto& [name, owner] : disk_.names) each(owner);
    }
    NameTicket claim(const NameOwner& owner) override {
        isDirty_ = true;
        names_.emplace(owner.name, owner);
        return ++tickets_;
    }
    NameTicket release(const Name& name) override {
        isDirty_ = true;
        names_.erase(name);
        return ++tickets_;
    }
    NameTicket keptNames() const override { return keptNames_; }
    void commit() override {
        if (!isDirty_ || underWay_) return;
        underWay_ = {users_, names_, tickets_};
        isDirty_ = false;
        if (!isSlow_) write();
    }
    bool settled() const override { return !isDirty_ && !underWay_; }
    void settle() override {
        while (!settled()) {
            commit();
            write();
        }
    }
    StoreFigures figures() const override { return {}; }

    /// From now on a commit is done when write() is called.
    void slowDown() { isSlow_ = true; }
    void write() {
        if (!underWay_) return;
        disk_.users = underWay_->users;
        disk_.names = underWay_->names;
        keptNames_ = underWay_->tickets;
        underWay_.reset();
        ++disk_.commits;
    }

private:
    struct Commit {
        std::map<StoreKey, StoredUser> users;
        std::map<Name, NameOwner> names;
        NameTicket tickets;
    };

    Disk& disk_;
    std::map<StoreKey, StoredUser> users_;
    std::map<Name, NameOwner> names_;
    NameTicket tickets_ = 0;
    NameTicket keptNames_ = 0;
    bool isDirty_ = false;
    bool isSlow_ = false;
    std::optional<Commit> underWay_;
};

class World {
public:
    explicit World(Policy policy = {}) : policy_(std::move(policy)) {
        host_.localAddresses = {addressAt("10.0.0.254"), addressAt("127.0.0.1")};
        host_.broadcastAddresses = {addressAt("10.0.0.255")};
        host_.servedEndpoints = {endpointAt("0.0.0.0:4649")};
        host_.tcpPort = 4650;
        start();
    }

    /// Kills the index and starts it again with what its store had committed.
    void restart() { start(); }

    // What comes from the network.
    void say(std::string_view text, std::string_view from, PathId via = 3) {
        Bytes bytes;
        wire::appendUtf16le(bytes, text);
        sayBytes(bytes, from, via);
    }
    void sayBytes(BytesView bytes, std::string_view from, PathId via = 3) {
        index().receive({endpointAt(from), bytes, via, false}, now_, sink_);
    }
    void login(std::string_view name, std::string_view endpoint) {
        loginFrom(name, endpoint, endpoint);
    }
    void loginFrom(std::string_view name, std::string_view endpoint, std::string_view source) {
        say("login," + std::string(name) + "," + std::string(endpoint), source);
    }
    void logout(std::string_view name, std::string_view endpoint) {
        logoutFrom(name, endpoint, endpoint);
    }
    void logoutFrom(std::string_view name, std::string_view endpoint, std::string_view source) {
        say("logout," + std::string(name) + "," + std::string(endpoint), source);
    }
    void unreachable(std::string_view endpoint) { index().unreachable(endpointAt(endpoint), now_); }
    void tick(bool isBusy = false) {
        index().tick(now_, sink_, isBusy);
        sink_.flush();
    }
    void advance(Duration time) {
        now_ += time;
        tick();
    }

    /// What `endpoint` got since it was last asked, each datagram as text, in order.
    std::vector<std::string> heard(std::string_view endpoint) {
        return std::exchange(sink_.heard[endpointAt(endpoint)], {});
    }
    /// The names in the roster that `from` fetches, in order, or nothing when it gets none.
    std::optional<std::vector<std::string>> roster(std::string_view from) {
        const auto bytes = index().fetchRoster(addressAt(from), now_);
        if (!bytes) return {};
        wire::RosterReader reader;
        if (!reader.feed(asBytes(bytes->str()))) return {};
        std::vector<std::string> names;
        const auto entries = reader.finish();
        for (const auto& entry : *entries) names.push_back(entry.name);
        return names;
    }
    /// Whether tick() is wanted at once.
    bool isDue() {
        const auto deadline = index().nextDeadline();
        return deadline && *deadline <= now_;
    }
    std::uint64_t refused(Refusal why) {
        return index().counters().refused[static_cast<std::size_t>(why)];
    }

    ClassicIndex& index() { return *index_; }
    RecordingSink& sink() { return sink_; }
    RecordingObserver& observer() { return observer_; }
    Disk& disk() { return disk_; }
    DiskStore& store() { return *store_; }
    TimePoint now() const { return now_; }
    const Policy& policy() const { return policy_; }
    const HostFacts& host() const { return host_; }

private:
    void start() {
        index_.reset();
        store_ = std::make_unique<DiskStore>(disk_);
        index_ = std::make_unique<ClassicIndex>(policy_, host_, *store_, observer_, kTestKey, now_,
                                                WallTime(1'700'000'000s));
    }

    Policy policy_;
    HostFacts host_;
    Disk disk_;
    RecordingObserver observer_;
    RecordingSink sink_;
    TimePoint now_{1000s};
    std::unique_ptr<DiskStore> store_;
    std::unique_ptr<ClassicIndex> index_;
};

using Lines = std::vector<std::string>;

/// A policy that serves everybody everywhere, so that a test may attack from outside.
inline Policy openToAll() {
    Policy policy;
    policy.classicFrom = *parseCidrList("0.0.0.0/0,::/0");
    return policy;
}

}  // namespace im::index::test
