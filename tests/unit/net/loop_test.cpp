// SPDX-License-Identifier: BSL-1.0
#include "libim/net/loop.hpp"

#include "libim/net/clock.hpp"
#include "libim/net/signals.hpp"
#include "tests/support/catch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

using namespace std::chrono_literals;
using im::TimePoint;
using im::net::kLoopError;
using im::net::kLoopRead;
using im::net::kLoopWrite;
using im::net::Loop;
using im::net::LoopEvents;

namespace {

struct Pipe {
    Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0); }
    ~Pipe() {
        closeReader();
        closeWriter();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    void write() const { REQUIRE(::write(ends[1], "x", 1) == 1); }
    void closeReader() {
        if (ends[0] >= 0) ::close(ends[0]);
        ends[0] = -1;
    }
    void closeWriter() {
        if (ends[1] >= 0) ::close(ends[1]);
        ends[1] = -1;
    }
    int reader() const { return ends[0]; }
    std::array<int, 2> ends{};
};

}  // namespace

TEST_CASE("A Loop calls the handler of a descriptor that is ready, and no other", "[net]") {
    Loop loop;
    Pipe one;
    Pipe two;
    int ones = 0;
    int twos = 0;
    CHECK(loop.watch(one.reader(), kLoopRead, [&](LoopEvents) { ++ones; }));
    CHECK(loop.watch(two.reader(), kLoopRead, [&](LoopEvents) { ++twos; }));
    two.write();
    loop.runOnce(0ms);
    CHECK(ones == 0);
    CHECK(twos == 1);
    loop.change(two.reader(), 0);
    loop.runOnce(0ms);
    CHECK(twos == 1);
}

TEST_CASE("A Loop tells of a hang-up even to who watches for nothing", "[net]") {
    Loop loop;
    Pipe pipe;
    LoopEvents told = 0;
    loop.watch(pipe.ends[1], 0, [&](LoopEvents events) { told = events; });
    loop.runOnce(0ms);
    CHECK(told == 0);
    pipe.closeReader();
    loop.runOnce(0ms);
    CHECK((told & kLoopError) != 0);
    loop.forget(pipe.ends[1]);
}

TEST_CASE("A Loop does not watch what never blocks", "[net]") {
    Loop loop;
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK_FALSE(loop.watch(null, kLoopWrite, [](LoopEvents) {}));
    loop.forget(null);
    ::close(null);
}

TEST_CASE("A handler may forget itself and others of the same turn", "[net]") {
    Loop loop;
    Pipe one;
    Pipe two;
    int calls = 0;
    const std::string kept(100, 'k');  // what the running handler has captured stays alive
    const auto handler = [&, kept](LoopEvents) {
        ++calls;
        loop.forget(one.reader());
        loop.forget(two.reader());
        CHECK(kept.size() == 100);
    };
    loop.watch(one.reader(), kLoopRead, handler);
    loop.watch(two.reader(), kLoopRead, handler);
    one.write();
    two.write();
    loop.runOnce(0ms);
    loop.runOnce(0ms);
    CHECK(calls == 1);
}

TEST_CASE("A readiness that belonged to a closed descriptor is not told to its successor",
          "[net]") {
    Loop loop;
    Pipe one;
    Pipe two;
    int successors = 0;
    // Whichever comes first in the turn replaces the other by one that has nothing to read.
    const auto replace = [&](Pipe& other) {
        const int number = other.reader();
        loop.forget(one.reader());
        loop.forget(two.reader());
        other.closeReader();
        std::array<int, 2> fresh{};
        REQUIRE(::pipe2(fresh.data(), O_CLOEXEC) == 0);
        REQUIRE(fresh[0] == number);
        other.ends[0] = fresh[0];
        ::close(fresh[1]);
        loop.watch(number, 0, [&](LoopEvents events) {
            if ((events & kLoopRead) != 0) ++successors;
        });
    };
    loop.watch(one.reader(), kLoopRead, [&](LoopEvents) { replace(two); });
    loop.watch(two.reader(), kLoopRead, [&](LoopEvents) { replace(one); });
    one.write();
    two.write();
    loop.runOnce(0ms);
    CHECK(successors == 0);
}

TEST_CASE("A deadline wakes the loop when it is due, not before", "[net]") {
    Loop loop;
    const TimePoint start = im::net::now();
    std::optional<TimePoint> next = start + 30ms;
    int due = 0;
    const auto id = loop.atDeadline([&] { return next; },
                                    [&] {
                                        ++due;
                                        next.reset();
                                    });
    loop.runOnce(10ms);
    CHECK(due == 0);
    while (due == 0 && loop.now() < start + 5s) loop.runOnce();
    CHECK(loop.now() >= start + 30ms);
    CHECK(due == 1);
    next = loop.now();
    loop.forgetDeadline(id);
    loop.runOnce(0ms);
    CHECK(due == 1);
}

TEST_CASE("The end of a turn comes after its handlers and deadlines", "[net]") {
    Loop loop;
    Pipe pipe;
    std::string order;
    loop.atEndOfTurn([&] { order += 'e'; });
    loop.atEndOfTurn([&] { order += 'E'; });
    loop.atDeadline([&]() -> std::optional<TimePoint> { return TimePoint{}; },
                    [&] { order += 'd'; });
    loop.watch(pipe.reader(), kLoopRead, [&](LoopEvents) { order += 'h'; });
    pipe.write();
    loop.runOnce();
    CHECK(order == "hdeE");
}

TEST_CASE("The time of a turn is that of its work, not of its wait", "[net]") {
    Loop loop;
    loop.runOnce(60ms);
    CHECK(loop.turnTimes().count() == 1);
    CHECK(loop.turnTimes().sum() < 50ms);
    loop.atEndOfTurn([] { static_cast<void>(::poll(nullptr, 0, 60)); });
    loop.runOnce(0s);
    CHECK(loop.turnTimes().count() == 2);
    CHECK(loop.turnTimes().sum() >= 60ms);
}

TEST_CASE("run() ends a turn before it waits for the first time", "[net]") {
    Loop loop;
    loop.atEndOfTurn([&] { loop.stop(); });
    loop.run();  // nothing will ever happen: a wait would not end
    CHECK(loop.stopped());
}

TEST_CASE("A signal is a call of the turn after it, never an interruption", "[net]") {
    im::net::blockSignals({SIGUSR1, SIGUSR2});
    Loop loop;
    std::string order;
    REQUIRE(::raise(SIGUSR1) == 0);  // before anybody asked: kept
    loop.onSignal(SIGUSR1, [&] { order += '1'; });
    loop.onSignal(SIGUSR2, [&] { order += '2'; });
    loop.runOnce(0ms);
    CHECK(order == "1");
    REQUIRE(::raise(SIGUSR2) == 0);
    CHECK(order == "1");
    loop.runOnce(0ms);
    CHECK(order == "12");
}

TEST_CASE("run ends after the turn in which stop was called, and at once when before", "[net]") {
    Loop loop;
    int turns = 0;
    loop.atEndOfTurn([&] {
        if (++turns == 3) loop.stop();
    });
    loop.atDeadline([&]() -> std::optional<TimePoint> { return TimePoint{}; }, [] {});
    loop.run();
    CHECK(turns == 3);
    loop.run();
    CHECK(turns == 3);
    CHECK(loop.stopped());
}
