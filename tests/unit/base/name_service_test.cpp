// SPDX-License-Identifier: BSL-1.0
// Starts getent(1), which is what it is about.
#include "libim/base/name_service.hpp"

#include "tests/support/catch.hpp"

#include <cstdlib>
#include <string>

using im::askNameService;

TEST_CASE("The name service knows the superuser by name and by number") {
    CHECK(askNameService("passwd", "root").starts_with("root:"));
    CHECK(askNameService("passwd", "0").starts_with("root:"));
}

TEST_CASE("The name service resolves a host") {
    // A literal, because a bare system has no hosts file.
    CHECK(askNameService("ahosts", "127.0.0.1").starts_with("127.0.0.1"));
}

TEST_CASE("What the name service does not know is empty") {
    CHECK(askNameService("passwd", "no such user").empty());
    CHECK(askNameService("no such database", "root").empty());
    CHECK(askNameService("passwd", "").empty());
}

TEST_CASE("A key is never an option of getent") {
    CHECK(askNameService("passwd", "--help").empty());
    CHECK(askNameService("passwd", "-V").empty());
}

TEST_CASE("Without getent the name service knows nothing") {
    const std::string path = std::getenv("PATH");
    setenv("PATH", "/nowhere", 1);
    CHECK(askNameService("passwd", "root").empty());
    setenv("PATH", path.c_str(), 1);
    CHECK_FALSE(askNameService("passwd", "root").empty());
}
