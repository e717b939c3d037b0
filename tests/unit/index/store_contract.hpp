// SPDX-License-Identifier: BSL-1.0
// What every Store that keeps users over a restart must do (libim/index/store.hpp), to be run
// against each: checkStoreContract<Factory>() inside a TEST_CASE.
//
//     struct Factory {
//         /// Opens the same state again each time; the store opened before is gone by then.
//         std::unique_ptr<im::index::Store> open();
//     };
#pragma once

#include "libim/index/store.hpp"
#include "tests/support/catch.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace im::index::test {

/// "alice 10.0.0.1:4000 17" for each user, in the order given.
inline std::vector<std::string> storedUsers(Store& store) {
    std::vector<std::string> lines;
    store.follow([&](StoreKey, const StoredUser& user) {
        lines.push_back(user.name.str() + " " + user.endpoint.toString() + " " +
                        std::to_string(user.since));
    });
    return lines;
}

inline StoredUser storedUser(std::string_view name, std::string_view endpoint, std::int64_t since) {
    return {Name::orThrow(name, ErrorKind::Software), Endpoint::parse(endpoint).value(), since};
}

/// "alice 1 17" for each name: its owner's first byte, and since when.
inline std::vector<std::string> storedNames(Store& store) {
    std::vector<std::string> lines;
    store.followNames([&](const NameOwner& owner) {
        lines.push_back(owner.name.str() + " " +
                        std::to_string(std::to_integer<int>(owner.identity[0])) + " " +
                        std::to_string(owner.since));
    });
    return lines;
}

/// An identity is any 32 bytes here.
inline NameOwner nameOwner(std::string_view name, int owner, std::int64_t since) {
    NameOwner out{Name::orThrow(name, ErrorKind::Software), {}, since};
    for (std::size_t i = 1; i < out.identity.size(); ++i) out.identity[i] = std::byte(255 - i);
    out.identity[0] = std::byte(owner);
    return out;
}

template <typename Factory>
void checkStoreContract() {
    using Lines = std::vector<std::string>;
    Factory factory;
    std::unique_ptr<Store> store = factory.open();
    std::map<std::string, StoreKey> keys;
    const auto put = [&](const std::string& name, std::string_view endpoint, std::int64_t since) {
        keys[name] = store->put(storedUser(name, endpoint, since));
    };
    const auto drop = [&](const std::string& name) { store->drop(keys.at(name)); };
    const auto reopen = [&] {
        store.reset();
        store = factory.open();
    };

    SECTION("a new store holds nobody") {
        CHECK(storedUsers(*store).empty());
        CHECK(store->size() == 0);
    }

    SECTION("what was put and committed is there after reopening, to the last bit") {
        put("alice", "10.0.0.1:4000", 1'700'000'000'123);
        store->commit();
        reopen();
        CHECK(storedUsers(*store) == Lines{"alice 10.0.0.1:4000 1700000000123"});
    }

    SECTION("users come back in the order of login, not of name, endpoint or time") {
        put("carol", "10.0.0.3:4000", 5);
        put("alice", "10.0.0.1:4000", 5);
        store->commit();
        put("bob", "10.0.0.2:1", 5);
        store->commit();
        reopen();
        CHECK(storedUsers(*store) ==
              Lines{"carol 10.0.0.3:4000 5", "alice 10.0.0.1:4000 5", "bob 10.0.0.2:1 5"});
    }

    SECTION("who is dropped and put again is the last") {
        put("alice", "10.0.0.1:4000", 1);
        put("bob", "10.0.0.2:4000", 2);
        store->commit();
        drop("alice");
        put("alice", "10.0.0.1:4001", 2);
        store->commit();
        reopen();
        CHECK(storedUsers(*store) == Lines{"bob 10.0.0.2:4000 2", "alice 10.0.0.1:4001 2"});
    }

    SECTION("also within one commit") {
        put("alice", "10.0.0.1:1", 1);
        put("bob", "10.0.0.2:1", 1);
        drop("alice");
        put("alice", "10.0.0.1:2", 1);
        store->commit();
        reopen();
        CHECK(storedUsers(*store) == Lines{"bob 10.0.0.2:1 1", "alice 10.0.0.1:2 1"});
    }

    SECTION("who is dropped is gone, and nobody else") {
        put("alice", "10.0.0.1:4000", 1);
        put("bob", "10.0.0.2:4000", 2);
        store->commit();
        drop("alice");
        store->commit();
        reopen();
        CHECK(storedUsers(*store) == Lines{"bob 10.0.0.2:4000 2"});
    }

    SECTION("somebody of an earlier run is dropped by the key that follow() tells") {
        put("alice", "10.0.0.1:4000", 1);
        put("bob", "10.0.0.2:4000", 2);
        store->commit();
        reopen();
        std::vector<StoreKey> told;
        store->follow([&](StoreKey key, const StoredUser&) { told.push_back(key); });
        REQUIRE(told.size() == 2);
        store->drop(told.front());
        store->commit();
        reopen();
        CHECK(storedUsers(*store) == Lines{"bob 10.0.0.2:4000 2"});
    }

    SECTION("keys grow, also over a restart") {
        put("alice", "10.0.0.1:1", 1);
        put("bob", "10.0.0.2:1", 1);
        CHECK(keys["alice"] < keys["bob"]);
        store->commit();
        reopen();
        put("carol", "10.0.0.3:1", 1);
        CHECK(keys["bob"] < keys["carol"]);
    }

    SECTION("a commit settles, and nothing is lost then, whatever happens to the store") {
        put("alice", "10.0.0.1:1", 1);
        store->settle();
        CHECK(store->settled());
        CHECK(store->figures().unwritten == 0);
    }

    SECTION("put, drop and put within one commit end with the last") {
        put("alice", "10.0.0.1:1", 1);
        drop("alice");
        store->commit();
        reopen();
        CHECK(storedUsers(*store).empty());
        put("alice", "10.0.0.1:1", 1);
        drop("alice");
        put("alice", "10.0.0.1:2", 1);
        store->commit();
        reopen();
        CHECK(storedUsers(*store) == Lines{"alice 10.0.0.1:2 1"});
    }

    SECTION("names are compared byte by byte") {
        put("alice", "10.0.0.1:1", 1);
        put("Alice", "10.0.0.1:2", 1);
        put("天涯", "10.0.0.1:3", 1);
        put("o'brien \"x\" %", "10.0.0.1:4", 1);
        store->commit();
        drop("alice");
        store->commit();
        reopen();
        CHECK(storedUsers(*store).size() == 3);
        CHECK(storedUsers(*store).front() == "Alice 10.0.0.1:2 1");
        CHECK(storedUsers(*store).back() == "o'brien \"x\" % 10.0.0.1:4 1");
    }

    SECTION("IPv6 endpoints and the limits of ports and names survive") {
        const std::string longest(Name::kMaxBytes, 'x');
        put(longest, "[2001:db8::1]:65535", 0);
        put("v6", "[fe80::1]:1", 1);
        store->commit();
        reopen();
        CHECK(storedUsers(*store) == Lines{longest + " [2001:db8::1]:65535 0", "v6 [fe80::1]:1 1"});
    }

    SECTION("a commit of nothing changes nothing") {
        put("alice", "10.0.0.1:1", 1);
        store->commit();
        store->commit();
        store->commit();
        reopen();
        store->commit();
        reopen();
        CHECK(storedUsers(*store).size() == 1);
    }

    SECTION("several thousand users in many commits come back in order") {
        Lines expected;
        for (int i = 0; i < 3000; ++i) {
            const std::string name = "user" + std::to_string(i);
            const std::string endpoint = "10.0.0.1:" + std::to_string(1 + i);
            put(name, endpoint, i / 10);
            expected.push_back(name + " " + endpoint + " " + std::to_string(i / 10));
            if (i % 64 == 0) store->commit();
        }
        store->commit();
        reopen();
        CHECK(storedUsers(*store) == expected);
        CHECK(store->size() == expected.size());
    }

    SECTION("a new store knows no names") {
        CHECK(storedNames(*store).empty());
        CHECK(store->nameCount() == 0);
        CHECK(store->keptNames() == 0);
    }

    SECTION("a claimed name is its owner's after reopening, to the last bit") {
        CHECK(store->claim(nameOwner("alice", 200, 1'700'000'000'123)) == 1);
        store->commit();
        reopen();
        CHECK(storedNames(*store) == Lines{"alice 200 1700000000123"});
        store->followNames([](const NameOwner& owner) {
            CHECK(owner.identity == nameOwner("alice", 200, 0).identity);
        });
        CHECK(store->nameCount() == 1);
    }

    SECTION("names come back sorted, byte by byte, and have nothing to do with who is online") {
        static_cast<void>(store->claim(nameOwner("bob", 1, 1)));
        static_cast<void>(store->claim(nameOwner("天涯", 2, 1)));
        static_cast<void>(store->claim(nameOwner("Bob", 3, 1)));
        put("bob", "10.0.0.1:1", 1);
        store->commit();
        drop("bob");
        store->commit();
        reopen();
        CHECK(storedNames(*store) == Lines{"Bob 3 1", "bob 1 1", "天涯 2 1"});
        CHECK(storedUsers(*store).empty());
    }

    SECTION("tickets count, are kept once the store has settled, and begin anew") {
        CHECK(store->claim(nameOwner("alice", 1, 1)) == 1);
        CHECK(store->claim(nameOwner("bob", 2, 1)) == 2);
        store->settle();
        CHECK(store->keptNames() == 2);
        CHECK(store->figures().unwritten == 0);
        reopen();
        CHECK(store->keptNames() == 0);
        CHECK(store->claim(nameOwner("carol", 3, 1)) == 1);
        CHECK(store->keptNames() == 0);
        store->settle();
        CHECK(store->keptNames() == 1);
    }

    SECTION("a released name is nobody's, and may be claimed by another, also within one commit") {
        static_cast<void>(store->claim(nameOwner("alice", 1, 1)));
        static_cast<void>(store->claim(nameOwner("bob", 2, 2)));
        store->commit();
        static_cast<void>(store->release(nameOwner("alice", 1, 1).name));
        store->commit();
        reopen();
        CHECK(storedNames(*store) == Lines{"bob 2 2"});
        static_cast<void>(store->release(nameOwner("bob", 2, 2).name));
        static_cast<void>(store->claim(nameOwner("bob", 7, 3)));
        static_cast<void>(store->claim(nameOwner("dave", 8, 3)));
        static_cast<void>(store->release(nameOwner("dave", 8, 3).name));
        store->commit();
        reopen();
        CHECK(storedNames(*store) == Lines{"bob 7 3"});
    }

    SECTION("several thousand names in many commits come back") {
        Lines expected;
        for (int i = 10'000; i < 13'000; ++i) {
            static_cast<void>(store->claim(nameOwner("name" + std::to_string(i), i % 256, i)));
            expected.push_back("name" + std::to_string(i) + " " + std::to_string(i % 256) + " " +
                               std::to_string(i));
            if (i % 64 == 0) store->commit();
        }
        store->commit();
        reopen();
        CHECK(storedNames(*store) == expected);
    }
}

}  // namespace im::index::test
