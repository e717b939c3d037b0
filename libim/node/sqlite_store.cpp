// SPDX-License-Identifier: BSL-1.0
#include "libim/node/sqlite_store.hpp"

#include "libim/base/error.hpp"
#include "libim/net/clock.hpp"

#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/SQLite/SQLiteException.h>
#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <string_view>
#include <unordered_set>

namespace im::node {

namespace {

using Poco::Data::Session;
using Poco::Data::Statement;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::limit;
using Poco::Data::Keywords::now;
using Poco::Data::Keywords::use;

// The file's history: step N makes version N + 1 of version N.  Only ever append.
// A row is a user online; `sequence` is the order of login.
constexpr std::array<const char*, SqliteStore::kVersion> kMigrations{
    "CREATE TABLE users (name TEXT PRIMARY KEY NOT NULL, endpoint TEXT NOT NULL,"
    " since INTEGER NOT NULL, sequence INTEGER NOT NULL) WITHOUT ROWID",
};

// Rows fetched at once by follow().
constexpr unsigned kRowsAtOnce = 1000;

// POCO waits this many seconds for a file that cannot be opened before it says so.  What could
// be wrong is looked at before; this is for what could not.
constexpr std::size_t kOpenTimeout = 1;

// While commits fail, changes are put together when there are so many, and then at twice what
// remained.
constexpr std::size_t kCoalesceFirst = 65536;

void registerConnector() {
    static std::once_flag once;
    std::call_once(once, [] { Poco::Data::SQLite::Connector::registerConnector(); });
}

Error cannotOpen(const std::string& path, int errnum) {
    return systemError(ErrorKind::CannotCreate, path + ": cannot open", errnum);
}

Error damaged(const std::string& path, const std::string& why) {
    return Error(ErrorKind::Configuration, path + ": damaged state file: " + why,
                 "move it away and start again; it holds nothing but who was online");
}

/// What POCO would take a minute to find out, or say without a reason; and a new file's mode.
void checkFile(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode)) throw cannotOpen(path, EISDIR);
        if (!S_ISREG(status.st_mode)) throw cannotOpen(path, EINVAL);
        // Not by opening: a close would give up the locks that this process may have on it.
        if (::access(path.c_str(), R_OK | W_OK) != 0) throw cannotOpen(path, errno);
        return;
    }
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno != EEXIST) throw cannotOpen(path, errno);
    if (file >= 0) ::close(file);
}

/// SQLite takes ":memory:" and "file:..." for something else than files of that name.
std::string asFileName(const std::string& path) {
    return path.empty() || path.front() == '/' ? path : "./" + path;
}

template <typename T>
T ask(Session& session, const char* question) {
    T answer{};
    session << question, into(answer), now;
    return answer;
}

void say(Session& session, const std::string& statement) {
    session << statement, now;
}

void rollBack(Session& session) {
    try {
        say(session, "ROLLBACK");
    } catch (const Poco::Exception&) {
        // SQLite had done so already, as it does for a full disk.
    }
}

}  // namespace

/// The connection and its prepared statements.
struct SqliteStore::Database {
    explicit Database(const std::string& path)
        : session("SQLite", asFileName(path), kOpenTimeout) {}

    /// Throws when the table is not as it must be.
    void prepare() {
        int ignored = 0;
        session << "SELECT count(name) + count(endpoint) + count(since) FROM users WHERE false",
            into(ignored), now;
        session << "SELECT coalesce(max(sequence), 0) + 1 FROM users", into(nextSequence), now;
        renewStatements();
    }

    void renewStatements() {
        begin = std::make_unique<Statement>(session);
        *begin << "BEGIN IMMEDIATE";
        commit = std::make_unique<Statement>(session);
        *commit << "COMMIT";
        put = std::make_unique<Statement>(session);
        *put << "INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?)", use(name), use(endpoint),
            use(since), use(sequence);
        drop = std::make_unique<Statement>(session);
        *drop << "DELETE FROM users WHERE name = ?", use(name);
        count = std::make_unique<Statement>(session);
        *count << "SELECT count(*) FROM users WHERE name = ?", use(name), into(found);
    }

    void write(const Change& change) {
        name = change.user.name.str();
        if (!change.online) {
            drop->execute();
            return;
        }
        endpoint = change.user.endpoint.toString();
        since = change.user.since;
        sequence = nextSequence++;
        put->execute();
    }

    /// True also when the file cannot be asked.
    bool mayHave(const Name& wanted) {
        name = wanted.str();
        try {
            count->execute();
        } catch (const Poco::Exception&) {
            renewStatements();
            return true;
        }
        return found != 0;
    }

    Session session;
    std::string name;
    std::string endpoint;
    Poco::Int64 since = 0;
    Poco::Int64 sequence = 0;
    Poco::Int64 nextSequence = 0;
    int found = 0;
    std::unique_ptr<Statement> begin;
    std::unique_ptr<Statement> commit;
    std::unique_ptr<Statement> put;
    std::unique_ptr<Statement> drop;
    std::unique_ptr<Statement> count;
};

namespace {

/// Reads and refuses; writes nothing yet.
int checkVersion(Session& session, const std::string& path) {
    const int version = ask<int>(session, "PRAGMA user_version");
    const int application = ask<int>(session, "PRAGMA application_id");
    const int tables = ask<int>(session, "SELECT count(*) FROM sqlite_master");
    if (application != SqliteStore::kApplicationId && (application != 0 || tables != 0))
        throw Error(ErrorKind::Configuration, path + ": not a state file of imindex");
    if (version > SqliteStore::kVersion)
        throw Error(ErrorKind::Configuration,
                    path + ": state file of a newer version (" + std::to_string(version) +
                        "; this imindex knows " + std::to_string(SqliteStore::kVersion) + ")");
    const auto verdict = ask<std::string>(session, "PRAGMA quick_check(1)");
    if (verdict != "ok") throw damaged(path, verdict);
    return std::max(version, 0);
}

void migrate(Session& session, int version) {
    if (version == SqliteStore::kVersion) return;
    say(session, "BEGIN IMMEDIATE");
    for (; version < SqliteStore::kVersion; ++version)
        say(session, kMigrations[static_cast<std::size_t>(version)]);
    say(session, "PRAGMA application_id = " + std::to_string(SqliteStore::kApplicationId));
    say(session, "PRAGMA user_version = " + std::to_string(SqliteStore::kVersion));
    say(session, "COMMIT");
}

void setUp(Session& session, const std::string& path) {
    say(session, "PRAGMA busy_timeout = 0");
    // Before anything is read: the lock is taken with the first look at the file and kept.
    ask<std::string>(session, "PRAGMA locking_mode = EXCLUSIVE");
    const int version = checkVersion(session, path);
    ask<std::string>(session, "PRAGMA journal_mode = WAL");
    // Survives the end of the process; only a loss of power may cost the latest commits.
    say(session, "PRAGMA synchronous = NORMAL");
    // Rarer than by default (4 MB): each one waits for the disk, and so does the index.
    ask<int>(session, "PRAGMA wal_autocheckpoint = 4000");
    ask<int>(session, "PRAGMA journal_size_limit = 33554432");
    migrate(session, version);
}

}  // namespace

SqliteStore::SqliteStore(const std::string& path, Warn warn) : path_(path), warn_(std::move(warn)) {
    registerConnector();
    checkFile(path_);
    namespace sqlite = Poco::Data::SQLite;
    try {
        database_ = std::make_unique<Database>(path_);
        setUp(database_->session, path_);
        database_->prepare();
    } catch (const sqlite::DBLockedException&) {
        throw Error(ErrorKind::OperatingSystem, path_ + ": in use by another process",
                    "each imindex needs a state file of its own, see --state");
    } catch (const sqlite::CorruptImageException& e) {
        throw damaged(path_, e.message());
    } catch (const sqlite::InvalidSQLStatementException& e) {
        throw damaged(path_, e.message());  // a table or a column is not there
    } catch (const Poco::Exception& e) {
        throw Error(ErrorKind::CannotCreate, path_ + ": cannot open: " + e.displayText());
    }
}

SqliteStore::~SqliteStore() {
    retryAt_ = {};
    commit();
}

void SqliteStore::follow(const std::function<void(const index::StoredUser&)>& each) {
    std::vector<std::string> names;
    std::vector<std::string> endpoints;
    std::vector<Poco::Int64> since;
    try {
        Statement select(database_->session);
        select << "SELECT name, endpoint, since FROM users ORDER BY sequence", into(names),
            into(endpoints), into(since), limit(kRowsAtOnce);
        while (!select.done()) {
            names.clear();
            endpoints.clear();
            since.clear();
            select.execute();
            for (std::size_t i = 0; i < names.size(); ++i) {
                const auto name = Name::parse(names[i]);
                const auto endpoint = Endpoint::parse(endpoints[i]);
                if (!name || !endpoint) throw damaged(path_, "a row that is no user");
                each({*name, *endpoint, since[i]});
            }
        }
    } catch (const Poco::Exception& e) {
        throw damaged(path_, e.displayText());
    }
}

void SqliteStore::put(const index::StoredUser& user) {
    changes_.push_back({user, true});
}

void SqliteStore::drop(const Name& name) {
    changes_.push_back({{name, {}, 0}, false});
}

void SqliteStore::commit() {
    if (changes_.empty() && !failing_) return;
    if (failing_ && net::now() < retryAt_) {
        if (changes_.size() >= coalesceAt_) coalesce();
        return;
    }
    try {
        write();
    } catch (const Poco::Exception& e) {
        failed(e.displayText());
        return;
    }
    changes_.clear();
    if (failing_) warn_(path_ + ": written again");
    failing_ = false;
}

void SqliteStore::write() {
    database_->begin->execute();
    for (const Change& change : changes_) database_->write(change);
    database_->commit->execute();
}

void SqliteStore::failed(const std::string& why) {
    ++failures_;
    rollBack(database_->session);
    // A statement that has failed is in the middle of something.
    database_->renewStatements();
    if (!failing_) {
        coalesceAt_ = kCoalesceFirst;
        warn_(path_ + ": cannot write: " + why + "; serving from memory");
    }
    retry_ = failing_ ? std::min(2 * retry_, kRetryMost) : kRetry;
    failing_ = true;
    retryAt_ = net::now() + retry_;
}

/// Of several changes of one name the last counts; and the end of somebody whom the file does
/// not know is no change.  So there are never more than names in file and roster.
void SqliteStore::coalesce() {
    std::unordered_set<std::string> seen;
    std::vector<Change> kept;
    for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
        if (!seen.insert(change->user.name.str()).second) continue;
        if (change->online || database_->mayHave(change->user.name)) kept.push_back(*change);
    }
    std::reverse(kept.begin(), kept.end());
    changes_ = std::move(kept);
    coalesceAt_ = std::max(kCoalesceFirst, 2 * changes_.size());
}

}  // namespace im::node
