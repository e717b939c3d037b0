// SPDX-License-Identifier: BSL-1.0
#include "libim/index/sealed_users.hpp"
#include "libim/sealed/session_table.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/unit/index/world.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

using namespace im::index;
using namespace im::index::test;

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

std::size_t inUse() {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

}  // namespace

TEST_CASE(
    "A sealed user takes at most 500 bytes, with an address of his own and a name of twelve "
    "bytes") {
    // A quarter of a million: the tables are as full as with a million.
    constexpr std::uint32_t kUsers = 250'000;
    const std::size_t before = inUse();
    NameOwners owners(kTestKey);
    SealedUsers users(kTestKey, owners);
    im::sealed::SessionTable sessions;
    for (std::uint32_t i = 1; i <= kUsers; ++i) {
        const im::Name name = nameOf("user" + std::to_string(10'000'000 + i));
        REQUIRE(owners.claim(name, {}));
        SealedUser user;
        user.owner = owners.rowOf(name.view());
        user.session = i;
        const auto byte = [i](unsigned shift) { return static_cast<std::uint8_t>(i >> shift); };
        user.observed = {im::Address::v4({100, byte(16), byte(8), byte(0)}), 5'000};
        users.add(user);
        im::sealed::Session::Beginning beginning;
        beginning.local = i * 2'654'435'761U;
        sessions.insert(im::sealed::Session(beginning, {}));
    }
    CHECK((inUse() - before) / kUsers <= 500);
}

#endif
