// SPDX-License-Identifier: BSL-1.0
#include "libim/node/state_database.hpp"

#include "libim/base/error.hpp"

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
#include <cstdlib>
#include <exception>
#include <map>
#include <mutex>
#include <new>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace im::node {

namespace {

using index::StoredUser;
using index::StoreKey;
using Poco::Data::Session;
using Poco::Data::Statement;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::limit;
using Poco::Data::Keywords::now;
using Poco::Data::Keywords::use;

// The file's history: the statements of step N make version N + 1 of version N.  Only ever append.
struct Migration {
    std::array<const char*, 4> statements;
};
constexpr std::array<Migration, StateDatabase::kVersion> kMigrations{{
    {{"CREATE TABLE users (name TEXT PRIMARY KEY NOT NULL, endpoint TEXT NOT NULL,"
      " since INTEGER NOT NULL, sequence INTEGER NOT NULL) WITHOUT ROWID"}},
    {{"ALTER TABLE users RENAME TO users1",
      "CREATE TABLE users (key INTEGER PRIMARY KEY, name TEXT NOT NULL, endpoint TEXT NOT NULL,"
      " since INTEGER NOT NULL)",
      "INSERT INTO users SELECT sequence, name, endpoint, since FROM users1 ORDER BY sequence",
      "DROP TABLE users1"}},
    {{"CREATE TABLE names (name TEXT PRIMARY KEY NOT NULL, identity TEXT NOT NULL,"
      " since INTEGER NOT NULL) WITHOUT ROWID"}},
}};

// Rows fetched at once by follow().
constexpr unsigned kRowsAtOnce = 1000;

// POCO waits this many seconds for a file that cannot be opened before it says so.  What could
// be wrong is looked at before; this is for what could not.
constexpr std::size_t kOpenTimeout = 1;

void registerConnector() {
    static std::once_flag once;
    std::call_once(once, [] { Poco::Data::SQLite::Connector::registerConnector(); });
}

Error cannotOpen(const std::string& path, int errnum) {
    return systemError(ErrorKind::CannotCreate, path + ": cannot open", errnum);
}

Error damaged(const std::string& path, const std::string& why) {
    return Error(ErrorKind::Configuration, path + ": damaged state file: " + why,
                 "put a copy of it back; without one, move it away and start again: who was online "
                 "is forgotten, and whose the names are");
}

/// POCO's displayText() begins with the name of its exception, which says the same again.
std::string textOf(const Poco::Exception& e) {
    return e.message().empty() ? e.displayText() : e.message();
}

/// What POCO would take a minute to find out, or say without a reason.
bool checkFile(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return false;
        throw cannotOpen(path, errno);
    }
    if (S_ISDIR(status.st_mode)) throw cannotOpen(path, EISDIR);
    if (!S_ISREG(status.st_mode)) throw cannotOpen(path, EINVAL);
    // Not by opening: a close would give up the locks that this process may have on it.
    if (::access(path.c_str(), R_OK | W_OK) != 0) throw cannotOpen(path, errno);
    return true;
}

/// The log lies beside the file itself, not beside a link to it.
std::string logOf(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                           &std::free);
    return (real ? std::string(real.get()) : path) + "-wal";
}

/// SQLite would speak of a read-only database.
void checkDirectory(const std::string& path) {
    const std::string log = logOf(path);
    const std::string directory = log.substr(0, log.rfind('/') + 1);
    if (::access(directory.empty() ? "." : directory.c_str(), W_OK) == 0 || errno == ENOENT) return;
    throw systemError(ErrorKind::CannotCreate,
                      path + ": cannot write in its directory, where its log lies", errno);
}

/// Nothing when there is no such file.
std::optional<off_t> sizeOf(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return {};
    return status.st_size;
}

/// As it stands in the file itself, whatever a log says; 0 of what is no database.
int applicationIdIn(const std::string& path) {
    constexpr off_t kAt = 68;  // of four bytes, the highest first: SQLite's file format, 1.3
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) throw cannotOpen(path, errno);
    std::array<unsigned char, 4> bytes{};
    const ssize_t got = ::pread(file, bytes.data(), bytes.size(), kAt);
    ::close(file);
    if (got != static_cast<ssize_t>(bytes.size())) return 0;
    return bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

/// Refuses what has lost its log, or is lost beside it: SQLite would take it as it is, without the
/// latest names and logins, or empty.
void checkLog(const std::string& path) {
    const std::string log = logOf(path);
    const auto logSize = sizeOf(log);
    if (sizeOf(path).value_or(0) == 0) {
        if (logSize.value_or(0) == 0) return;
        throw Error(ErrorKind::Configuration, path + ": missing, but its log is there: " + log,
                    "put the file back; without it, remove the log: who was online is forgotten, "
                    "and whose the names are");
    }
    // Only then the file is opened: with it in use here, a close would give up its locks.
    if (logSize || applicationIdIn(path) != StateDatabase::kOpenId) return;
    throw Error(ErrorKind::Configuration,
                path + ": was in use when its imindex died, and its log is gone: " + log,
                "put the log back; if there is none, 'touch " + log +
                    "' takes the file as it is, without the latest names and logins");
}

/// For its mode, which SQLite would take from the umask.
void makeFile(const std::string& path) {
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

/// Calls `work`; what SQLite throws becomes what our callers are promised.
template <typename Work>
void translateErrors(const std::string& path, Work&& work) {
    namespace sqlite = Poco::Data::SQLite;
    try {
        work();
    } catch (const sqlite::DBLockedException&) {
        throw Error(ErrorKind::OperatingSystem, path + ": in use by another process",
                    "each imindex needs a state file of its own, see --state");
    } catch (const sqlite::CorruptImageException& e) {
        throw damaged(path, textOf(e));
    } catch (const sqlite::InvalidSQLStatementException& e) {
        throw damaged(path, textOf(e));  // a table or a column is not there
    } catch (const Poco::Exception& e) {
        throw Error(ErrorKind::CannotCreate, path + ": cannot open: " + textOf(e));
    }
}

/// Reads and refuses; writes nothing.  Nothing for a file that is still empty.
std::optional<int> checkVersion(Session& session, const std::string& path) {
    const int version = ask<int>(session, "PRAGMA user_version");
    const int application = ask<int>(session, "PRAGMA application_id");
    const int tables = ask<int>(session, "SELECT count(*) FROM sqlite_master");
    if (application == 0 && tables == 0 && version == 0) return {};
    if (application != StateDatabase::kApplicationId && application != StateDatabase::kOpenId)
        throw Error(ErrorKind::Configuration, path + ": not a state file of imindex");
    if (version > StateDatabase::kVersion)
        throw Error(ErrorKind::Configuration,
                    path + ": state file of a newer version (" + std::to_string(version) +
                        "; this imindex knows " + std::to_string(StateDatabase::kVersion) + ")");
    const auto verdict = ask<std::string>(session, "PRAGMA quick_check(1)");
    if (verdict != "ok") throw damaged(path, verdict);
    return std::max(version, 0);
}

std::string setId(int id) {
    return "PRAGMA application_id = " + std::to_string(id);
}

void migrate(Session& session, int version) {
    if (version == StateDatabase::kVersion) return;
    say(session, "BEGIN IMMEDIATE");
    for (; version < StateDatabase::kVersion; ++version)
        for (const char* const statement :
             kMigrations[static_cast<std::size_t>(version)].statements)
            if (statement != nullptr) say(session, statement);
    say(session, setId(StateDatabase::kApplicationId));
    say(session, "PRAGMA user_version = " + std::to_string(StateDatabase::kVersion));
    say(session, "COMMIT");
}

/// Locks the file: the lock is taken with the first look at it and kept.
void lock(Session& session) {
    say(session, "PRAGMA busy_timeout = 0");
    ask<std::string>(session, "PRAGMA locking_mode = EXCLUSIVE");
}

/// Whether tables of an older version were changed.
bool setUp(Session& session, const std::string& path) {
    const std::optional<int> version = checkVersion(session, path);
    // Who makes a new file waits for no disk: it holds nothing yet, and the first sync() is soon.
    if (!version) say(session, "PRAGMA synchronous = OFF");
    ask<std::string>(session, "PRAGMA journal_mode = WAL");
    migrate(session, version.value_or(0));
    // Survives the end of the process; the loss of power is the matter of sync().
    say(session, "PRAGMA synchronous = NORMAL");
    // Rarer than by default (4 MB): each one waits for the disk.
    ask<int>(session, "PRAGMA wal_autocheckpoint = 4000");
    ask<int>(session, "PRAGMA journal_size_limit = 33554432");
    return version && *version < StateDatabase::kVersion;
}

std::optional<StoredUser> userOf(std::string_view name, std::string_view endpoint,
                                 std::int64_t since) {
    const auto ourName = Name::parse(name);
    const auto ourEndpoint = Endpoint::parse(endpoint);
    if (!ourName || !ourEndpoint) return {};
    return StoredUser{*ourName, *ourEndpoint, since};
}

int openDescriptor(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) throw cannotOpen(path, errno);
    return descriptor;
}

}  // namespace

/// The session, and rows on their way: they are written many at a time, because POCO's binding of
/// a single one costs three times what SQLite does (measured).
struct StateDatabase::Connection {
    explicit Connection(const std::string& path)
        : session("SQLite", asFileName(path), kOpenTimeout) {}

    /// When the file cannot be told that it is closed, or is refused, nothing is closed: it is as
    /// after kill -9, the log stays.  SQLite would move it into the file and remove it.
    ~Connection() {
        if (!saysOpen || (std::uncaught_exceptions() == 0 && sayClosed())) return;
        static auto* const kept = new (std::nothrow) std::vector<Session>;
        if (kept != nullptr) kept->push_back(session);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void findOut() {
        saysOpen = ask<int>(session, "PRAGMA application_id") == StateDatabase::kOpenId;
    }

    /// First into the log, which is there by now, then into the file: so at no moment the file says
    /// it without a log beside it.  `isLasting`: the disk has to keep it, with what was in the log;
    /// else it does so with the first sync().
    void sayOpen(bool isLasting) {
        if (saysOpen) return;
        if (!isLasting) say(session, "PRAGMA synchronous = OFF");
        saysOpen = true;
        say(session, setId(StateDatabase::kOpenId));
        ask<int>(session, "PRAGMA wal_checkpoint");
        say(session, "PRAGMA synchronous = NORMAL");
    }

    bool sayClosed() {
        try {
            say(session, setId(StateDatabase::kApplicationId));
            return true;
        } catch (const Poco::Exception&) {
            return false;
        }
    }

    /// Throws when the table is not as it must be.
    void prepare() {
        int ignored = 0;
        session << "SELECT count(name) + count(endpoint) + count(since) FROM users WHERE false",
            into(ignored), now;
        session << "SELECT count(name) + count(identity) + count(since) FROM names WHERE false",
            into(ignored), now;
        session << "SELECT coalesce(max(key), 0) + 1 FROM users", into(nextKey), now;
    }

    /// Who has come and gone again in one go is not written at all.
    void gather(std::span<const StateChange> changes) {
        keys.clear();
        since.clear();
        names.clear();
        endpoints.clear();
        dropped.clear();
        std::unordered_set<StoreKey> gone;
        for (const StateChange& change : changes)
            if (!change.user) gone.insert(change.key);
        for (const StateChange& change : changes)
            if (change.user && gone.erase(change.key) == 0) add(change);
        for (const StateChange& change : changes)
            if (!change.user && gone.erase(change.key) > 0)
                dropped.push_back(static_cast<Poco::Int64>(change.key));
    }

    void add(const StateChange& change) {
        keys.push_back(static_cast<Poco::Int64>(change.key));
        names.push_back(change.user->name.str());
        endpoints.push_back(change.user->endpoint.toString());
        since.push_back(change.user->since);
    }

    /// Of several changes of a name the last counts.
    void gather(std::span<const NameChange> changes) {
        claimed.clear();
        identities.clear();
        claimedAt.clear();
        released.clear();
        std::map<std::string_view, const index::NameOwner*> last;
        for (const NameChange& change : changes) {
            if (!change.owner) released.push_back(change.name.str());
            last[change.name.view()] = change.owner ? &*change.owner : nullptr;
        }
        for (const auto& [name, owner] : last)
            if (owner != nullptr) add(*owner);
    }

    void add(const index::NameOwner& owner) {
        claimed.push_back(owner.name.str());
        identities.push_back(noise::fingerprint(owner.identity));
        claimedAt.push_back(owner.since);
    }

    /// Statements are made anew each time: POCO's reading position in a vector does not survive
    /// the vector's growing.
    void write() {
        if (!keys.empty())
            session << "INSERT INTO users VALUES (?, ?, ?, ?)", use(keys), use(names),
                use(endpoints), use(since), now;
        if (!dropped.empty()) session << "DELETE FROM users WHERE key = ?", use(dropped), now;
        // This order: a name may be released and claimed in one go.
        if (!released.empty()) session << "DELETE FROM names WHERE name = ?", use(released), now;
        if (!claimed.empty())
            session << "INSERT INTO names VALUES (?, ?, ?)", use(claimed), use(identities),
                use(claimedAt), now;
    }

    Session session;
    bool saysOpen = false;
    Poco::Int64 nextKey = 1;
    std::vector<Poco::Int64> keys;
    std::vector<std::string> names;
    std::vector<std::string> endpoints;
    std::vector<Poco::Int64> since;
    std::vector<Poco::Int64> dropped;
    std::vector<std::string> claimed;
    std::vector<std::string> identities;
    std::vector<Poco::Int64> claimedAt;
    std::vector<std::string> released;
};

StateDatabase::StateDatabase(const std::string& path) : path_(path) {
    registerConnector();
    const bool isThere = checkFile(path_);
    checkDirectory(path_);
    checkLog(path_);
    if (!isThere) makeFile(path_);
    const bool hadLog = sizeOf(logOf(path_)).has_value();
    translateErrors(path_, [&] {
        connection_ = std::make_unique<Connection>(path_);
        lock(connection_->session);
        connection_->findOut();
        const bool isMigrated = setUp(connection_->session, path_);
        connection_->prepare();
        openForSync();
        connection_->sayOpen(hadLog || isMigrated);
    });
}

StateDatabase::~StateDatabase() {
    connection_.reset();
    // Not earlier: with a descriptor of the file the locks of the process would go.
    for (const int descriptor : {file_, log_, directory_})
        if (descriptor >= 0) ::close(descriptor);
}

void StateDatabase::openForSync() {
    const std::string log = logOf(path_);
    file_ = openDescriptor(path_);
    log_ = openDescriptor(log);
    directory_ = openDescriptor(log.substr(0, log.rfind('/') + 1));
}

void StateDatabase::check(const std::string& path) {
    registerConnector();
    const bool isThere = checkFile(path);
    checkDirectory(path);
    checkLog(path);
    if (!isThere) return;
    try {
        translateErrors(path, [&path] {
            Connection connection(path);
            lock(connection.session);
            connection.findOut();
            const auto version = checkVersion(connection.session, path);
            if (version == kVersion) connection.prepare();
        });
    } catch (const Error& e) {
        if (e.kind() != ErrorKind::OperatingSystem) throw;
    }
}

StoreKey StateDatabase::nextKey() const {
    return static_cast<StoreKey>(connection_->nextKey);
}

std::size_t StateDatabase::count(const char* question) {
    try {
        return static_cast<std::size_t>(ask<Poco::Int64>(connection_->session, question));
    } catch (const Poco::Exception& e) {
        throw damaged(path_, textOf(e));
    }
}

std::size_t StateDatabase::size() {
    return count("SELECT count(*) FROM users");
}

std::size_t StateDatabase::nameCount() {
    return count("SELECT count(*) FROM names");
}

void StateDatabase::follow(const std::function<void(StoreKey, const StoredUser&)>& each) {
    std::vector<Poco::Int64> keys;
    std::vector<std::string> names;
    std::vector<std::string> endpoints;
    std::vector<Poco::Int64> since;
    try {
        Statement select(connection_->session);
        select << "SELECT key, name, endpoint, since FROM users ORDER BY key", into(keys),
            into(names), into(endpoints), into(since), limit(kRowsAtOnce);
        while (!select.done()) {
            keys.clear();
            names.clear();
            endpoints.clear();
            since.clear();
            select.execute();
            for (std::size_t i = 0; i < names.size(); ++i) {
                const auto user = userOf(names[i], endpoints[i], since[i]);
                if (!user) throw damaged(path_, "a row that is no user");
                each(static_cast<StoreKey>(keys[i]), *user);
            }
        }
    } catch (const Poco::Exception& e) {
        throw damaged(path_, textOf(e));
    }
}

void StateDatabase::followNames(const std::function<void(const index::NameOwner&)>& each) {
    std::vector<std::string> names;
    std::vector<std::string> identities;
    std::vector<Poco::Int64> since;
    try {
        Statement select(connection_->session);
        select << "SELECT name, identity, since FROM names ORDER BY name", into(names),
            into(identities), into(since), limit(kRowsAtOnce);
        while (!select.done()) {
            names.clear();
            identities.clear();
            since.clear();
            select.execute();
            for (std::size_t i = 0; i < names.size(); ++i) {
                const auto name = Name::parse(names[i]);
                const auto identity = noise::parseFingerprint(identities[i]);
                if (!name || !identity) throw damaged(path_, "a row that is no name");
                each({*name, *identity, since[i]});
            }
        }
    } catch (const Poco::Exception& e) {
        throw damaged(path_, textOf(e));
    }
}

void StateDatabase::write(std::span<const StateChange> changes, std::span<const NameChange> names) {
    Connection& to = *connection_;
    try {
        to.gather(changes);
        to.gather(names);
        say(to.session, "BEGIN IMMEDIATE");
        to.write();
        say(to.session, "COMMIT");
    } catch (const Poco::Exception& e) {
        rollBack(to.session);
        throw Error(ErrorKind::CannotCreate, textOf(e));
    }
}

/// SQLite goes on writing a file that has lost its name.
void StateDatabase::lookWhetherThere() const {
    struct stat ours {};
    struct stat named {};
    struct stat log {};
    if (::fstat(file_, &ours) != 0 || ::fstat(log_, &log) != 0) return;
    // Who may not look, as root who has given up the right to, cannot tell.
    const bool isThere = ::stat(path_.c_str(), &named) == 0
                             ? named.st_ino == ours.st_ino && named.st_dev == ours.st_dev
                             : errno != ENOENT;
    if (!isThere || ours.st_nlink == 0 || log.st_nlink == 0)
        throw Error(ErrorKind::CannotCreate,
                    path_ + ": removed or replaced under way, a restart forgets who is online");
}

void StateDatabase::sync() {
    lookWhetherThere();
    // The file proper is written only when the log is moved into it, and synced then; but a new
    // one must be on the disk, and known to its directory, for the log to count.
    if (!isKeptByDisk_ && (::fdatasync(file_) != 0 || ::fsync(directory_) != 0))
        throw systemError(ErrorKind::CannotCreate, path_ + ": cannot sync", errno);
    isKeptByDisk_ = true;
    if (::fdatasync(log_) != 0)
        throw systemError(ErrorKind::CannotCreate, path_ + ": cannot sync", errno);
}

}  // namespace im::node
