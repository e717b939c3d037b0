// SPDX-License-Identifier: BSL-1.0
#include "libim/app/line_limit.hpp"

#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace std::chrono_literals;
using im::TimePoint;
using im::app::LineLimit;

namespace {

struct Log {
    LineLimit limit{[this](const std::string& line) { said.push_back(line); }};
    std::vector<std::string> said;
    TimePoint now{100s};

    unsigned tries(std::string_view kind, unsigned times) {
        unsigned admitted = 0;
        for (unsigned i = 0; i < times; ++i) admitted += limit.admits(kind, now) ? 1U : 0U;
        return admitted;
    }
};

}  // namespace

TEST_CASE("Ten lines of a kind are said in a second, and then how many more there were") {
    Log log;
    CHECK(log.tries("refused: rate", 10) == 10);
    CHECK(log.tries("refused: rate", 12345) == 0);
    CHECK(log.limit.nextDeadline() == log.now + 1s);
    log.now += 999ms;
    log.limit.tick(log.now);
    CHECK(log.said.empty());
    log.now += 1ms;
    log.limit.tick(log.now);
    CHECK(log.said == std::vector<std::string>{"12345 more: refused: rate"});
    CHECK(log.tries("refused: rate", 11) == 10);
}

TEST_CASE("A kind of lines does not keep another from being said") {
    Log log;
    CHECK(log.tries("refused: rate", 100) == 10);
    CHECK(log.tries("refused: name", 3) == 3);
    log.now += 1s;
    CHECK(log.tries("refused: name", 1) == 1);
    CHECK(log.said == std::vector<std::string>{"90 more: refused: rate"});
}

TEST_CASE("Where nothing was withheld nothing is said of it, nor is there a deadline for ever") {
    Log log;
    CHECK_FALSE(log.limit.nextDeadline());
    CHECK(log.tries("refused: rate", 10) == 10);
    log.now += 5s;
    log.limit.tick(log.now);
    CHECK(log.said.empty());
    CHECK_FALSE(log.limit.nextDeadline());
}
