// SPDX-License-Identifier: BSL-1.0
#include "tests/unit/talk/listener_chaos.hpp"

#include "tests/support/catch.hpp"

#include <random>

using namespace im;
using namespace im::talk;

TEST_CASE("Whatever happens, a listener sends the index nothing but exact login and logout") {
    // And everything else that ListenerChaos checks.
    for (std::uint32_t seed = 0; seed < 3000; ++seed) {
        std::mt19937 random(seed);
        Bytes story(random() % 2000);
        for (std::byte& byte : story) byte = static_cast<std::byte>(random());
        INFO("seed " << seed);
        REQUIRE_NOTHROW(ListenerChaos::run(story));
    }
}
