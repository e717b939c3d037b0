// SPDX-License-Identifier: BSL-1.0
#include "libim/net/loop_inquiry.hpp"

#include "libim/net/clock.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using im::net::Loop;
using im::net::LoopInquiry;

namespace {

/// A loop that owns a number, and who asks for it.
struct Counting {
    Counting() : inquiry(loop, [this] { shown = turns; }) {
        loop.atEndOfTurn([this] { ++turns; });
    }
    /// Nothing when the loop did not answer.
    std::optional<int> ask(im::Duration patience) {
        std::optional<int> got;
        static_cast<void>(inquiry.ask(patience, [&] { got = shown; }));
        return got;
    }

    Loop loop;
    int turns = 0;   // the loop's
    int shown = -1;  // guarded by the inquiry
    LoopInquiry inquiry;
};

}  // namespace

TEST_CASE("An inquiry wakes a loop that waits, and gets what its turn says", "[net]") {
    Counting counting;
    std::optional<int> got;
    std::jthread other([&] { got = counting.ask(5s); });
    counting.loop.runOnce(5s);
    other.join();
    CHECK(got == 0);
}

TEST_CASE("An inquiry of a loop that does not turn ends when patience does", "[net]") {
    Counting counting;
    const auto start = im::net::now();
    CHECK_FALSE(counting.ask(50ms));
    CHECK(im::net::now() - start >= 50ms);
    // Answered too late, the next one is not taken for it.
    counting.loop.runOnce(0s);
    CHECK_FALSE(counting.ask(10ms));
}

TEST_CASE("A loop that nobody asks does not answer", "[net]") {
    Counting counting;
    for (int i = 0; i < 3; ++i) counting.loop.runOnce(0s);
    CHECK(counting.shown == -1);
}

TEST_CASE(
    "Many threads ask a loop that turns all the time, and each hears of a turn after the last",
    "[net]") {
    Counting counting;
    constexpr int kThreads = 4;
    constexpr int kQuestions = 200;
    std::atomic<int> left = kThreads;
    std::atomic<int> unanswered = 0;
    std::atomic<int> backwards = 0;
    const auto askOften = [&] {
        int last = -1;
        for (int i = 0; i < kQuestions; ++i) {
            const auto got = counting.ask(10s);
            if (!got) ++unanswered;
            if (got && *got < last) ++backwards;
            last = got.value_or(last);
        }
        --left;
    };
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back(askOften);
    while (left > 0) counting.loop.runOnce(1ms);
    CHECK(unanswered == 0);
    CHECK(backwards == 0);
}

TEST_CASE("Who waits is told at once when an inquiry is closed, and so is who comes later",
          "[net]") {
    Counting counting;
    const auto start = im::net::now();
    std::optional<int> got = 1;
    std::jthread other([&] { got = counting.ask(30s); });
    counting.inquiry.close();
    other.join();
    CHECK_FALSE(got);
    CHECK_FALSE(counting.ask(30s));
    CHECK(im::net::now() - start < 10s);
}
