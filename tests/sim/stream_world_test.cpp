// SPDX-License-Identifier: BSL-1.0
#include "tests/sim/stream_world.hpp"

#include "tests/sim/broken.hpp"
#include "tests/sim/seeds.hpp"
#include "tests/support/catch.hpp"

#include <array>
#include <string>

using namespace im;
using namespace im::sim;

namespace {

/// Mostly short, now and then longer than a segment, rarely longer than the window.
std::string someLine(StreamWorld& world, std::size_t number) {
    std::size_t size = world.below(120);
    if (world.chance(0.05)) size = world.below(5'000);
    if (world.chance(0.002)) size = 60'000 + world.below(60'000);
    std::string line = "line " + std::to_string(number) + ' ';
    line.resize(line.size() + size, static_cast<char>('a' + number % 26));
    return world.chance(0.02) ? std::string() : line;
}

Path somePath(StreamWorld& world) {
    constexpr std::array<double, 6> kLosses{0, 0.01, 0.05, 0.2, 0.29, 0.5};
    Path path;
    path.loss = kLosses.at(world.below(kLosses.size()));
    path.repeat = world.chance(0.5) ? 0.1 : 0;
    path.delay = 20us + world.upTo(100ms);
    if (world.chance(0.5)) path.jitter = world.upTo(200ms);
    return path;
}

void writeLines(StreamWorld& world, std::size_t count, Duration pause) {
    std::size_t number = 0;
    Duration at{};
    while (number < count) {
        const std::size_t burst = 1 + world.below(40);
        for (std::size_t i = 0; i < burst && number < count; ++i, ++number)
            world.later(at, [&world, line = someLine(world, number)] { world.write(line); });
        if (world.chance(0.7)) at += world.upTo(pause);
    }
    world.later(at, [&world] { world.endInput(); });
}

/// Everything at once, in a world of its own.
void chaos(std::uint64_t seed) {
    StreamWorld world(seed, {});
    world.setPath(somePath(world));
    writeLines(world, 20 + world.below(500), 5s);
    for (Duration at = 100ms; at < 60s; at += world.upTo(8s)) {
        const auto what = world.below(6);
        world.later(at, [&world, what] {
            if (what == 0) world.cut(5s);
            if (what == 1) world.pauseReader(world.upTo(20s));
            if (what == 2) world.restartSender();
            if (what == 3) world.restartListener();
            if (what == 4) world.setPath(somePath(world));
            if (what == 5) world.renewSession();
        });
    }
    // After a bad minute the world is good enough for everything to arrive.
    world.later(61s, [&world] {
        Path path;
        path.loss = 0.01;
        world.setPath(path);
    });
    require(world.run(10min), "everything arrives in the end");
}

}  // namespace

TEST_CASE("lines come once and in order through loss, restarts and readers that stop") {
    forEachSeed(2'000, chaos);
}

TEST_CASE("nothing is shown twice and nothing is missing while the listener lives") {
    forEachSeed(500, [](std::uint64_t seed) {
        StreamWorld world(seed, {});
        world.setPath(somePath(world));
        writeLines(world, 200, 2s);
        for (Duration at = 100ms; at < 20s; at += world.upTo(5s)) {
            const bool isSender = world.chance(0.5);
            world.later(at, [&world, isSender] {
                isSender ? world.restartSender() : world.renewSession();
            });
        }
        require(world.run(20min), "everything arrives in the end");
        require(world.shownTwiceCount() == 0, "no line is written twice");
        require(world.gapCount() == 0, "there is no gap");
    });
}

TEST_CASE("a listener that starts anew is told which lines it was not given") {
    std::size_t gaps = 0;
    forEachSeed(50, [&gaps](std::uint64_t seed) {
        StreamWorld world(seed, {});
        writeLines(world, 300, 300ms);
        world.later(500ms, [&world] { world.restartListener(); });
        require(world.run(5min), "everything arrives in the end");
        gaps += world.gapCount();
    });
    CHECK(gaps > 0);
}
