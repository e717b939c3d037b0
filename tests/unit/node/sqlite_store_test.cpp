// SPDX-License-Identifier: BSL-1.0
#include "libim/node/sqlite_store.hpp"

#include "libim/base/error.hpp"
#include "libim/net/clock.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/index/store_contract.hpp"

#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/Session.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using im::Endpoint;
using im::Error;
using im::ErrorKind;
using im::Name;
using im::index::StoredUser;
using im::node::SqliteStore;
using im::node::StateDatabase;
namespace fs = std::filesystem;

namespace {

/// A store whose users are dropped by name.
class Store {
public:
    Store(const std::string& path, SqliteStore::Warn warn) : store_(path, std::move(warn)) {}

    void put(const StoredUser& user) { keys_[user.name.str()] = store_.put(user); }
    void drop(const std::string& name) { store_.drop(keys_.at(name)); }
    SqliteStore* operator->() { return &store_; }
    SqliteStore& operator*() { return store_; }
    void commit() { store_.commit(); }
    void settle() { store_.settle(); }

private:
    SqliteStore store_;
    std::map<std::string, im::index::StoreKey> keys_;
};

/// A directory for one test, and the state file in it.
struct Shelf {
    Shelf() {
        std::string name = (fs::temp_directory_path() / "im-store-XXXXXX").string();
        directory = ::mkdtemp(name.data());
        file = directory / "index.db";
    }
    ~Shelf() {
        std::error_code ignored;
        fs::remove_all(directory, ignored);
    }
    Shelf(const Shelf&) = delete;
    Shelf& operator=(const Shelf&) = delete;

    Store open() {
        return Store(file.string(), [this](const std::string& what) { warnings.push_back(what); });
    }
    /// The error of trying to open.
    Error refusal() {
        try {
            open();
        } catch (const Error& e) {
            return e;
        }
        FAIL("opened");
        throw std::logic_error("unreachable");
    }
    void sql(const std::string& statement) const {
        Poco::Data::SQLite::Connector::registerConnector();
        Poco::Data::Session session("SQLite", file.string());
        session << statement, Poco::Data::Keywords::now;
    }
    void write(const std::string& bytes) const { std::ofstream(file, std::ios::binary) << bytes; }
    std::string read() const {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    fs::path directory;
    fs::path file;
    std::vector<std::string> warnings;
};

StoredUser user(const std::string& name, std::uint16_t port = 4000, std::int64_t since = 1) {
    return {*Name::parse(name), *Endpoint::parse("127.0.0.1:" + std::to_string(port)), since};
}

im::index::NameOwner owner(const std::string& name, int identity) {
    return im::index::test::nameOwner(name, identity, 1);
}

std::vector<std::string> usersIn(Store& store) {
    std::vector<std::string> names;
    store->follow([&](im::index::StoreKey, const StoredUser& u) {
        names.push_back(u.name.str() + "@" + u.endpoint.toString() + "/" + std::to_string(u.since));
    });
    return names;
}

/// Runs `body` in a child; `body` ends by killing it as it stands.
void inChild(const std::function<void()>& body) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) body();
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
}

}  // namespace

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

namespace {

/// Files cannot grow while this lives.
class FullDisk {
public:
    FullDisk() {
        std::signal(SIGXFSZ, SIG_IGN);
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &usual_) == 0);
        const rlimit full{0, usual_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &full) == 0);
    }
    ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &usual_); }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    rlimit usual_{};
};

}  // namespace

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
    CHECK(shelf.warnings.front().find(shelf.file.string() + ": cannot write: ") == 0);
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
