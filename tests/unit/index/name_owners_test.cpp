// SPDX-License-Identifier: BSL-1.0
#include "libim/index/name_owners.hpp"

#include "tests/support/catch.hpp"

#include <string>

using im::ErrorKind;
using im::Name;
using im::index::HashKey;
using im::index::NameOwners;
using im::noise::IdentityKey;

namespace {

Name name(const std::string& text) {
    return Name::orThrow(text, ErrorKind::Software);
}

IdentityKey key(unsigned number) {
    IdentityKey bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>((number >> (8 * (i % 4))) ^ i);
    return bytes;
}

}  // namespace

TEST_CASE("Who claims a name first keeps it") {
    NameOwners owners{HashKey{}};
    CHECK_FALSE(owners.find("alice"));
    CHECK(owners.claim(name("alice"), key(1)));
    CHECK_FALSE(owners.claim(name("alice"), key(2)));
    CHECK(owners.claim(name("alice"), key(1)));
    CHECK(owners.find("alice") == key(1));
    CHECK(owners.size() == 1);
}

TEST_CASE("One identity may have several names, and names are compared byte by byte") {
    NameOwners owners{HashKey{}};
    CHECK(owners.claim(name("alice"), key(1)));
    CHECK(owners.claim(name("Alice"), key(1)));
    CHECK(owners.claim(name("alic"), key(2)));
    CHECK(owners.find("Alice") == key(1));
    CHECK(owners.find("alic") == key(2));
    CHECK_FALSE(owners.find("alicea"));
    CHECK_FALSE(owners.find(""));
}

TEST_CASE("A released name is anybody's, the others stay whose they were") {
    NameOwners owners{HashKey{}};
    CHECK(owners.claim(name("alice"), key(1)));
    CHECK(owners.claim(name("bob"), key(2)));
    CHECK(owners.release("alice"));
    CHECK_FALSE(owners.release("alice"));
    CHECK_FALSE(owners.find("alice"));
    CHECK(owners.claim(name("alice"), key(3)));
    CHECK(owners.find("alice") == key(3));
    CHECK(owners.find("bob") == key(2));
    CHECK(owners.size() == 2);
}

TEST_CASE("A hundred thousand names of every length are each found with their owner") {
    constexpr unsigned kNames = 100'000;
    NameOwners owners{HashKey{1, 2, 3}};
    owners.reserve(kNames);
    const auto nameOf = [](unsigned number) {
        const std::string digits = std::to_string(number);
        return digits + std::string(number % (Name::kMaxBytes - 6), 'x');
    };
    for (unsigned i = 0; i < kNames; ++i)
        if (!owners.claim(name(nameOf(i)), key(i))) FAIL(nameOf(i));
    for (unsigned i = 0; i < kNames; ++i)
        if (owners.find(nameOf(i)) != key(i)) FAIL(nameOf(i));
    CHECK(owners.size() == kNames);
    CHECK_FALSE(owners.find(nameOf(kNames)));
}
