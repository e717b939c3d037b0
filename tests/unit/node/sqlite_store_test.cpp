// SPDX-License-Identifier: BSL-1.0
#include "libim/node/sqlite_store.hpp"

#include "libim/net/clock.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/index/store_contract.hpp"
#include "tests/unit/node/state_shelf.hpp"

#include <poll.h>

#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using im::index::StoredUser;
using im::node::SqliteStore;
using namespace im::node::test;

namespace {

struct SqliteFactory {
    std::unique_ptr<im::index::Store> open() {
        return std::make_unique<SqliteStore>(shelf.file.string(),
                                             [](const std::string& what) { FAIL(what); });
    }
    Shelf shelf;
};

}  // namespace

TEST_CASE("SqliteStore keeps the contract of a store", "[node]") {
    im::index::test::checkStoreContract<SqliteFactory>();
}

TEST_CASE("What was committed survives kill -9, what was not does not", "[node]") {
    Shelf shelf;
    inChild([&] {
        auto store = shelf.open();
        store.put(user("alice", 4001, 10));
        store.put(user("bob", 4002, 20));
        store.commit();
        store.drop("bob");
        store.put(user("天涯", 4003, 30));
        store.settle();
        store.put(user("too-late", 4004, 40));
        ::kill(::getpid(), SIGKILL);
    });
    auto store = shelf.open();
    CHECK(usersIn(store) ==
          std::vector<std::string>{"alice@127.0.0.1:4001/10", "天涯@127.0.0.1:4003/30"});
    CHECK(shelf.warnings.empty());
}

TEST_CASE("The end of the store commits what is left", "[node]") {
    Shelf shelf;
    { shelf.open().put(user("alice")); }
    auto store = shelf.open();
    CHECK(usersIn(store).size() == 1);
}

TEST_CASE("follow tells users in the order of put", "[node]") {
    Shelf shelf;
    {
        auto store = shelf.open();
        for (const char* const name : {"carol", "alice", "bob"}) store.put(user(name));
        store.commit();
        store.drop("carol");
        store.put(user("carol", 5000));
        store.commit();
    }
    auto store = shelf.open();
    store.put(user("dave"));
    store.commit();
    CHECK(usersIn(store) ==
          std::vector<std::string>{"alice@127.0.0.1:4000/1", "bob@127.0.0.1:4000/1",
                                   "carol@127.0.0.1:5000/1", "dave@127.0.0.1:4000/1"});
}

TEST_CASE("With a full disk the store serves from memory, says so once, and recovers", "[node]") {
    Shelf shelf;
    auto store = shelf.open();
    store.put(user("before"));
    store.settle();
    {
        const FullDisk full;
        for (int i = 0; i < 10; ++i) {
            store.put(user("late" + std::to_string(i)));
            store.settle();
            CHECK(store->settled());
        }
        store.drop("before");
        store.settle();
    }
    REQUIRE(shelf.warnings.size() == 1);
    // Once is enough: POCO says it twice.
    CHECK(shelf.warnings.front() ==
          shelf.file.string() + ": cannot write: disk I/O error; serving from memory");
    CHECK(store->figures().failures == 1);  // not tried again before its time
    CHECK(store->figures().unwritten == 11);
    REQUIRE(store->nextDeadline());

    while (im::net::now() < *store->nextDeadline()) ::usleep(10'000);
    store.settle();
    CHECK_FALSE(store->nextDeadline());
    CHECK(store->figures().unwritten == 0);
    REQUIRE(shelf.warnings.size() == 2);
    CHECK(shelf.warnings.back() == shelf.file.string() + ": written again");
    CHECK(usersIn(store).size() == 10);
}

TEST_CASE("However long the disk is full, only users are kept, not their coming and going",
          "[node]") {
    Shelf shelf;
    auto store = std::make_unique<Store>(shelf.file.string(), [](const std::string&) {});
    store->put(user("known"));
    store->settle();
    std::size_t most = 0;
    {
        const FullDisk full;
        for (int i = 0; i < 100'000; ++i) {
            const std::string name = "n" + std::to_string(i);
            store->put(user(name));
            store->drop(name);
            if (i % 100 == 0) store->settle();
            most = std::max(most, (*store)->figures().unwritten);
        }
        store->drop("known");
    }
    CHECK(most < 100'000);
    store.reset();  // does not wait for its next try
    auto again = shelf.open();
    CHECK(usersIn(again).empty());
}

TEST_CASE("Changes made while a commit is under way are not lost and come after it", "[node]") {
    Shelf shelf;
    {
        auto store = shelf.open();
        for (int i = 0; i < 500; ++i) {
            store.put(user("user" + std::to_string(i)));
            store.commit();  // mostly while the one before is under way
            store->finish();
            if (i % 2 == 1) store.drop("user" + std::to_string(i - 1));
        }
    }
    auto store = shelf.open();
    const auto users = usersIn(store);
    REQUIRE(users.size() == 250);
    CHECK(users.front() == "user1@127.0.0.1:4000/1");
    CHECK(users.back() == "user499@127.0.0.1:4000/1");
}

TEST_CASE("A commit announces its end on the descriptor", "[node]") {
    Shelf shelf;
    auto store = shelf.open();
    store.put(user("alice"));
    store.commit();
    pollfd wait{store->descriptor(), POLLIN, 0};
    REQUIRE(::poll(&wait, 1, 10'000) == 1);
    store->finish();
    CHECK(store->settled());
    CHECK(store->figures().commits == 1);
    CHECK(::poll(&wait, 1, 0) == 0);
}

TEST_CASE("A file that is removed or replaced under way is said, once", "[node]") {
    const std::string how = GENERATE("remove", "replace", "remove the log");
    INFO(how);
    Shelf shelf;
    Store store = shelf.open();
    store.put(user("bob"));
    store.commit();
    store.settle();
    if (how == "remove") fs::remove(shelf.file);
    if (how == "remove the log") fs::remove(shelf.file.string() + "-wal");
    if (how == "replace") {
        fs::copy_file(shelf.file, shelf.directory / "copy");
        fs::rename(shelf.directory / "copy", shelf.file);
    }
    for (const std::string name : {"carol", "dave"}) {
        store.put(user(name));
        store.commit();
        store.settle();
        std::this_thread::sleep_for(SqliteStore::kSyncDelay + std::chrono::milliseconds(200));
        store->finish();
    }
    REQUIRE(shelf.warnings.size() == 1);
    CHECK(shelf.warnings.front().starts_with(shelf.file.string() + ": removed or replaced"));
    CHECK(store->figures().failures == 1);
}

TEST_CASE("A name whose ticket is kept survives kill -9, and the descriptor tells of it",
          "[node]") {
    Shelf shelf;
    inChild([&] {
        auto store = shelf.open();
        const auto ticket = store->claim(owner("alice", 1));
        store->commit();
        while (store->keptNames() < ticket) {
            pollfd wait{store->descriptor(), POLLIN, 0};
            if (::poll(&wait, 1, 10'000) != 1) ::_exit(1);
            store->finish();
        }
        ::kill(::getpid(), SIGKILL);
    });
    auto store = shelf.open();
    CHECK(im::index::test::storedNames(*store) == std::vector<std::string>{"alice 1 1"});
}

TEST_CASE("A name is synced at once, not with the logins of the last second", "[node]") {
    Shelf shelf;
    auto store = shelf.open();
    static_cast<void>(store->claim(owner("alice", 1)));
    const auto start = im::net::now();
    store.settle();
    CHECK(store->keptNames() == 1);
    CHECK(im::net::now() - start < SqliteStore::kSyncDelay);
}

TEST_CASE("No ticket is kept while nothing can be written, and all are afterwards", "[node]") {
    Shelf shelf;
    auto store = shelf.open();
    store.settle();
    {
        const FullDisk full;
        static_cast<void>(store->claim(owner("alice", 1)));
        store.settle();
        CHECK(store->settled());
        CHECK(store->keptNames() == 0);
        CHECK(store->figures().unwritten == 1);
    }
    while (store->keptNames() == 0) {
        pollfd wait{store->descriptor(), POLLIN, 0};
        static_cast<void>(::poll(&wait, 1, 100));
        store->finish();
        store.commit();
    }
    CHECK(im::index::test::storedNames(*store) == std::vector<std::string>{"alice 1 1"});
}

TEST_CASE(
    "After a failed sync no name counts until the store is opened again, whatever the disk says",
    "[node]") {
    Shelf shelf;
    const auto wait = [](Store& store) {
        pollfd finished{store->descriptor(), POLLIN, 0};
        static_cast<void>(::poll(&finished, 1, 100));
        store->finish();
    };
    {
        auto store = shelf.open();
        // A file without its name cannot be synced; with it, it can.
        const fs::path aside = shelf.directory / "aside";
        fs::rename(shelf.file, aside);
        static_cast<void>(store->claim(owner("alice", 1)));
        store.commit();
        while (shelf.warnings.empty()) wait(store);
        CHECK(shelf.warnings.front().ends_with("no new names until imindex is started again"));
        fs::rename(aside, shelf.file);
        static_cast<void>(store->claim(owner("bob", 2)));
        store.settle();
        for (int i = 0; i < 10; ++i) wait(store);
        CHECK(store->keptNames() == 0);
        store.put(user("carol"));
        store.settle();
        CHECK(usersIn(store).size() == 1);  // of users less is promised
    }
    auto store = shelf.open();
    static_cast<void>(store->claim(owner("dave", 3)));
    store.settle();
    CHECK(store->keptNames() == 1);
    CHECK(shelf.warnings.size() == 1);
}
