// SPDX-License-Identifier: BSL-1.0
#include "libim/index/store.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/index/store_contract.hpp"
#include "tests/unit/index/world.hpp"

using namespace im::index;
using namespace im::index::test;

namespace {

struct DiskFactory {
    std::unique_ptr<Store> open() { return std::make_unique<DiskStore>(disk); }
    Disk disk;
};

}  // namespace

TEST_CASE("The tests' own store keeps the contract of a store") {
    checkStoreContract<DiskFactory>();
}

TEST_CASE("A MemoryStore takes everything and gives nothing back") {
    MemoryStore store;
    const StoreKey key = store.put(storedUser("alice", "10.0.0.1:4000", 1));
    store.commit();
    store.drop(key);
    store.commit();
    CHECK(storedUsers(store).empty());
}

TEST_CASE("The keys of a MemoryStore grow, as those of any store do") {
    MemoryStore store;
    const StoreKey first = store.put(storedUser("alice", "10.0.0.1:4000", 1));
    CHECK(store.put(storedUser("bob", "10.0.0.2:4000", 1)) > first);
}

TEST_CASE("An index with a MemoryStore serves, and starts empty again") {
    MemoryStore store;
    RecordingObserver observer;
    RecordingSink sink;
    const im::TimePoint now{1s};
    const auto rosterOf = [&](ClassicIndex& index) {
        return index.fetchRoster(addressAt("10.0.0.1"), now)->str();
    };
    im::Bytes bytes;
    im::wire::appendUtf16le(bytes, "login,alice,10.0.0.1:4000");
    ClassicIndex index({}, {}, store, observer, kTestKey, now);
    index.receive({endpointAt("10.0.0.1:4000"), bytes, 0, false}, now, sink);
    index.tick(now, sink);
    CHECK(rosterOf(index).find("alice") != std::string::npos);
    ClassicIndex next({}, {}, store, observer, kTestKey, now);
    CHECK(rosterOf(next).find("alice") == std::string::npos);
}
