// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/held_events.hpp"
#include "tests/support/catch.hpp"

using namespace im;
using namespace im::talk;

namespace {

Event talkOf(std::size_t bytes) {
    Event event;
    event.text.assign(bytes, 'x');
    return event;
}

}  // namespace

TEST_CASE("HeldEvents holds no more events than it says") {
    HeldEvents held;
    for (std::size_t i = 0; i < kHeldEventsMost; ++i) held.add(talkOf(1));
    CHECK_FALSE(held.hasRoomFor(talkOf(0)));
}

TEST_CASE("HeldEvents holds no more bytes than it says") {
    HeldEvents held;
    while (held.hasRoomFor(talkOf(65'000))) held.add(talkOf(65'000));
    const std::size_t most = held.take().size();
    CHECK(most <= kHeldBytesMost / 65'000);
    // All of the room is there again.
    while (held.hasRoomFor(talkOf(65'000))) held.add(talkOf(65'000));
    CHECK(held.take().size() == most);
    CHECK_FALSE(held.hasRoomFor(talkOf(kHeldBytesMost)));
}

TEST_CASE("HeldEvents gives events back in order and is empty then, with all its room") {
    HeldEvents held;
    for (std::size_t i = 0; i < kHeldEventsMost; ++i) held.add(talkOf(i % 7));
    const auto all = held.take();
    REQUIRE(all.size() == kHeldEventsMost);
    for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i].text.size() == i % 7);
    CHECK(held.empty());
    CHECK(held.hasRoomFor(talkOf(1'000'000)));
}
