// SPDX-License-Identifier: BSL-1.0
// Real sealed senders and listeners at a real index on a bad network: see sealed_talk_world.hpp for
// what must hold after every step, and in the end.
#include "tests/sim/sealed_talk_world.hpp"
#include "tests/sim/seeds.hpp"
#include "tests/support/catch.hpp"

using namespace im;
using namespace im::sim;

namespace {

void converse(std::uint64_t seeds, const TalkPlan& plan) {
    forEachSeed(seeds, [&](std::uint64_t seed) { TalkWorld(seed, plan).run(); });
}

}  // namespace

TEST_CASE("Sealed talk arrives once and in order, whatever is lost") {
    for (const double loss : {0.0, 0.05, 0.2, 0.29, 0.5}) converse(10, {.loss = loss});
}

TEST_CASE("Sealed talk goes on after its listener was cut off") {
    converse(10, {.loss = 0.05, .cutOff = true});
}

TEST_CASE("Sealed talk does not mind that the index restarts") {
    converse(10, {.loss = 0.05, .restartIndex = true});
}

TEST_CASE("Sealed talk goes on under another K") {
    converse(10, {.loss = 0.05, .rotateKey = true});
}

TEST_CASE("Sealed talk follows who moves, sender and listener") {
    converse(10, {.loss = 0.05, .moveSender = true});
    converse(10, {.loss = 0.05, .moveListener = true});
}

TEST_CASE("Sealed talk finds a listener that was restarted") {
    converse(10, {.loss = 0.05, .restartListener = true});
}

TEST_CASE("A sender that is restarted with its outbox shows nothing twice") {
    converse(10, {.loss = 0.05, .restartSender = true});
}

TEST_CASE("A slow reader loses nothing and nothing is acknowledged before he has it") {
    converse(10, {.loss = 0.05, .lazyReader = true});
}

TEST_CASE("Sealed talk survives all of it at once") {
    converse(20, {.loss = 0.2,
                  .cutOff = true,
                  .restartIndex = true,
                  .rotateKey = true,
                  .moveSender = true,
                  .moveListener = true,
                  .restartListener = true,
                  .restartSender = true,
                  .lazyReader = true,
                  .comeAndGo = true,
                  .replay = true});
}

TEST_CASE("Sealed talk survives whatever may happen, in a thousand worlds") {
    forEachSeed(1'000, [](std::uint64_t seed) { TalkWorld(seed, drawPlan(seed)).run(); });
}
