// SPDX-License-Identifier: BSL-1.0
#include "libim/node/listen_goal.hpp"

#include "tests/support/catch.hpp"

using namespace std::chrono_literals;
using im::TimePoint;
using im::node::ListenGoal;

TEST_CASE("Without count and timeout listening has no end", "[node]") {
    ListenGoal goal({}, {}, TimePoint{});
    for (int i = 0; i < 1000; ++i) goal.take();
    CHECK_FALSE(goal.reached());
    CHECK_FALSE(goal.deadline());
}

TEST_CASE("A count is reached by exactly as many records", "[node]") {
    ListenGoal goal(2, {}, TimePoint{});
    goal.take();
    CHECK_FALSE(goal.reached());
    goal.take();
    CHECK(goal.reached());
}

TEST_CASE("The timeout runs from the start", "[node]") {
    const ListenGoal goal({}, 3s, TimePoint{} + 10s);
    CHECK(goal.deadline() == TimePoint{} + 13s);
}

TEST_CASE("When the time is up without a count, one record is enough for success", "[node]") {
    ListenGoal goal({}, 3s, TimePoint{});
    CHECK(goal.statusAtDeadline() == 1);
    goal.take();
    CHECK(goal.statusAtDeadline() == 0);
}

TEST_CASE("When the time is up with a count, fewer records than asked for are a failure",
          "[node]") {
    ListenGoal goal(3, 3s, TimePoint{});
    goal.take();
    goal.take();
    CHECK(goal.statusAtDeadline() == 1);
    goal.take();
    CHECK(goal.statusAtDeadline() == 0);
}

TEST_CASE("Ended from outside, only what was asked for can be missing", "[node]") {
    CHECK(ListenGoal({}, {}, TimePoint{}).statusWhenEnded() == 0);
    CHECK(ListenGoal(1, {}, TimePoint{}).statusWhenEnded() == 1);
    CHECK(ListenGoal({}, 3s, TimePoint{}).statusWhenEnded() == 1);
    ListenGoal goal(1, 3s, TimePoint{});
    goal.take();
    CHECK(goal.statusWhenEnded() == 0);
}
