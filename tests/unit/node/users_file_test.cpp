// SPDX-License-Identifier: BSL-1.0
#include "libim/node/users_file.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/sandbox.hpp"

#include <string>
#include <vector>

using im::ErrorKind;
using im::Name;
using im::node::NamedKey;
using im::node::parseUsers;
using im::node::readUsers;
using im::test::errorOf;
using im::test::kindOf;

namespace {

im::noise::IdentityKey key(int number) {
    im::noise::IdentityKey bytes{};
    bytes.fill(std::byte(number));
    return bytes;
}

std::string print(int number) {
    return im::noise::fingerprint(key(number));
}

NamedKey user(const std::string& name, int number) {
    return {Name::orThrow(name, ErrorKind::Software), key(number)};
}

using Users = std::vector<NamedKey>;

}  // namespace

TEST_CASE("Users are names with keys; comments and empty lines mean nothing") {
    const std::string text = "# staff\n\nbob " + print(2) + "\n  \t\nalice\t" + print(1) +
                             "\ther laptop: ed25519:x # y\n   # more\n";
    CHECK(parseUsers(text, "users") == Users{user("alice", 1), user("bob", 2)});
    CHECK(parseUsers("", "users").empty());
}

TEST_CASE("A name may have a space inside, a line blanks at both ends and a CR, and no line end") {
    CHECK(parseUsers("  天 涯 \t " + print(3) + "  \r\nbob " + print(4), "users") ==
          Users{user("bob", 4), user("天 涯", 3)});
}

TEST_CASE("One key may have several names, and saying the same twice is no mistake") {
    CHECK(parseUsers("a " + print(1) + "\nb " + print(1) + "\na " + print(1) + " again\n",
                     "users") == Users{user("a", 1), user("b", 1)});
}

TEST_CASE("The first wrong line of users is named with 78, file and number") {
    const std::string good = "alice " + print(1) + "\n#\n";
    const std::vector<std::string> wrong{"bob",
                                         print(2),
                                         "bob " + print(2) + "x",
                                         "bob " + print(2).substr(0, 50),
                                         "bob rsa:" + print(2).substr(8),
                                         "bob" + print(2),
                                         "bo:b " + print(2),
                                         "-bob " + print(2),
                                         std::string(33, 'b') + " " + print(2),
                                         "alice " + print(2)};
    for (const std::string& line : wrong) {
        INFO(line);
        const auto refused =
            errorOf([&] { static_cast<void>(parseUsers(good + line + "\n", "users")); });
        REQUIRE(refused);
        CHECK(refused->kind() == ErrorKind::Configuration);
        CHECK(std::string(refused->what()).find("users:3: ") == 0);
    }
}

TEST_CASE("Users that cannot be read are 66") {
    const im::test::Sandbox box;
    box.write("users", "bob " + print(2) + "\n", 0644);
    CHECK(readUsers(box.path("users")) == Users{user("bob", 2)});
    CHECK(kindOf([&] { static_cast<void>(readUsers(box.path("none"))); }) == ErrorKind::NoInput);
    CHECK(kindOf([&] { static_cast<void>(readUsers(box.path(""))); }) == ErrorKind::NoInput);
}
