// SPDX-License-Identifier: BSL-1.0
// What a state file is: what is refused, what is migrated, what comes back.
#include "libim/node/state_database.hpp"

#include "libim/net/clock.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/node/state_shelf.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

using im::Endpoint;
using im::Error;
using im::ErrorKind;
using im::Name;
using im::index::StoredUser;
using im::node::StateDatabase;
using namespace im::node::test;

TEST_CASE("More users than are fetched at once are all told", "[node]") {
    Shelf shelf;
    auto store = shelf.open();
    for (int i = 0; i < 2500; ++i) store.put(user("user" + std::to_string(i)));
    store.commit();
    const auto all = usersIn(store);
    CHECK(all.size() == 2500);
    CHECK(all.front() == "user0@127.0.0.1:4000/1");
    CHECK(all.back() == "user2499@127.0.0.1:4000/1");
}

TEST_CASE("IPv6 endpoints come back as they were", "[node]") {
    Shelf shelf;
    auto store = shelf.open();
    const StoredUser six{*Name::parse("six"), *Endpoint::parse("[2001:db8::1]:4649"), 7};
    store.put(six);
    store.commit();
    store->follow(
        [&](im::index::StoreKey, const StoredUser& u) { CHECK(u.endpoint == six.endpoint); });
}

TEST_CASE("A new state file is for its owner only", "[node]") {
    Shelf shelf;
    const auto store = shelf.open();
    struct stat status {};
    REQUIRE(::stat(shelf.file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
}

TEST_CASE("A second store on one file is refused with 71, at once", "[node]") {
    Shelf shelf;
    SECTION("in another process") {
        int ready[2];
        REQUIRE(::pipe(ready) == 0);
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            const auto store = shelf.open();
            static_cast<void>(::write(ready[1], "x", 1));
            ::pause();
        }
        char byte = 0;
        REQUIRE(::read(ready[0], &byte, 1) == 1);
        const auto start = im::net::now();
        const Error error = shelf.refusal();
        CHECK(im::net::now() - start < std::chrono::seconds(5));
        CHECK(error.kind() == ErrorKind::OperatingSystem);
        CHECK(error.what() == shelf.file.string() + ": in use by another process");
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        ::close(ready[0]);
        ::close(ready[1]);
        CHECK_NOTHROW(shelf.open());
    }
    SECTION("in the same process") {
        auto first = shelf.open();
        CHECK(shelf.refusal().kind() == ErrorKind::OperatingSystem);
        first.put(user("still-works"));
        first.commit();
        CHECK(usersIn(first).size() == 1);
    }
    SECTION("before the first has written anything") {
        const auto first = shelf.open();
        CHECK(shelf.refusal().kind() == ErrorKind::OperatingSystem);
    }
}

TEST_CASE("A damaged file is refused with 78 and left as it is", "[node]") {
    Shelf shelf;
    SECTION("no database") {
        shelf.write(std::string(5000, 'x'));
    }
    SECTION("a database's first words and then noise") {
        shelf.write(std::string("SQLite format 3\0", 16) + std::string(8000, '\xff'));
    }
    SECTION("a page overwritten in the middle") {
        {
            auto store = shelf.open();
            for (int i = 0; i < 2000; ++i) store.put(user("user" + std::to_string(i)));
        }
        std::string bytes = shelf.read();
        REQUIRE(bytes.size() > 20000);
        bytes.replace(bytes.size() / 2, 6000, 6000, '\x55');
        shelf.write(bytes);
    }
    SECTION("a table is missing") {
        { shelf.open(); }
        shelf.sql("DROP TABLE users");
    }
    SECTION("a column is missing") {
        { shelf.open(); }
        shelf.sql("ALTER TABLE users DROP COLUMN endpoint");
    }
    const std::string before = shelf.read();
    const Error error = shelf.refusal();
    CHECK(error.kind() == ErrorKind::Configuration);
    CHECK(std::string(error.what()).find(shelf.file.string() + ": damaged state file") == 0);
    CHECK_FALSE(error.hint().empty());
    CHECK(shelf.read() == before);
}

TEST_CASE("A row that is no user is damage", "[node]") {
    Shelf shelf;
    { shelf.open(); }
    SECTION("a name that breaks the rule") {
        shelf.sql("INSERT INTO users VALUES (1, 'a;b', '127.0.0.1:1', 0)");
    }
    SECTION("an endpoint that is none") {
        shelf.sql("INSERT INTO users VALUES (1, 'bob', 'somewhere', 0)");
    }
    auto store = shelf.open();
    try {
        usersIn(store);
        FAIL("told");
    } catch (const Error& e) {
        CHECK(e.kind() == ErrorKind::Configuration);
    }
}

TEST_CASE("A file of a newer version, or of somebody else, is refused with 78", "[node]") {
    Shelf shelf;
    SECTION("newer") {
        { shelf.open().put(user("alice")); }
        shelf.sql("PRAGMA user_version = " + std::to_string(StateDatabase::kVersion + 1));
        CHECK(std::string(shelf.refusal().what()).find("newer version") != std::string::npos);
    }
    SECTION("somebody else's") {
        shelf.sql("CREATE TABLE recipes (title TEXT)");
        CHECK(std::string(shelf.refusal().what()).find("not a state file") != std::string::npos);
    }
    CHECK(shelf.refusal().kind() == ErrorKind::Configuration);
}

TEST_CASE("An empty file becomes a state file", "[node]") {
    Shelf shelf;
    shelf.write("");
    { shelf.open().put(user("alice")); }
    auto store = shelf.open();
    CHECK(usersIn(store).size() == 1);
}

TEST_CASE("What cannot be opened is refused with 73, at once and with the reason", "[node]") {
    Shelf shelf;
    SECTION("no such directory") {
        shelf.file = shelf.directory / "none" / "index.db";
    }
    SECTION("a directory") {
        shelf.file = shelf.directory;
    }
    SECTION("a device") {
        shelf.file = "/dev/null";
    }
    SECTION("where nobody can write") {
        shelf.file = "/proc/index.db";
    }
    const auto start = im::net::now();
    const Error error = shelf.refusal();
    CHECK(im::net::now() - start < std::chrono::seconds(5));
    CHECK(error.kind() == ErrorKind::CannotCreate);
    CHECK(std::string(error.what()).find(shelf.file.string() + ": cannot open: ") == 0);
}

TEST_CASE("A name that SQLite takes for something else is a file all the same", "[node]") {
    const Shelf shelf;
    const fs::path before = fs::current_path();
    fs::current_path(shelf.directory);
    for (const char* const name : {":memory:", "file:index.db?mode=memory"}) {
        {
            Store(name, [](const std::string&) {}).put(user("alice"));
        }
        CHECK(fs::exists(shelf.directory / name));
    }
    fs::current_path(before);
}

TEST_CASE("A state file may be a link to one elsewhere", "[node]") {
    Shelf shelf;
    const fs::path real = shelf.directory / "elsewhere" / "real.db";
    fs::create_directory(real.parent_path());
    std::ofstream(real).close();
    fs::create_symlink(real, shelf.file);
    {
        auto store = shelf.open();
        store.put(user("alice"));
        store.settle();
    }
    CHECK(fs::is_symlink(shelf.file));
    auto store = shelf.open();
    CHECK(usersIn(store).size() == 1);
}

TEST_CASE("A file of version 1 is migrated, with all its users in their order", "[node]") {
    Shelf shelf;
    shelf.sql(
        "CREATE TABLE users (name TEXT PRIMARY KEY NOT NULL, endpoint TEXT NOT NULL,"
        " since INTEGER NOT NULL, sequence INTEGER NOT NULL) WITHOUT ROWID");
    shelf.sql("PRAGMA application_id = " + std::to_string(StateDatabase::kApplicationId));
    shelf.sql("PRAGMA user_version = 1");
    shelf.sql(
        "INSERT INTO users VALUES ('alice', '127.0.0.1:4001', 30, 7), ('bob', '[::1]:2', 10, 2),"
        " ('carol', '127.0.0.1:3', 20, 5)");
    SECTION("and stays so") {
        { shelf.open(); }
    }
    SECTION("also when it is used at once") {}
    auto store = shelf.open();
    CHECK(usersIn(store) == std::vector<std::string>{"bob@[::1]:2/10", "carol@127.0.0.1:3/20",
                                                     "alice@127.0.0.1:4001/30"});
    store.put(user("dave"));
    store.settle();
    CHECK(usersIn(store).back() == "dave@127.0.0.1:4000/1");
}

TEST_CASE("A file of version 2 is migrated, and names can be claimed in it", "[node]") {
    Shelf shelf;
    shelf.sql(
        "CREATE TABLE users (key INTEGER PRIMARY KEY, name TEXT NOT NULL, endpoint TEXT NOT NULL,"
        " since INTEGER NOT NULL)");
    shelf.sql("PRAGMA application_id = " + std::to_string(StateDatabase::kApplicationId));
    shelf.sql("PRAGMA user_version = 2");
    shelf.sql("INSERT INTO users VALUES (7, 'alice', '127.0.0.1:4001', 30)");
    {
        auto store = shelf.open();
        CHECK(usersIn(store) == std::vector<std::string>{"alice@127.0.0.1:4001/30"});
        static_cast<void>(store->claim(owner("alice", 1)));
    }
    auto store = shelf.open();
    CHECK(usersIn(store).size() == 1);
    CHECK(im::index::test::storedNames(*store) == std::vector<std::string>{"alice 1 1"});
}

TEST_CASE("A second owner of a name is refused by the file itself", "[node]") {
    Shelf shelf;
    StateDatabase database(shelf.file.string());
    const im::node::NameChange alices{owner("alice", 1).name, owner("alice", 1)};
    const im::node::NameChange mallorys{owner("alice", 2).name, owner("alice", 2)};
    database.write({}, {&alices, 1});
    CHECK_THROWS_AS(database.write({}, {&mallorys, 1}), Error);
    std::vector<im::index::NameOwner> owners;
    database.followNames([&](const im::index::NameOwner& one) { owners.push_back(one); });
    REQUIRE(owners.size() == 1);
    CHECK(owners.front().identity == alices.owner->identity);
}

TEST_CASE("A row that is no name is refused with 78", "[node]") {
    Shelf shelf;
    { shelf.open(); }
    shelf.sql("INSERT INTO names VALUES ('alice', 'ed25519:short', 1)");
    auto store = shelf.open();
    CHECK_THROWS_AS(store->followNames([](const im::index::NameOwner&) {}), Error);
}

TEST_CASE("A check of a state file says what a start would say and changes nothing", "[node]") {
    Shelf shelf;
    SECTION("none is fine, and is not made") {
        CHECK_NOTHROW(StateDatabase::check(shelf.file.string()));
        CHECK_FALSE(fs::exists(shelf.file));
    }
    SECTION("a good one") {
        { shelf.open().put(user("alice")); }
        const std::string before = shelf.read();
        CHECK_NOTHROW(StateDatabase::check(shelf.file.string()));
        CHECK(shelf.read() == before);
    }
    SECTION("one that an index uses") {
        const auto store = shelf.open();
        CHECK_NOTHROW(StateDatabase::check(shelf.file.string()));
    }
    SECTION("a damaged one") {
        shelf.write(std::string(5000, 'x'));
        CHECK_THROWS_AS(StateDatabase::check(shelf.file.string()), Error);
    }
}

TEST_CASE("A directory that cannot be written is named, for its file cannot have a log", "[node]") {
    Shelf shelf;
    { shelf.open(); }
    fs::permissions(shelf.directory, fs::perms(0555));
    fs::permissions(shelf.file, fs::perms(0666));
    constexpr uid_t kNobody = 65'534;
    inChild([&] {
        // Of the superuser nothing is refused.  access() looks at the real one.
        if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(1);
        const Error refusal = shelf.refusal();
        const bool isClear = std::string(refusal.what()).find("directory") != std::string::npos;
        if (refusal.kind() == ErrorKind::CannotCreate && isClear) ::kill(::getpid(), SIGKILL);
        ::_exit(1);
    });
    fs::permissions(shelf.directory, fs::perms(0755));
}

TEST_CASE("A file whose imindex died is refused with 78 when its log is gone, and names it",
          "[node]") {
    Shelf shelf;
    inChild([&] {
        auto store = shelf.open();
        store.put(user("alice"));
        store.commit();
        store.settle();
        ::kill(::getpid(), SIGKILL);
    });
    const fs::path log = shelf.file.string() + "-wal";
    REQUIRE(fs::exists(log));
    SECTION("by a start and by a check, and left as it is") {
        fs::remove(log);
        const std::string before = shelf.read();
        const Error refusal = shelf.refusal();
        CHECK(refusal.kind() == ErrorKind::Configuration);
        CHECK(std::string(refusal.what()).find(log.string()) != std::string::npos);
        CHECK(refusal.hint().find("touch " + log.string()) != std::string::npos);
        CHECK_THROWS_AS(StateDatabase::check(shelf.file.string()), Error);
        CHECK(shelf.read() == before);
        CHECK_FALSE(fs::exists(log));
    }
    SECTION("until its operator takes it as it is") {
        fs::remove(log);
        std::ofstream(log).flush();
        auto store = shelf.open();
        CHECK(usersIn(store).empty());
    }
    SECTION("not when it is there: with all that was committed") {
        auto store = shelf.open();
        CHECK(usersIn(store).size() == 1);
    }
    SECTION("not after a check, which moves the log into the file") {
        StateDatabase::check(shelf.file.string());
        CHECK_FALSE(fs::exists(log));
        auto store = shelf.open();
        CHECK(usersIn(store).size() == 1);
    }
    SECTION("not after a second death, nor after a clean end") {
        inChild([&] {
            const auto store = shelf.open();
            ::kill(::getpid(), SIGKILL);
        });
        { shelf.open().put(user("bob")); }
        CHECK_FALSE(fs::exists(log));
        auto store = shelf.open();
        CHECK(usersIn(store).size() == 2);
    }
    SECTION("nor when the file is gone and only the log is there") {
        fs::remove(shelf.file);
        CHECK(shelf.refusal().kind() == ErrorKind::Configuration);
        CHECK(fs::exists(log));
        CHECK_FALSE(fs::exists(shelf.file));
    }
}

TEST_CASE("A file that cannot be told that it is closed keeps its log", "[node]") {
    Shelf shelf;
    inChild([&] {
        auto database = std::make_unique<StateDatabase>(shelf.file.string());
        const im::node::StateChange alice{database->nextKey(), user("alice")};
        database->write({&alice, 1});
        const FullDisk full;
        database.reset();
        ::kill(::getpid(), SIGKILL);
    });
    CHECK(fs::exists(shelf.file.string() + "-wal"));
    auto store = shelf.open();
    CHECK(usersIn(store).size() == 1);
}
