// SPDX-License-Identifier: BSL-1.0
// Asking an index for its card.
#include "libim/talk/index_probe.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/talk/index_link_story.hpp"

using namespace im;
using namespace im::test;
using namespace std::chrono_literals;

namespace {

struct Asker final : sim::Node {
    talk::IndexProbe probe{Destination{kIndexAt}};
    std::optional<Expected<sealed::Card, sealed::CardRefusal>> answer;
    sealed::UnixSeconds wall = kModelToday;
    bool isSilent = false;

    void receive(const Datagram& datagram, TimePoint, Sink&) override {
        if (auto card = probe.receive(datagram, wall)) answer = std::move(card);
    }
    void tick(TimePoint now, Sink& sink) override {
        if (probe.tick(now, sink)) isSilent = true;
    }
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const override {
        return probe.nextDeadline();
    }
};

struct ProbeWorld : IndexWorld {
    Endpoint here = *Endpoint::parse("192.0.2.2:5001");
    SeededRandom random;
    Asker asker;
    ProbeWorld() { network.attach(here, asker); }
    void ask() {
        network.act(here, [&](Sink& sink) { asker.probe.start(network.now(), random, sink); });
    }
};

}  // namespace

TEST_CASE("an index answers a hello with its card, and hears no second one") {
    ProbeWorld world;
    world.ask();
    world.network.run(10s);
    REQUIRE(world.asker.answer);
    REQUIRE(*world.asker.answer);
    CHECK((**world.asker.answer).identity() == world.index.identity());
    CHECK_FALSE(world.asker.isSilent);
    CHECK(world.network.sentCount() == 2);
}

TEST_CASE("nobody there is known after seven seconds and three hellos, none of them sealed") {
    ProbeWorld world;
    world.stop();
    std::size_t sealedBytes = 0;
    world.network.watch([&](const Endpoint&, const Endpoint&, BytesView payload) {
        if (wire::isSealed(payload)) ++sealedBytes;
    });
    world.ask();
    world.network.run(6900ms);
    CHECK_FALSE(world.asker.isSilent);
    world.network.run(200ms);
    CHECK(world.asker.isSilent);
    CHECK(world.network.sentCount() == 3);
    CHECK(sealedBytes == 0);
}

TEST_CASE("a clock far ahead is told from an index that is not there") {
    ProbeWorld world;
    world.asker.wall += 3 * 86'400;
    world.ask();
    world.network.run(1s);
    REQUIRE(world.asker.answer);
    REQUIRE_FALSE(*world.asker.answer);
    CHECK(world.asker.answer->error() == sealed::CardRefusal::Expired);
}

TEST_CASE("a card that somebody else sends is not looked at") {
    ProbeWorld world;
    world.network.cut(kIndexAt.address);
    world.ask();
    const Bytes forged = wire::encodeHint(1, {}, world.index.card().bytes);
    world.network.inject(*Endpoint::parse("198.51.100.1:9"), world.here, forged);
    world.network.inject(kIndexAt, world.here, forged);  // another number than was asked with
    world.network.run(1s);
    CHECK_FALSE(world.asker.answer);
}
