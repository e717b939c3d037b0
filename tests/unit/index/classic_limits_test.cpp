// SPDX-License-Identifier: BSL-1.0
// ClassicIndex: what it refuses to hold or to do, and what a million users cost it.
#include "tests/support/catch.hpp"
#include "tests/unit/index/world.hpp"

using namespace im::index;
using namespace im::index::test;

namespace {

std::string numberedEndpoint(std::size_t number) {
    return "10." + std::to_string(1 + (number >> 16U & 0xFFU)) + "." +
           std::to_string(number >> 8U & 0xFFU) + "." + std::to_string(number & 0xFFU) + ":4000";
}

Policy unlimited() {
    Policy policy;
    policy.rate = 0;
    policy.maxPerIp = 0;
    policy.announcementsPerTick = std::size_t{1} << 40U;
    return policy;
}

}  // namespace

TEST_CASE("At most max-users are online, and a renewal or replacement is none more") {
    Policy policy;
    policy.maxUsers = 2;
    World world(policy);
    world.login("alice", "10.0.0.1:4000");
    world.login("bob", "10.0.0.2:4000");
    world.login("carol", "10.0.0.3:4000");
    CHECK(world.refused(Refusal::Full) == 1);
    world.login("alice", "10.0.0.1:4000");
    world.login("alice", "10.0.0.1:4001");
    CHECK(world.refused(Refusal::Full) == 1);
    CHECK(world.index().userCount() == 2);
    world.logout("bob", "10.0.0.2:4000");
    world.login("carol", "10.0.0.3:4000");
    CHECK(world.index().userCount() == 2);
}

TEST_CASE("A reload with fewer max-users throws nobody out") {
    World world;
    world.login("alice", "10.0.0.1:4000");
    world.login("bob", "10.0.0.2:4000");
    Policy policy;
    policy.maxUsers = 1;
    world.index().setPolicy(policy);
    CHECK(world.index().userCount() == 2);
    world.login("carol", "10.0.0.3:4000");
    CHECK(world.refused(Refusal::Full) == 1);
}

TEST_CASE("At most max-per-ip are online at one address, pending ones counted") {
    Policy policy = openToAll();
    policy.maxPerIp = 2;
    World world(policy);
    world.login("a", "198.51.100.1:1");
    CHECK(world.roster("198.51.100.1"));
    world.login("b", "198.51.100.1:2");
    world.login("c", "198.51.100.1:3");
    CHECK(world.refused(Refusal::PerIp) == 1);
    world.login("a", "198.51.100.1:1");
    world.login("a", "198.51.100.1:4");
    world.login("b", "198.51.100.1:5");
    CHECK(world.refused(Refusal::PerIp) == 1);
    CHECK(world.index().userCount() == 1);
    CHECK(world.index().pendingCount() == 1);
    world.login("c", "198.51.100.2:3");
    CHECK(world.index().pendingCount() == 2);
}

TEST_CASE("Addresses of 127.0.0.0/8 are several for max-per-ip") {
    Policy policy;
    policy.maxPerIp = 1;
    World world(policy);
    world.login("a", "127.0.0.1:1");
    world.login("b", "127.0.0.2:1");
    CHECK(world.index().userCount() == 2);
    world.login("a", "127.0.0.2:2");
    CHECK(world.refused(Refusal::PerIp) == 1);
    CHECK(world.roster("127.0.0.1") == Lines{"a", "b"});
}

TEST_CASE("Max-per-ip 0 is no limit") {
    World world(unlimited());
    for (int i = 0; i < 5000; ++i)
        world.login("user" + std::to_string(i), "10.0.0.1:" + std::to_string(1 + i));
    CHECK(world.index().userCount() == 5000);
}

TEST_CASE("A source above its rate is refused in silence, and the others are not") {
    World world;
    for (int i = 0; i < 1000; ++i) world.login("alice", "10.0.0.1:4000");
    CHECK(world.heard("10.0.0.1:4000").size() == 400);
    CHECK(world.refused(Refusal::Rate) == 600);
    world.login("bob", "10.0.0.2:4000");
    CHECK(world.index().userCount() == 2);
    world.advance(1s);
    world.heard("10.0.0.1:4000");
    for (int i = 0; i < 1000; ++i) world.login("alice", "10.0.0.1:4000");
    CHECK(world.heard("10.0.0.1:4000").size() == 200);
}

TEST_CASE("Pending logins are bounded, and the oldest is given up first") {
    Policy policy = openToAll();
    policy.rate = 0;
    policy.maxPerIp = 0;
    World world(policy);
    for (std::size_t i = 0; i < kMaxPending; ++i)
        world.login("user" + std::to_string(i),
                    "198.51." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ":1");
    CHECK(world.index().pendingCount() == kMaxPending);
    world.login("alice", "203.0.113.2:4000");
    CHECK(world.index().pendingCount() == kMaxPending);
    CHECK(world.refused(Refusal::Full) == 1);
    CHECK(world.observer().refusals.back().second == endpointAt("198.51.0.0:1"));
    CHECK(world.roster("203.0.113.2") == Lines{"alice"});
}

TEST_CASE("A login of the longest name, every letter a surrogate pair, is not too long") {
    World world;
    std::string name;
    for (int i = 0; i < 8; ++i) name += "\U0001F600";
    world.say("login," + name + ",255.255.255.254:65535", "10.0.0.1:4000");
    CHECK(world.refused(Refusal::Oversize) == 0);
    world.login(name, "10.0.0.1:4000");
    CHECK(world.roster("10.0.0.1") == Lines{name});
}

TEST_CASE("A login costs the same number of calls however many are online") {
    World world(unlimited());
    std::size_t calls = 0;
    for (std::size_t batch = 0; batch < 300; ++batch) {
        for (std::size_t i = 0; i < 10; ++i) {
            const std::size_t number = batch * 10 + i;
            world.login("user" + std::to_string(number), numberedEndpoint(number));
        }
        world.sink().fanOuts = 0;
        world.tick();
        calls = std::max(calls, world.sink().fanOuts);
    }
    // One to all who were there, one to each newcomer but the last, who heard of nobody.
    CHECK(calls == 10);
    CHECK(world.index().userCount() == 3000);
}

namespace {

/// Counts as a network would, in time that does not depend on the number of destinations.
class CountingSink final : public im::Sink {
public:
    void send(const im::Destination& /*to*/, im::BytesView /*payload*/) override { ++sends; }
    void fanOut(std::span<const im::BytesView> payloads,
                std::span<const im::Destination> to) override {
        ++fanOuts;
        datagrams += payloads.size() * to.size();
    }

    std::uint64_t sends = 0;
    std::uint64_t fanOuts = 0;
    std::uint64_t datagrams = 0;
};

class SilentObserver final : public Observer {
public:
    void happened(const im::Event& /*event*/) override {}
    void refused(Refusal /*why*/, const im::Endpoint& /*source*/) override {}
};

}  // namespace

TEST_CASE("A million users log in in batches, each with few calls and a tick that is not long") {
    MemoryStore store;
    SilentObserver observer;
    CountingSink sink;
    const im::TimePoint now{1000s};
    HostFacts host;
    host.tcpPort = 4650;
    ClassicIndex index(unlimited(), host, store, observer, kTestKey, now);
    constexpr std::uint64_t kUsers = 1'000'000;
    constexpr std::uint64_t kBatch = 64;
    im::Bytes bytes;
    for (std::uint64_t i = 0; i < kUsers; ++i) {
        const im::Endpoint endpoint{
            im::Address::v4({10, static_cast<std::uint8_t>(i >> 16U),
                             static_cast<std::uint8_t>(i >> 8U), static_cast<std::uint8_t>(i)}),
            4000};
        bytes.clear();
        im::wire::appendUtf16le(bytes,
                                "login,user" + std::to_string(i) + "," + endpoint.toString());
        index.receive({endpoint, bytes, 0, false}, now, sink);
        if (i % kBatch == kBatch - 1) index.tick(now, sink);
    }
    index.tick(now, sink);
    CHECK(index.userCount() == kUsers);
    CHECK(sink.sends == kUsers);
    CHECK(sink.fanOuts <= kUsers / kBatch * kBatch);
    CHECK(sink.datagrams == kUsers * (kUsers - 1) / 2);
    CHECK(index.counters().announcements == sink.datagrams);
}
