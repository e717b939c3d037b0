// SPDX-License-Identifier: BSL-1.0
#include "libim/index/address_counts.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/index/world.hpp"

using im::Address;
using im::index::AddressCounts;
using im::index::test::addressAt;
using im::index::test::kTestKey;

TEST_CASE("AddressCounts count per exact address, of 127.0.0.0/8 too") {
    AddressCounts counts(kTestKey);
    counts.add(addressAt("127.0.0.1"));
    counts.add(addressAt("127.0.0.1"));
    counts.add(addressAt("127.0.0.2"));
    CHECK(counts.of(addressAt("127.0.0.1")) == 2);
    CHECK(counts.of(addressAt("127.0.0.2")) == 1);
    CHECK(counts.of(addressAt("127.0.0.3")) == 0);
}

TEST_CASE("AddressCounts forget an address with its last one") {
    AddressCounts counts(kTestKey);
    for (int i = 0; i < 1000; ++i) {
        const Address address = Address::v4(
            {10, 0, static_cast<std::uint8_t>(i / 256), static_cast<std::uint8_t>(i % 256)});
        counts.add(address);
        counts.add(address);
        counts.remove(address);
        CHECK(counts.of(address) == 1);
        counts.remove(address);
        CHECK(counts.of(address) == 0);
    }
    CHECK(counts.addresses() == 0);
}
