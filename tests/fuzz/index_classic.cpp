// SPDX-License-Identifier: BSL-1.0
// Laws of the classic index, whatever it is sent, by whomever and whenever: it does not fall
// over; its tables agree; its roster is one; nothing goes to an endpoint that is no single
// program or is the index itself; and an address outside that has never fetched the roster gets
// at most one answer to each of its datagrams, in all at most three times what it sent.
//
// Input: a byte of policy, then steps.  A step is a byte that says what (the lower three bits)
// and from which endpoint (the others), then what that needs.
#include "libim/index/classic_index.hpp"
#include "libim/wire/classic_codec.hpp"
#include "libim/wire/roster.hpp"
#include "libim/wire/utf16.hpp"
#include "tests/fuzz/law.hpp"
#include "tests/unit/index/world.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>

using namespace im;
using namespace im::index;
using namespace std::chrono_literals;

namespace {

constexpr std::array<const char*, 16> kEndpoints{
    "10.0.0.1:4000",      "10.0.0.1:4001",    "10.0.0.2:4000",  "127.0.0.1:4000",
    "127.7.7.2:4002",     "198.51.100.1:1",   "198.51.100.1:2", "203.0.113.5:4000",
    "[2001:db8::1]:4000", "10.0.0.254:4649",  "127.0.0.1:4649", "10.0.0.255:4000",
    "224.0.0.1:4000",     "203.0.113.5:4649", "0.0.0.0:4000",   "10.0.0.3:0"};
constexpr std::array<const char*, 8> kNames{"a", "b", "carol", "天涯", "end", "x;y", "", "-x"};
constexpr std::size_t kMostUsers = 6;

Endpoint endpoint(std::size_t number) {
    return Endpoint::parse(kEndpoints[number % kEndpoints.size()]).value();
}

bool isOfHost(const Address& address) {
    return address.isLoopback() || address == endpoint(9).address;
}

/// What was sent where, and the laws that need no more than that.
class LawfulSink final : public Sink {
public:
    void send(const Destination& to, BytesView payload) override {
        const auto message = wire::decodeClassic(payload);
        const bool isAnswer = message && (std::holds_alternative<wire::Accept>(*message) ||
                                          std::holds_alternative<wire::Reject>(*message));
        IM_LAW(isAnswer);
        deliver(to.to, payload, true);
    }

    void fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) override {
        IM_LAW(!payloads.empty() && !to.empty());
        for (const BytesView payload : payloads) {
            const auto message = wire::decodeClassic(payload);
            const bool isEvent = message && (std::holds_alternative<wire::Login>(*message) ||
                                             std::holds_alternative<wire::Logout>(*message));
            IM_LAW(isEvent && std::ranges::equal(wire::encodeClassic(*message), payload));
            for (const Destination& each : to) deliver(each.to, payload, false);
        }
    }

    struct Traffic {
        std::size_t asked = 0;
        std::size_t askedBytes = 0;
        std::size_t answered = 0;
        std::size_t answeredBytes = 0;
        std::size_t announced = 0;
    };
    std::map<Address, Traffic> traffic;

private:
    void deliver(const Endpoint& to, BytesView payload, bool isAnswer) {
        const Address& address = to.address;
        IM_LAW(to.port != 0 && !address.isUnspecified() && !address.isMulticast());
        IM_LAW(!address.isReserved() && address != endpoint(11).address);
        IM_LAW(!(to.port == endpoint(9).port && isOfHost(address)));
        Traffic& with = traffic[address];
        if (!isAnswer) {
            ++with.announced;
            return;
        }
        ++with.answered;
        with.answeredBytes += payload.size();
    }
};

class Story {
public:
    Story(BytesView input, std::uint8_t policy) : input_(input), policy_(policyOf(policy)) {
        host_.localAddresses = {endpoint(9).address, endpoint(10).address};
        host_.broadcastAddresses = {endpoint(11).address};
        host_.servedEndpoints = {{Address::v4({0, 0, 0, 0}), endpoint(9).port}};
        host_.tcpPort = 4650;
        start();
    }

    void tell() {
        while (!input_.empty()) {
            step();
            check();
        }
        index_->tick(now_, sink_);
        check();
    }

private:
    static Policy policyOf(std::uint8_t bits) {
        Policy policy;
        if ((bits & 1U) != 0) policy.classicFrom = *parseCidrList("0.0.0.0/0,::/0");
        policy.source = (bits & 2U) != 0 ? SourceCheck::Strict : SourceCheck::Ip;
        policy.confirm = (bits & 4U) != 0 ? Confirm::Tcp : Confirm::Auto;
        if ((bits & 8U) != 0) policy.classicLease = 30s;
        policy.rate = (bits & 16U) != 0 ? 0 : 5;
        policy.maxPerIp = (bits & 32U) != 0 ? 0 : 3;
        policy.maxUsers = kMostUsers;
        return policy;
    }

    void start() {
        index_.reset();
        store_ = std::make_unique<test::DiskStore>(disk_);
        index_ = std::make_unique<ClassicIndex>(policy_, host_, *store_, observer_, test::kTestKey,
                                                now_);
    }

    std::uint8_t take() {
        if (input_.empty()) return 0;
        const auto byte = std::to_integer<std::uint8_t>(input_.front());
        input_ = input_.subspan(1);
        return byte;
    }

    BytesView takeSome() {
        const std::size_t wanted = take();
        const BytesView some = input_.first(std::min(wanted, input_.size()));
        input_ = input_.subspan(some.size());
        return some;
    }

    void step() {
        const std::uint8_t what = take();
        const Endpoint from = endpoint(what >> 3U);
        switch (what & 7U) {
            case 0:
                return receive(takeSome(), from);
            case 1:
                return say(asText(takeSome()), from);
            case 2:
                return sayPresence("login,", from);
            case 3:
                return sayPresence("logout,", from);
            case 4:
                return fetchRoster(from.address);
            case 5:
                return index_->unreachable(from, now_);
            case 6: {
                const std::uint8_t time = take();
                now_ += time * time * 1ms;
                return index_->tick(now_, sink_);
            }
            default:
                return operate(take());
        }
    }

    void say(std::string_view text, const Endpoint& from) {
        Bytes bytes;
        wire::appendUtf16le(bytes, text);
        receive(bytes, from);
    }

    void sayPresence(std::string verb, const Endpoint& from) {
        const std::uint8_t who = take();
        // Half of the time the claim is true.
        const Endpoint claimed = (who & 8U) != 0 ? from : endpoint(who >> 4U);
        say(verb + kNames[who & 7U] + "," + claimed.toString(), from);
    }

    void receive(BytesView bytes, const Endpoint& from) {
        LawfulSink::Traffic& with = sink_.traffic[from.address];
        ++with.asked;
        with.askedBytes += bytes.size();
        index_->receive({from, bytes, 1, false}, now_, sink_);
    }

    void fetchRoster(const Address& from) {
        const auto bytes = index_->fetchRoster(from, now_);
        if (!bytes) return;
        proven_.insert(from);
        wire::RosterReader reader;
        const auto whole = reader.feed(asBytes(bytes->str()));
        IM_LAW(whole && *whole);
        const auto users = reader.finish();
        IM_LAW(users && users->size() == index_->userCount());
        std::set<std::string> names;
        for (const wire::RosterEntry& user : *users)
            IM_LAW(Name::parse(user.name).has_value() && names.insert(user.name).second);
    }

    void operate(std::uint8_t how) {
        if ((how & 3U) == 0) return start();
        if ((how & 3U) == 1) return index_->tick(now_, sink_);
        // As much as changes nothing about who must prove what.
        policy_.classicLease = (how & 4U) != 0 ? Duration(10s) : Duration{0};
        policy_.rate = how >> 3U;
        index_->setPolicy(policy_);
    }

    void check() {
        IM_LAW(index_->isConsistent());
        IM_LAW(index_->userCount() <= kMostUsers);
        IM_LAW(index_->pendingCount() <= kMaxPending);
        for (const auto& [address, with] : sink_.traffic) {
            // All of 127.0.0.0/8 may speak for each other, and a local network needs no proof.
            if (isLocalNetwork(address) || proven_.contains(address)) continue;
            IM_LAW(with.announced == 0);
            IM_LAW(with.answered <= with.asked);
            IM_LAW(with.answeredBytes <= kMaxAmplification * with.askedBytes);
        }
    }

    BytesView input_;
    Policy policy_;
    HostFacts host_;
    test::Disk disk_;
    test::RecordingObserver observer_;
    LawfulSink sink_;
    TimePoint now_{1000s};
    std::set<Address> proven_;
    std::unique_ptr<test::DiskStore> store_;
    std::unique_ptr<ClassicIndex> index_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    Story(std::as_bytes(std::span(data + 1, size - 1)), data[0]).tell();
    return 0;
}
