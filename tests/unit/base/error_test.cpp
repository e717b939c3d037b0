// SPDX-License-Identifier: BSL-1.0
#include "libim/base/error.hpp"

#include "tests/support/catch.hpp"

#include <cerrno>
#include <string>

using namespace im;

TEST_CASE("an Error carries its kind, its text and its hint") {
    const Error error(ErrorKind::NoUser, "alice: no such user", "ask bob");
    CHECK(error.kind() == ErrorKind::NoUser);
    CHECK(std::string(error.what()) == "alice: no such user");
    CHECK(error.hint() == "ask bob");
    CHECK(Error(ErrorKind::No, "x").hint().empty());
}

TEST_CASE("an Error can be caught as any other exception of the library") {
    CHECK_THROWS_AS(throw Error(ErrorKind::Software, "x"), std::runtime_error);
}

TEST_CASE("the kinds of Error are the exit statuses of the manual") {
    CHECK(static_cast<int>(ErrorKind::No) == 1);
    CHECK(static_cast<int>(ErrorKind::Usage) == 64);
    CHECK(static_cast<int>(ErrorKind::Data) == 65);
    CHECK(static_cast<int>(ErrorKind::NoInput) == 66);
    CHECK(static_cast<int>(ErrorKind::NoUser) == 67);
    CHECK(static_cast<int>(ErrorKind::NoHost) == 68);
    CHECK(static_cast<int>(ErrorKind::Unavailable) == 69);
    CHECK(static_cast<int>(ErrorKind::Software) == 70);
    CHECK(static_cast<int>(ErrorKind::OperatingSystem) == 71);
    CHECK(static_cast<int>(ErrorKind::CannotCreate) == 73);
    CHECK(static_cast<int>(ErrorKind::InputOutput) == 74);
    CHECK(static_cast<int>(ErrorKind::Temporary) == 75);
    CHECK(static_cast<int>(ErrorKind::Protocol) == 76);
    CHECK(static_cast<int>(ErrorKind::NoPermission) == 77);
    CHECK(static_cast<int>(ErrorKind::Configuration) == 78);
}

TEST_CASE("systemError says what and why in lower case") {
    const Error error = systemError(ErrorKind::CannotCreate, "/x/key", EACCES);
    CHECK(error.kind() == ErrorKind::CannotCreate);
    CHECK(std::string(error.what()) == "/x/key: permission denied");
    CHECK(error.hint().empty());
    CHECK(std::string(systemError(ErrorKind::NoInput, "f", ENOENT).what()) ==
          "f: no such file or directory");
}

TEST_CASE("systemError leaves an abbreviation in capitals as it is") {
    CHECK(std::string(systemError(ErrorKind::Software, "x", EDOTDOT).what()) ==
          "x: RFS specific error");
}
