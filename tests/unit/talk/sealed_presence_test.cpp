// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/sealed_presence.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sealed_index_model.hpp"

using namespace im;
using talk::SealedPresence;
using Step = SealedPresence::Step;

TEST_CASE("a delta that was overtaken says nothing, one behind a gap is asked for") {
    test::MemoryPins pins;
    SealedPresence presence(*Name::parse("alice"), pins, false);
    CHECK(presence.advance({5, 6}) == Step::Gap);
    presence.startAt(5);
    CHECK(presence.advance({4, 7}) == Step::News);
    CHECK(presence.advance({5, 6}) == Step::Stale);
    CHECK(presence.advance({6, 7}) == Step::Stale);
    CHECK(presence.advance({8, 9}) == Step::Gap);
    CHECK(presence.version() == 7);
}
