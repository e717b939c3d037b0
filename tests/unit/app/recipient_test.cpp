// SPDX-License-Identifier: BSL-1.0
#include "libim/app/recipient.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/support.hpp"

using namespace im;
using namespace im::app;
using im::app::test::errorOf;

namespace {

std::string listed(std::string_view list, std::string_view aliases = "") {
    std::string out;
    for (const Recipient& one :
         parseRecipients(list, Aliases::parse(aliases, "aliases"), ErrorKind::Usage))
        out += (out.empty() ? "" : " ") + one.toString();
    return out;
}

std::string refused(std::string_view list, ErrorKind kind = ErrorKind::Usage) {
    return errorOf([&] { (void)parseRecipients(list, {}, kind); });
}

}  // namespace

TEST_CASE("a recipient is a user") {
    const Recipient bob = parseRecipient("bob", ErrorKind::Usage);
    CHECK(bob.user.view() == "bob");
    CHECK_FALSE(bob.at.has_value());
    CHECK(listed("天涯") == "天涯");
}

TEST_CASE("a recipient may be user@host:port") {
    const Recipient bob = parseRecipient("bob@localhost:5000", ErrorKind::Usage);
    CHECK(bob.user.view() == "bob");
    CHECK(bob.at == HostPort{"localhost", 5000});
    CHECK(parseRecipient("bob@[::1]:7", ErrorKind::Usage).at == HostPort{"::1", 7});
    CHECK(listed("bob@[::1]:7") == "bob@[::1]:7");
}

TEST_CASE("the port of user@host:port is never left out") {
    for (const char* bad : {"bob@host", "bob@", "bob@host:", "bob@host:0", "bob@::1", "bob@[::1]",
                            "bob@a@b:1", "bob@:7"})
        CHECK(refused(bad) == "64 '" + std::string(bad) + "': not user@host:port");
    CHECK(refused("@host:1") == "64 '': not a user name: empty");
}

TEST_CASE("recipients are listed with commas, each once") {
    CHECK(listed("bob,carol,bob") == "bob carol");
    CHECK(listed("bob,bob@h:1,bob@h:1,bob@h:2") == "bob bob@h:1 bob@h:2");
    CHECK(refused("bob,") == "64 '': not a user name: empty");
    CHECK(refused("") == "64 '': not a user name: empty");
    CHECK(refused(",bob") == "64 '': not a user name: empty");
}

TEST_CASE("an alias goes before a user of that name") {
    CHECK(listed("oncall", "oncall: bob, carol\n") == "bob carol");
    CHECK(listed("dave,oncall,bob", "oncall: bob, carol\n") == "dave bob carol");
    CHECK(listed("a,b", "a: bob\nb: bob\n") == "bob");
}

TEST_CASE("a bad recipient is 64 on the command line and 65 in input") {
    CHECK(refused("a/b") == "64 'a/b': not a user name: has one of , ; : / @ \\");
    CHECK(refused("a/b", ErrorKind::Data) == "65 'a/b': not a user name: has one of , ; : / @ \\");
    CHECK(refused("bob@host", ErrorKind::Data) == "65 'bob@host': not user@host:port");
}
