// SPDX-License-Identifier: BSL-1.0
#include "libim/sealed/rate_limit.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/index/world.hpp"

using namespace std::chrono_literals;
using im::Address;
using im::TimePoint;
using im::index::test::addressAt;
using im::index::test::kTestKey;
using im::sealed::RateLimit;

namespace {

constexpr TimePoint kStart{500s};

int admitted(RateLimit& limit, const Address& from, std::uint32_t rate, TimePoint now,
             int requests) {
    int count = 0;
    for (int i = 0; i < requests; ++i) count += limit.admit(from, rate, now) ? 1 : 0;
    return count;
}

Address numbered(std::uint32_t number) {
    return Address::v4(
        {static_cast<std::uint8_t>(1 + (number >> 24U)), static_cast<std::uint8_t>(number >> 16U),
         static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)});
}

}  // namespace

TEST_CASE("A source gets a burst of twice its rate, then its rate") {
    RateLimit limit(kTestKey);
    const Address alice = addressAt("10.0.0.1");
    CHECK(admitted(limit, alice, 200, kStart, 1000) == 400);
    CHECK(admitted(limit, alice, 200, kStart + 4ms, 10) == 0);
    CHECK(admitted(limit, alice, 200, kStart + 5ms, 10) == 1);
    CHECK(admitted(limit, alice, 200, kStart + 1s, 1000) == 199);
    CHECK(admitted(limit, alice, 200, kStart + 1h, 1000) == 400);
}

TEST_CASE("A request that is refused costs no token") {
    RateLimit limit(kTestKey);
    const Address alice = addressAt("10.0.0.1");
    CHECK(admitted(limit, alice, 1, kStart, 100) == 2);
    CHECK(admitted(limit, alice, 1, kStart + 999ms, 100) == 0);
    CHECK(admitted(limit, alice, 1, kStart + 1s, 100) == 1);
}

TEST_CASE("Rate 0 is no limit and keeps nothing") {
    RateLimit limit(kTestKey);
    CHECK(admitted(limit, addressAt("10.0.0.1"), 0, kStart, 10'000) == 10'000);
    CHECK(limit.room() == 0);
}

TEST_CASE("The highest rate is no limit either") {
    RateLimit limit(kTestKey);
    CHECK(admitted(limit, addressAt("10.0.0.1"), 0xFFFFFFFF, kStart, 10'000) == 10'000);
}

TEST_CASE("Each IPv4 address is a source of its own, of 127.0.0.0/8 too") {
    RateLimit limit(kTestKey);
    CHECK(admitted(limit, addressAt("127.0.0.1"), 5, kStart, 100) == 10);
    CHECK(admitted(limit, addressAt("127.0.0.2"), 5, kStart, 100) == 10);
}

TEST_CASE("A /64 of IPv6 is one source") {
    RateLimit limit(kTestKey);
    CHECK(admitted(limit, addressAt("2001:db8::1"), 5, kStart, 100) == 10);
    CHECK(admitted(limit, addressAt("2001:db8::ffff:1"), 5, kStart, 100) == 0);
    CHECK(admitted(limit, addressAt("2001:db8:0:1::1"), 5, kStart, 100) == 10);
}

TEST_CASE("Another rate holds from the next request on") {
    RateLimit limit(kTestKey);
    const Address alice = addressAt("10.0.0.1");
    CHECK(admitted(limit, alice, 10, kStart, 100) == 20);
    CHECK(admitted(limit, alice, 100, kStart + 2s, 1000) == 200);
    CHECK(admitted(limit, alice, 10, kStart + 2s, 100) == 0);
}

TEST_CASE("A million sources take no more room than kMostSources") {
    RateLimit limit(kTestKey);
    for (std::uint32_t i = 0; i < 1'000'000; ++i) CHECK(limit.admit(numbered(i), 200, kStart));
    CHECK(limit.room() == RateLimit::kMostSources);
}

TEST_CASE("A source is in use until its bucket is full again") {
    RateLimit limit(kTestKey);
    CHECK(limit.inUse(kStart) == 0);
    for (std::uint32_t i = 0; i < 10; ++i) CHECK(limit.admit(numbered(i), 1, kStart + i * 100ms));
    CHECK(limit.inUse(kStart + 900ms) == 10);
    CHECK(limit.inUse(kStart + 1400ms) == 5);
    CHECK(limit.inUse(kStart + 2s) == 0);
    CHECK(limit.room() > 0);
}

TEST_CASE("Sources that come one after another take hardly any room") {
    RateLimit limit(kTestKey);
    for (std::uint32_t i = 0; i < 100'000; ++i)
        CHECK(limit.admit(numbered(i), 200, kStart + i * 10ms));
    CHECK(limit.room() <= 1024);
}

TEST_CASE("A flood stays limited however many others pretend to be there") {
    RateLimit limit(kTestKey);
    const Address flood = addressAt("203.0.113.9");
    CHECK(admitted(limit, flood, 200, kStart, 1000) == 400);
    for (std::uint32_t i = 0; i < 1'000'000; ++i) (void)limit.admit(numbered(i), 200, kStart);
    CHECK(admitted(limit, flood, 200, kStart, 1000) == 0);
}

TEST_CASE("A bucket that is not empty may owe, once, and is served again when it has paid") {
    RateLimit limit(kTestKey);
    const Address alice = addressAt("10.0.0.1");
    constexpr RateLimit::Allowance kAllowance{1ms, 100ms};
    CHECK(limit.takeOrOwe(alice, kAllowance, 1000, kStart));
    CHECK_FALSE(limit.takeOrOwe(alice, kAllowance, 1, kStart));
    CHECK_FALSE(limit.takeOrOwe(alice, kAllowance, 1, kStart + 900ms));
    CHECK(limit.takeOrOwe(alice, kAllowance, 1, kStart + 901ms));
    CHECK(limit.takeOrOwe(addressAt("10.0.0.2"), kAllowance, 1, kStart));
}

TEST_CASE("Who is forgiven has a full bucket") {
    RateLimit limit(kTestKey);
    const Address alice = addressAt("10.0.0.1");
    constexpr RateLimit::Allowance kAllowance{10s, 30s};
    limit.forgive(alice);
    for (int i = 0; i < 3; ++i) CHECK(limit.take(alice, kAllowance, kStart));
    CHECK_FALSE(limit.take(alice, kAllowance, kStart + 9s));
    CHECK(limit.take(alice, kAllowance, kStart + 10s));
    limit.forgive(alice);
    CHECK(limit.take(alice, kAllowance, kStart + 10s));
}
