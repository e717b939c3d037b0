// SPDX-License-Identifier: BSL-1.0
// The table of doc/protocol.md, "Streams": what a transfer takes.  A figure that drifts is a rule
// that changed.
#include "tests/sim/stream_world.hpp"

#include "tests/sim/seeds.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace im;
using namespace im::sim;

namespace {

struct Transfer {
    std::size_t lines;
    std::size_t size;
    Duration roundTrip;
    double loss;
};

struct Figures {
    double median = 0;
    double p95 = 0;
    double twice = 0;  ///< part of the segments that was sent again
};

double seconds(Duration time) {
    return std::chrono::duration<double>(time).count();
}

Figures measure(const Transfer& transfer, std::uint64_t worlds) {
    std::vector<double> times;
    double sent = 0;
    double again = 0;
    forEachSeed(worlds, [&](std::uint64_t seed) {
        Path path;
        path.loss = transfer.loss;
        path.delay = transfer.roundTrip / 2;
        if (transfer.roundTrip >= 50ms) path.bytesPerSecond = 20e6 / 8;
        StreamWorld world(seed, path);
        for (std::size_t i = 0; i < transfer.lines; ++i)
            world.write(std::string(transfer.size, 'x'));
        world.endInput();
        const TimePoint begin = world.now();
        world.run(1h);
        times.push_back(seconds(world.now() - begin));
        sent += static_cast<double>(world.sender().sentCount());
        again += static_cast<double>(world.sender().repeatedCount());
    });
    std::ranges::sort(times);
    return {times[times.size() / 2], times[times.size() * 95 / 100], again / (sent - again)};
}

/// Within a fifth, or what a display of two digits hides.
bool isAbout(double measured, double expected, double least = 0.01) {
    return std::abs(measured - expected) <= std::max(expected * 0.2, least);
}

constexpr std::size_t kMiB = 1U << 20U;

}  // namespace

TEST_CASE("a transfer takes what the table of the protocol says") {
    struct Row {
        Transfer transfer;
        double median;
        double p95;
        double twice;
        std::uint64_t worlds;
    };
    const auto row = GENERATE(
        Row{{1, kMiB, 1ms, 0}, 0.02, 0.02, 0, 3}, Row{{1, kMiB, 20ms, 0}, 0.35, 0.35, 0, 3},
        Row{{1, kMiB, 50ms, 0}, 0.89, 0.89, 0, 3}, Row{{1, kMiB, 50ms, 0.01}, 3.6, 5.2, 0.010, 60},
        Row{{1, kMiB, 50ms, 0.05}, 10.7, 12.5, 0.055, 60},
        Row{{1, kMiB, 100ms, 0.2}, 62, 68, 0.33, 40},
        // 2.3 and 3.9 in 666 frames; packed as they are now, 589.
        Row{{10'000, 60, 50ms, 0.01}, 2.03, 3.45, 0.011, 60});
    const Figures figures = measure(row.transfer, row.worlds);
    CAPTURE(row.transfer.lines, seconds(row.transfer.roundTrip), row.transfer.loss);
    CAPTURE(figures.median, figures.p95, figures.twice);
    CHECK(isAbout(figures.median, row.median));
    CHECK(isAbout(figures.p95, row.p95));
    CHECK(isAbout(figures.twice, row.twice, 0.005));
}
