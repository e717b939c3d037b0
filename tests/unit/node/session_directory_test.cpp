// SPDX-License-Identifier: BSL-1.0
// With real files, in a directory of its own: permissions and rename are what it is about.
#include "libim/base/error.hpp"
#include "libim/node/session_file.hpp"
#include "tests/support/catch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using im::Endpoint;
using im::Error;
using im::ErrorKind;
using im::Name;
using im::node::Session;
using im::node::SessionDirectory;
using im::node::SessionFile;
using im::node::SessionId;
using im::talk::Contacts;

namespace {

namespace fs = std::filesystem;

Endpoint endpoint(const std::string& text) {
    return Endpoint::parse(text).value();
}
Name name(const std::string& text) {
    return Name::orThrow(text, ErrorKind::Usage);
}

class Sandbox {
public:
    Sandbox() {
        std::string pattern = (fs::temp_directory_path() / "im_sessions_XXXXXX").string();
        root_ = mkdtemp(pattern.data());
    }
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;
    ~Sandbox() { fs::remove_all(root_); }

    SessionDirectory directory() const { return SessionDirectory((root_ / "a" / "im").string()); }

    static Session session(const std::string& user = "alice",
                           const std::string& server = "127.0.0.1:4649") {
        return {name(user), endpoint("127.0.0.1:40112"), endpoint(server), "localhost:4649", 4650};
    }
    static SessionId id(const std::string& user = "alice",
                        const std::string& server = "127.0.0.1:4649") {
        return {name(user), endpoint(server)};
    }
    static Contacts::Map users() {
        return {{"alice", endpoint("127.0.0.1:40112")}, {"bob", endpoint("127.0.0.1:5000")}};
    }

private:
    fs::path root_;
};

template <typename Act>
ErrorKind kindOf(Act act) {
    try {
        act();
    } catch (const Error& problem) {
        return problem.kind();
    }
    return ErrorKind::Software;
}

unsigned modeOf(const std::string& path) {
    struct stat facts {};
    REQUIRE(stat(path.c_str(), &facts) == 0);
    return facts.st_mode & 07777U;
}

}  // namespace

TEST_CASE("A session that was written is read back", "[node]") {
    const Sandbox sandbox;
    const auto directory = sandbox.directory();
    directory.write(Sandbox::session(), Sandbox::users());
    const auto file = directory.openSelected({}, {});
    REQUIRE(file);
    CHECK(file->session() == Sandbox::session());
    CHECK(file->find("bob") == endpoint("127.0.0.1:5000"));
    CHECK(file->users().size() == 2);
}

TEST_CASE("A session of ten thousand users is found in from a real file", "[node]") {
    const Sandbox sandbox;
    Contacts::Map users;
    for (int i = 0; i < 10'000; ++i)
        users.emplace("user" + std::to_string(i), endpoint("10.0.0.1:" + std::to_string(1 + i)));
    sandbox.directory().write(Sandbox::session(), users);
    const auto file = sandbox.directory().openSelected({}, {});
    REQUIRE(file);
    for (int i = 0; i < 10'000; i += 37)
        REQUIRE(file->find("user" + std::to_string(i)) ==
                endpoint("10.0.0.1:" + std::to_string(1 + i)));
    CHECK_FALSE(file->find("user10000"));
    CHECK(file->users().size() == 10'000);
}

TEST_CASE("A sealed session is written with what is known of each user", "[node]") {
    const Sandbox sandbox;
    auto session = Sandbox::session();
    session.profile = im::node::Profile::Sealed;
    session.index.fill(std::byte{3});
    session.indexCard.assign(140, std::byte{4});
    const im::node::SessionExtra bob{false, endpoint("10.0.0.2:5000"),
                                     im::Bytes(143, std::byte{5})};
    sandbox.directory().write(session, Sandbox::users(), [&](std::string_view user) {
        return user == "bob" ? bob : im::node::SessionExtra{true, {}, {}};
    });
    const auto file = sandbox.directory().openSelected({}, {});
    REQUIRE(file);
    CHECK(file->session() == session);
    CHECK(file->findUser("bob")->extra == bob);
    CHECK(file->findUser("alice")->extra.isClassic);
}

TEST_CASE("The file of a classic session is what it always was, byte for byte", "[node]") {
    const Sandbox sandbox;
    auto session = Sandbox::session();
    session.renews = true;
    sandbox.directory().write(session, Sandbox::users());
    std::ifstream file(sandbox.directory().pathOf(Sandbox::id()));
    const std::string text(std::istreambuf_iterator<char>(file), {});
    CHECK(text ==
          "im session 1\nprofile classic\nuser alice\nendpoint 127.0.0.1:40112\n"
          "server 127.0.0.1:4649\nserver-name localhost:4649\ntcp 4650\nrenew yes\nusers 2\n\n"
          "alice\t127.0.0.1:40112\nbob\t127.0.0.1:5000\n");
}

TEST_CASE("A session file and its directory are the user's alone", "[node]") {
    const Sandbox sandbox;
    const auto directory = sandbox.directory();
    directory.write(Sandbox::session(), Sandbox::users());
    CHECK(modeOf(directory.path()) == 0700);
    CHECK(modeOf(directory.pathOf(Sandbox::id())) == 0600);
}

TEST_CASE("Writing a session leaves nothing else behind", "[node]") {
    const Sandbox sandbox;
    const auto directory = sandbox.directory();
    directory.write(Sandbox::session(), Sandbox::users());
    directory.write(Sandbox::session(), {});
    const auto count = std::distance(fs::directory_iterator(directory.path()), {});
    CHECK(count == 1);
}

TEST_CASE("Names that nobody can address are not written", "[node]") {
    const Sandbox sandbox;
    auto users = Sandbox::users();
    users.emplace("tab\tin it", endpoint("127.0.0.1:1"));
    users.emplace("line\nin it", endpoint("127.0.0.1:1"));
    users.emplace("#caps", endpoint("127.0.0.1:1"));
    sandbox.directory().write(Sandbox::session(), users);
    const auto file = sandbox.directory().openSelected({}, {});
    REQUIRE(file);
    CHECK(file->userCount() == 3);
    CHECK(file->users().size() == 3);
}

TEST_CASE("A server name cannot forge lines of the head", "[node]") {
    const Sandbox sandbox;
    auto session = Sandbox::session();
    session.serverName = "host\nuser mallory";
    sandbox.directory().write(session, {});
    const auto file = sandbox.directory().openSelected({}, {});
    REQUIRE(file);
    CHECK(file->session().user.str() == "alice");
}

TEST_CASE("An open session is stale once it has been replaced or removed", "[node]") {
    const Sandbox sandbox;
    const auto directory = sandbox.directory();
    directory.write(Sandbox::session(), Sandbox::users());
    const auto file = directory.openSelected({}, {});
    REQUIRE(file);
    CHECK_FALSE(file->isStale());
    directory.write(Sandbox::session(), {});
    CHECK(file->isStale());
    CHECK(file->find("bob") == endpoint("127.0.0.1:5000"));  // its reader sees no change
    CHECK(directory.remove(Sandbox::id()));
    CHECK(file->isStale());
}

TEST_CASE("Removing a session says whether there was one", "[node]") {
    const Sandbox sandbox;
    CHECK_FALSE(sandbox.directory().remove(Sandbox::id()));
    sandbox.directory().write(Sandbox::session(), {});
    CHECK(sandbox.directory().remove(Sandbox::id()));
    CHECK_FALSE(sandbox.directory().remove(Sandbox::id()));
}

TEST_CASE("The only session there is needs no choosing", "[node]") {
    const Sandbox sandbox;
    const auto directory = sandbox.directory();
    CHECK_FALSE(directory.select({}, {}));
    directory.write(Sandbox::session(), {});
    CHECK(directory.select({}, {}) == Sandbox::id());
    CHECK(directory.select(name("alice"), {}) == Sandbox::id());
    CHECK(directory.select({}, endpoint("127.0.0.1:4649")) == Sandbox::id());
    CHECK(directory.select(name("alice"), endpoint("127.0.0.1:4649")) == Sandbox::id());
    CHECK_FALSE(directory.select(name("bob"), {}));
    CHECK_FALSE(directory.select({}, endpoint("127.0.0.1:4650")));
    CHECK_FALSE(directory.select(name("alice"), endpoint("127.0.0.1:4650")));
}

TEST_CASE("Several sessions and none chosen is a usage error that lists them", "[node]") {
    const Sandbox sandbox;
    const auto directory = sandbox.directory();
    directory.write(Sandbox::session("alice"), {});
    directory.write(Sandbox::session("bob"), {});
    directory.write(Sandbox::session("bob", "[::1]:4649"), {});
    try {
        static_cast<void>(directory.select({}, {}));
        FAIL("one was chosen");
    } catch (const Error& problem) {
        CHECK(problem.kind() == ErrorKind::Usage);
        CHECK(std::string(problem.what()) ==
              "several sessions: alice@127.0.0.1:4649, bob@[::1]:4649, bob@127.0.0.1:4649");
    }
    CHECK(directory.select(name("alice"), {}) == Sandbox::id("alice"));
    CHECK(directory.select({}, endpoint("[::1]:4649")) == Sandbox::id("bob", "[::1]:4649"));
    CHECK(kindOf([&] { static_cast<void>(directory.select(name("bob"), {})); }) ==
          ErrorKind::Usage);
}

TEST_CASE("Files that are no sessions are not listed", "[node]") {
    const Sandbox sandbox;
    const auto directory = sandbox.directory();
    directory.write(Sandbox::session(), {});
    for (const char* other : {"alice@127.0.0.1:4649.session.new.77", "bob.session",
                              "bob@localhost:4649.session", "end@127.0.0.1:1.session", "README"})
        std::ofstream(directory.path() + "/" + other) << "x";
    CHECK(directory.list().size() == 1);
}

TEST_CASE("A session file that others can write is refused", "[node]") {
    const Sandbox sandbox;
    const auto directory = sandbox.directory();
    directory.write(Sandbox::session(), Sandbox::users());
    const std::string path = directory.pathOf(Sandbox::id());
    const auto opening = [&] {
        return kindOf([&] { static_cast<void>(directory.openSelected({}, {})); });
    };
    REQUIRE(chmod(path.c_str(), 0620) == 0);
    CHECK(opening() == ErrorKind::NoPermission);
    REQUIRE(chmod(path.c_str(), 0602) == 0);
    CHECK(opening() == ErrorKind::NoPermission);
    REQUIRE(chmod(path.c_str(), 0644) == 0);  // reading it tells only who is online
    CHECK(directory.openSelected({}, {}));
}

TEST_CASE("A session file under another login's name is damaged", "[node]") {
    const Sandbox sandbox;
    const auto directory = sandbox.directory();
    directory.write(Sandbox::session("alice"), {});
    fs::rename(directory.pathOf(Sandbox::id("alice")), directory.pathOf(Sandbox::id("bob")));
    CHECK(kindOf([&] { static_cast<void>(directory.openSelected({}, {})); }) ==
          ErrorKind::Configuration);
}

TEST_CASE("A FIFO or directory in a session's place keeps nobody waiting", "[node]") {
    const Sandbox sandbox;
    const auto directory = sandbox.directory();
    directory.write(Sandbox::session(), {});
    const std::string path = directory.pathOf(Sandbox::id());
    fs::remove(path);
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    CHECK(kindOf([&] { static_cast<void>(SessionFile::open(path)); }) == ErrorKind::Configuration);
    fs::remove(path);
    fs::create_directory(path);
    CHECK(kindOf([&] { static_cast<void>(SessionFile::open(path)); }) == ErrorKind::Configuration);
    CHECK_FALSE(SessionFile::open(path + "/none"));
}

TEST_CASE("A session that cannot be written is exit status 73", "[node]") {
    const SessionDirectory directory("/proc/nowhere/im");
    CHECK(kindOf([&] { directory.write(Sandbox::session(), {}); }) == ErrorKind::CannotCreate);
}

TEST_CASE("A session says whether its index takes renewals", "[node]") {
    const Sandbox sandbox;
    const auto directory = sandbox.directory();
    Session session = Sandbox::session();
    session.renews = true;
    directory.write(session, Sandbox::users());
    CHECK(directory.openSelected({}, {})->session() == session);
}

TEST_CASE("A session directory that others can write is refused by its name", "[node]") {
    const Sandbox sandbox;
    const auto directory = sandbox.directory();
    directory.write(Sandbox::session(), Sandbox::users());
    for (const mode_t mode : {0720U, 0702U, 0777U}) {
        REQUIRE(chmod(directory.path().c_str(), mode) == 0);
        CHECK(kindOf([&] { (void)directory.list(); }) == ErrorKind::NoPermission);
        CHECK(kindOf([&] { (void)directory.openSelected({}, {}); }) == ErrorKind::NoPermission);
        CHECK(kindOf([&] {
                  (void)directory.openSelected(Sandbox::id().user, Sandbox::id().server);
              }) == ErrorKind::NoPermission);
        CHECK(kindOf([&] { directory.write(Sandbox::session(), {}); }) == ErrorKind::NoPermission);
    }
    REQUIRE(chmod(directory.path().c_str(), 0755) == 0);
    CHECK(directory.list().size() == 1);
}

TEST_CASE("A session directory of somebody else is refused", "[node]") {
    // /proc/1 is root's; who is root himself has nobody else's at hand.
    if (geteuid() != 0)
        CHECK(kindOf([] { (void)SessionDirectory("/proc/1").list(); }) == ErrorKind::NoPermission);
}
