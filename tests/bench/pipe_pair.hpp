// SPDX-License-Identifier: BSL-1.0
// Pairs of programs, lines into the one's stdin and out of the other's stdout: at 1,000 lines a
// second what a line waits, and as many as go at once.
#pragma once

#include "tests/bench/figures.hpp"
#include "tests/bench/support.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace im::bench {

constexpr std::size_t kLine = 100;  // with its end

/// A pair under test: what to start, with the ends of the pipes that are theirs.
struct Pair {
    std::string name;
    std::function<Child(int out)> receiver;
    std::function<Child(int in)> sender;
    std::string prefix;             // of each line
    std::size_t flat = 200'000;     // lines as fast as they go
    const Child* server = nullptr;  // between them
    Figures mid, late, latest, cpu, rate, lost, twice, flatCpu;
};

/// 1,000 lines, one a millisecond: `mid`, `late` (p99), `latest` (p999), `cpu`.
void paced(Pair& pair);
/// `flat` lines at once: `rate`, `lost`, `twice`, `flatCpu`.
void flatOut(Pair& pair);

/// By plain UDP, a datagram a line, or trains of them.
Pair rawPair(std::uint16_t port, bool trains);
Pair programPair(std::string name, std::vector<std::string> receiver,
                 std::vector<std::string> sender, const Child& server);

}  // namespace im::bench
