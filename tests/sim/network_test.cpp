// SPDX-License-Identifier: BSL-1.0
// The simulated network itself: that it is as bad as it says, and not worse.
#include "tests/support/sim_network.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>
#include <utility>

using namespace im;
using namespace im::sim;

namespace {

const Endpoint kHere{Address::v4({10, 0, 0, 1}), 1000};
const Endpoint kThere{Address::v4({10, 0, 0, 2}), 2000};

/// Keeps what arrives, and what it is told.
class Mailbox final : public Node {
public:
    void receive(const Datagram& datagram, TimePoint now, Sink& /*sink*/) override {
        got.emplace_back(asText(datagram.bytes));
        arrivedAt.push_back(now);
    }
    void tick(TimePoint now, Sink& /*sink*/) override {
        ticks.push_back(now);
        if (deadline && *deadline <= now) deadline.reset();
    }
    std::optional<TimePoint> nextDeadline() const override { return deadline; }
    void unreachable(const Endpoint& to, TimePoint /*now*/) override { bounced.push_back(to); }

    std::vector<std::string> got;
    std::vector<TimePoint> arrivedAt;
    std::vector<TimePoint> ticks;
    std::vector<Endpoint> bounced;
    std::optional<TimePoint> deadline;
};

struct Two {
    explicit Two(const Weather& weather) : network(3) {
        network.setWeather(weather);
        network.attach(kHere, here);
        network.attach(kThere, there);
    }
    void send(const std::string& text) {
        network.act(kHere, [&](Sink& sink) { sink.send({kThere}, asBytes(text)); });
    }
    void sendMany(int count) {
        for (int i = 0; i < count; ++i) send(std::to_string(i));
        network.run(10s);
    }

    Network network;
    Mailbox here;
    Mailbox there;
};

}  // namespace

TEST_CASE("In fine weather every datagram arrives once, in its time") {
    Two two({});
    const TimePoint begin = two.network.now();
    two.sendMany(1000);
    CHECK(two.there.got.size() == 1000);
    for (TimePoint at : two.there.arrivedAt) {
        CHECK(at - begin >= 1ms);
        CHECK(at - begin <= 5ms);
    }
    CHECK(two.here.got.empty());
    CHECK(two.network.now() == begin + 10s);
}

TEST_CASE("Loss and repeats are as frequent as said") {
    Two two({.loss = 0.2, .repeat = 0.1});
    two.sendMany(10'000);
    // 10,000 and 1,000 repeats, less a fifth.
    CHECK(two.there.got.size() > 8'500);
    CHECK(two.there.got.size() < 9'100);
}

TEST_CASE("Datagrams overtake one another") {
    Two two({.delayLeast = 1ms, .delayMost = 100ms});
    two.sendMany(100);
    CHECK(two.there.got.size() == 100);
    CHECK_FALSE(std::ranges::is_sorted(two.there.got, {}, [](auto& s) { return std::stoi(s); }));
}

TEST_CASE("A damaged datagram differs in one bit") {
    Two two({.damage = 1});
    two.send(std::string(10, '\0'));
    two.network.run(1s);
    REQUIRE(two.there.got.size() == 1);
    int bits = 0;
    for (char c : two.there.got[0]) bits += std::popcount(static_cast<unsigned char>(c));
    CHECK(bits == 1);
}

TEST_CASE("Fan-out sends every payload to everybody") {
    Two two({});
    const std::string first = "first";
    const std::string second = "second";
    const std::vector<BytesView> payloads{asBytes(first), asBytes(second)};
    const std::vector<Destination> to{{kHere}, {kThere}};
    two.network.act(kHere, [&](Sink& sink) { sink.fanOut(payloads, to); });
    two.network.run(1s);
    CHECK(two.here.got.size() == 2);
    CHECK(two.there.got.size() == 2);
    CHECK(two.network.sentCount() == 4);
}

TEST_CASE("A host that is cut off neither sends nor receives until it is joined") {
    Two two({});
    two.network.cut(kHere.address);
    two.sendMany(10);
    CHECK(two.there.got.empty());
    two.network.join(kHere.address);
    two.sendMany(10);
    CHECK(two.there.got.size() == 10);
}

TEST_CASE("What arrives at the same moment is one batch with one tick") {
    Two two({.delayLeast = 3ms, .delayMost = 3ms});
    two.sendMany(10);
    CHECK(two.there.got.size() == 10);
    CHECK(two.there.ticks.size() == 1);
}

TEST_CASE("A node is ticked at its deadline") {
    Two two({});
    const TimePoint due = two.network.now() + 700ms;
    two.network.act(kHere, [&](Sink&) { two.here.deadline = due; });
    two.network.run(699ms);
    CHECK(two.here.ticks.empty());
    two.network.run(1ms);
    CHECK(two.here.ticks == std::vector<TimePoint>{due});
}

TEST_CASE("A host where nobody listens answers port unreachable, an unknown one not at all") {
    Two two({});
    const Endpoint closed{kThere.address, 9};
    const Endpoint nowhere{Address::v4({10, 9, 9, 9}), 9};
    two.network.act(kHere, [&](Sink& sink) {
        sink.send({closed}, asBytes("x"));
        sink.send({nowhere}, asBytes("x"));
    });
    two.network.run(1s);
    CHECK(two.here.bounced == std::vector<Endpoint>{closed});
}

TEST_CASE("A fetch brings what the server has, or nothing") {
    Two two({});
    const Endpoint server{kThere.address, 4700};
    std::vector<std::optional<std::string>> outcomes;
    const auto fetch = [&] {
        two.network.fetch(kHere, server,
                          [&](const auto& bytes, Sink&) { outcomes.push_back(bytes); });
        two.network.run(1min);
    };
    fetch();
    two.network.serve(server, [&](const Address& from) {
        CHECK(from == kHere.address);
        return std::make_shared<const std::string>("roster");
    });
    fetch();
    two.network.serve(server, [](const Address&) { return nullptr; });
    fetch();
    two.network.cut(server.address);
    fetch();
    CHECK(outcomes == std::vector<std::optional<std::string>>{{}, "roster", {}, {}});
}

TEST_CASE("Nobody is told of a fetch that a node before him at his endpoint began") {
    Two two({});
    bool told = false;
    two.network.fetch(kHere, {kThere.address, 4700}, [&](const auto&, Sink&) { told = true; });
    two.network.detach(kHere);
    Mailbox next;
    two.network.attach(kHere, next);
    two.network.run(1min);
    CHECK_FALSE(told);
}

TEST_CASE("A node that always has more to do at once is found out") {
    class Spinner final : public Node {
        void receive(const Datagram& /*d*/, TimePoint /*now*/, Sink& /*sink*/) override {}
        void tick(TimePoint /*now*/, Sink& /*sink*/) override {}
        std::optional<TimePoint> nextDeadline() const override { return TimePoint{}; }
    };
    Two two({});
    two.network.detach(kHere);
    Spinner spinner;
    two.network.attach(kHere, spinner);
    CHECK_THROWS_AS(two.network.run(1s), std::runtime_error);
}
