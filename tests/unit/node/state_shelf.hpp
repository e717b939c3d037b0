// SPDX-License-Identifier: BSL-1.0
// Shelf: a directory with a state file in it, for the tests of what is kept there.
#pragma once

#include "libim/base/error.hpp"
#include "libim/node/sqlite_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/index/store_contract.hpp"

#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/Session.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace im::node::test {

namespace fs = std::filesystem;
using index::StoredUser;

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
    std::map<std::string, index::StoreKey> keys_;
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

inline StoredUser user(const std::string& name, std::uint16_t port = 4000, std::int64_t since = 1) {
    return {*Name::parse(name), *Endpoint::parse("127.0.0.1:" + std::to_string(port)), since};
}

inline index::NameOwner owner(const std::string& name, int identity) {
    return index::test::nameOwner(name, identity, 1);
}

inline std::vector<std::string> usersIn(Store& store) {
    std::vector<std::string> names;
    store->follow([&](index::StoreKey, const StoredUser& u) {
        names.push_back(u.name.str() + "@" + u.endpoint.toString() + "/" + std::to_string(u.since));
    });
    return names;
}

/// Runs `body` in a child; `body` ends by killing it as it stands.
inline void inChild(const std::function<void()>& body) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) body();
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
}

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

}  // namespace im::node::test
