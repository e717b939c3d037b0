// SPDX-License-Identifier: BSL-1.0
#include "libim/node/session_file.hpp"

#include "libim/base/error.hpp"
#include "tests/support/catch.hpp"

#include <cstdio>
#include <string>

using im::Endpoint;
using im::Error;
using im::ErrorKind;
using im::node::Profile;
using im::node::SessionExtra;
using im::node::SessionFile;
using im::node::SessionUser;

namespace {

const std::string kHead =
    "im session 1\n"
    "profile classic\n"
    "user alice\n"
    "endpoint 127.0.0.1:40112\n"
    "server 127.0.0.1:4649\n"
    "server-name localhost:4649\n"
    "tcp 4650\n";

std::string sessionOf(std::size_t users, const std::string& lines) {
    return kHead + "users " + std::to_string(users) + "\n\n" + lines;
}

Endpoint endpoint(const std::string& text) {
    return Endpoint::parse(text).value();
}

/// "user00042": sorted as the numbers are.
std::string nameOf(std::size_t number) {
    char name[16];
    std::snprintf(name, sizeof name, "user%05zu", number);
    return name;
}

Endpoint placeOf(std::size_t number) {
    return endpoint("10.1." + std::to_string(number / 250) + "." + std::to_string(number % 250) +
                    ":" + std::to_string(1000 + number));
}

std::string sessionWith(std::size_t users) {
    std::string lines;
    for (std::size_t i = 0; i < users; ++i)
        lines += nameOf(i) + "\t" + placeOf(i).toString() + "\n";
    return sessionOf(users, lines);
}

template <typename Act>
ErrorKind kindOf(Act act) {
    try {
        act();
    } catch (const Error& problem) {
        return problem.kind();
    }
    return ErrorKind::Software;
}

std::string without(std::string text, const std::string& piece) {
    return text.erase(text.find(piece), piece.size());
}

std::string replaced(std::string text, const std::string& piece, const std::string& by) {
    return text.replace(text.find(piece), piece.size(), by);
}

}  // namespace

TEST_CASE("A session file's head says who is logged in where", "[node]") {
    const auto file = SessionFile::ofText(sessionOf(0, ""));
    CHECK(file.session().user.str() == "alice");
    CHECK(file.session().endpoint == endpoint("127.0.0.1:40112"));
    CHECK(file.session().server == endpoint("127.0.0.1:4649"));
    CHECK(file.session().serverName == "localhost:4649");
    CHECK(file.session().tcpPort == 4650);
    CHECK(file.userCount() == 0);
}

TEST_CASE("A user of a session is found where the roster has him", "[node]") {
    const auto file = SessionFile::ofText(
        sessionOf(3, "alice\t127.0.0.1:40112\nbob\t127.0.0.1:5000\n天涯\t[::1]:7\n"));
    CHECK(file.find("bob") == endpoint("127.0.0.1:5000"));
    CHECK(file.find("天涯") == endpoint("[::1]:7"));
    CHECK_FALSE(file.find("bo"));
    CHECK_FALSE(file.find("bobby"));
    CHECK_FALSE(file.find(""));
    CHECK_FALSE(file.find("zed"));
}

TEST_CASE("Everybody in a large session is found, and nobody else", "[node]") {
    for (const std::size_t users : {1U, 2U, 50U, 75U, 76U, 77U, 1000U, 10'000U}) {
        const auto file = SessionFile::ofText(sessionWith(users));
        for (std::size_t i = 0; i < users; ++i) REQUIRE(file.find(nameOf(i)) == placeOf(i));
        for (std::size_t i = 0; i < users; i += 7) REQUIRE_FALSE(file.find(nameOf(i) + "x"));
        CHECK_FALSE(file.find("a"));
        CHECK_FALSE(file.find("z"));
    }
}

TEST_CASE("All users of a session can be read at once", "[node]") {
    const auto users = SessionFile::ofText(sessionWith(300)).users();
    REQUIRE(users.size() == 300);
    CHECK(users[299].name == nameOf(299));
    CHECK(users[299].endpoint == placeOf(299));
}

TEST_CASE("A key that a later release added to the head is passed over", "[node]") {
    const auto file = SessionFile::ofText(
        replaced(sessionOf(0, ""), "tcp 4650", "colour blue and green\ntcp 4650"));
    CHECK(file.session().tcpPort == 4650);
}

TEST_CASE("A damaged session file is said to be so", "[node]") {
    const std::string good = sessionOf(1, "bob\t127.0.0.1:5000\n");
    const auto refused = [](const std::string& text) {
        return kindOf([&] { static_cast<void>(SessionFile::ofText(text)); }) ==
               ErrorKind::Configuration;
    };
    CHECK(refused(""));
    CHECK(refused("\n"));
    CHECK(refused("something else\n\n"));
    CHECK(refused(replaced(good, "session 1", "session 2")));
    CHECK(refused(replaced(good, "classic", "quantum")));
    CHECK(refused(without(good, "user alice\n")));
    CHECK(refused(replaced(good, "user alice", "user end")));
    CHECK(refused(without(good, "endpoint 127.0.0.1:40112\n")));
    CHECK(refused(replaced(good, "server 127.0.0.1", "server localhost")));
    CHECK(refused(replaced(good, "tcp 4650", "tcp 465000")));
    CHECK(refused(replaced(good, "users 1", "users one")));
    CHECK(refused(replaced(good, "users 1\n", "users\n")));
    CHECK(refused(kHead));
    for (std::size_t length = 0; length < good.find("\n\n") + 2; ++length)
        REQUIRE(refused(good.substr(0, length)));
    CHECK_FALSE(refused(good));
}

TEST_CASE("A newer session file is told from a damaged one", "[node]") {
    try {
        static_cast<void>(
            SessionFile::ofText(replaced(sessionOf(0, ""), "session 1", "session 2")));
        FAIL("it was taken");
    } catch (const Error& problem) {
        CHECK(std::string(problem.what()).find("newer than this program") != std::string::npos);
    }
}

TEST_CASE("Damaged lines of users are an error and no answer", "[node]") {
    const auto finding = [](const std::string& lines) {
        const auto file = SessionFile::ofText(sessionOf(1, lines));
        return kindOf([&] { static_cast<void>(file.find("bob")); });
    };
    CHECK(finding("bob\n") == ErrorKind::Configuration);
    CHECK(finding("bob\tnowhere\n") == ErrorKind::Configuration);
    CHECK(finding("bob\t127.0.0.1:5000") == ErrorKind::Configuration);  // cut short
    CHECK(finding("\t127.0.0.1:5000\n") == ErrorKind::Configuration);
    CHECK(finding(std::string(9000, 'b')) == ErrorKind::Configuration);
    CHECK(finding(std::string(9000, '\n')) == ErrorKind::Configuration);

    const auto reading = [](std::size_t count, const std::string& lines) {
        const auto file = SessionFile::ofText(sessionOf(count, lines));
        return kindOf([&] { static_cast<void>(file.users()); });
    };
    CHECK(reading(2, "bob\t127.0.0.1:5000\n") == ErrorKind::Configuration);
    CHECK(reading(1, "b,b\t127.0.0.1:5000\n") == ErrorKind::Configuration);
    CHECK(reading(1, "bob\t127.0.0.1\n") == ErrorKind::Configuration);
}

namespace {

const std::string kSealedHead =
    "im session 1\n"
    "profile sealed\n"
    "user alice\n"
    "endpoint 127.0.0.1:40112\n"
    "server 127.0.0.1:4649\n"
    "server-name localhost:4649\n"
    "tcp 4650\n"
    "index ed25519:6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw\n"
    "index-card 010203\n";

std::string sealedOf(std::size_t users, const std::string& lines) {
    return kSealedHead + "users " + std::to_string(users) + "\n\n" + lines;
}

/// The longest line there is: a name of 32 bytes, two endpoints of IPv6, flags, a card.
std::string longLine(std::size_t number) {
    const std::string place =
        "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:" + std::to_string(10'000 + number);
    return nameOf(number) + std::string(23, 'x') + "\t" + place + "," + place + "\tclassic\t" +
           std::string(std::size_t{2} * 172, 'a') + "\n";
}

}  // namespace

TEST_CASE("A sealed session says which index it is, by key and card", "[node]") {
    const auto file = SessionFile::ofText(sealedOf(0, ""));
    CHECK(file.session().profile == Profile::Sealed);
    CHECK(im::noise::fingerprint(file.session().index) ==
          "ed25519:6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw");
    CHECK(file.session().indexCard == im::Bytes{std::byte{1}, std::byte{2}, std::byte{3}});
    CHECK(SessionFile::ofText(sessionOf(0, "")).session().profile == Profile::Classic);
}

TEST_CASE("A sealed session without its index's key is damaged, a classic one is not", "[node]") {
    const auto refused = [](const std::string& text) {
        return kindOf([&] { static_cast<void>(SessionFile::ofText(text)); }) ==
               ErrorKind::Configuration;
    };
    const std::string good = sealedOf(0, "");
    CHECK_FALSE(refused(good));
    CHECK(refused(replaced(good, "ed25519:6kps", "ed25519:6kp")));
    CHECK(refused(replaced(good, "card 010203", "card 01020")));
    CHECK(refused(replaced(good, "card 010203", "card " + std::string(346, '0'))));
    CHECK(refused(without(good, "index ed25519:6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw\n")));
    CHECK_FALSE(refused(replaced(good, "profile sealed", "profile classic")));
}

TEST_CASE("A user of a sealed session has endpoints, a flag and a card, where they are known",
          "[node]") {
    const auto file = SessionFile::ofText(sealedOf(
        4,
        "alice\t127.0.0.1:40112\nbob\t192.0.2.7:5000,10.0.0.2:5000\t-\t0a0b\n"
        "carol\t127.0.0.1:5001\tclassic\ndora\t127.0.0.1:5002\tlater classic\t-\tfield\n"));
    CHECK(file.findUser("alice") == SessionUser{"alice", endpoint("127.0.0.1:40112"), {}});
    const SessionExtra bob{false, endpoint("10.0.0.2:5000"), {std::byte{10}, std::byte{11}}};
    CHECK(file.findUser("bob") == SessionUser{"bob", endpoint("192.0.2.7:5000"), bob});
    CHECK(file.findUser("carol")->extra.isClassic);
    CHECK(file.findUser("dora")->extra.isClassic);
    CHECK_FALSE(file.findUser("dor"));
    CHECK(file.everybody().size() == 4);
}

TEST_CASE("Users are found among the longest lines a session can have", "[node]") {
    for (const std::size_t users : {1U, 3U, 4U, 5U, 1000U}) {
        std::string lines;
        for (std::size_t i = 0; i < users; ++i) lines += longLine(i);
        REQUIRE(longLine(0).size() <= im::node::kLongestSessionLine);
        const auto file = SessionFile::ofText(sealedOf(users, lines));
        for (std::size_t i = 0; i < users; ++i) {
            const auto found = file.findUser(nameOf(i) + std::string(23, 'x'));
            REQUIRE(found);
            REQUIRE(found->endpoint.port == 10'000 + i);
        }
        CHECK_FALSE(file.findUser(nameOf(0)));
    }
}

TEST_CASE("What is printed of a user is read back", "[node]") {
    const im::Bytes card(172, std::byte{0xC5});
    for (const SessionExtra& extra :
         {SessionExtra{}, SessionExtra{true, {}, {}}, SessionExtra{false, {}, card},
          SessionExtra{false, endpoint("10.0.0.2:5000"), card},
          SessionExtra{true, endpoint("[::1]:7"), card}}) {
        std::string line;
        im::node::appendSessionLine(line, "bob", endpoint("192.0.2.7:5000"), extra);
        REQUIRE(line.ends_with('\n'));
        line.pop_back();
        CHECK(im::node::parseSessionLine(line) ==
              SessionUser{"bob", endpoint("192.0.2.7:5000"), extra});
    }
}

TEST_CASE("Damaged facts of a sealed user are an error and no answer", "[node]") {
    for (const std::string line :
         {"bob\t192.0.2.7:5000,\t-\tz\n", "bob\t192.0.2.7:5000,nowhere\n",
          "bob\t192.0.2.7:5000\t-\tABCD\n", "bob\t192.0.2.7:5000\t-\t123\n", "bob\t\t\t\n"}) {
        const auto file = SessionFile::ofText(sealedOf(1, line));
        CHECK(kindOf([&] { static_cast<void>(file.findUser("bob")); }) == ErrorKind::Configuration);
    }
}

TEST_CASE("Only `renew yes` says that the index takes renewals", "[node]") {
    const auto renews = [](const std::string& line) {
        return SessionFile::ofText(
                   "im session 1\nprofile classic\nuser alice\n"
                   "endpoint 127.0.0.1:40112\nserver 127.0.0.1:4649\n"
                   "server-name localhost:4649\ntcp 4649\n" +
                   line + "users 0\n\n")
            .session()
            .renews;
    };
    CHECK(renews("renew yes\n"));
    CHECK_FALSE(renews(""));
    CHECK_FALSE(renews("renew no\n"));
}
