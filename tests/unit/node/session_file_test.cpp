// SPDX-License-Identifier: BSL-1.0
#include "libim/node/session_file.hpp"

#include "libim/base/error.hpp"
#include "tests/support/catch.hpp"

#include <cstdio>
#include <string>

using im::Endpoint;
using im::Error;
using im::ErrorKind;
using im::node::SessionFile;

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
    CHECK(refused(replaced(good, "classic", "sealed")));
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
