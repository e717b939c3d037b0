// SPDX-License-Identifier: BSL-1.0
// What stands beside a session: cards that were learned, and who waits for a reply.
#include "libim/node/session_cards.hpp"
#include "libim/node/asker_files.hpp"
#include "libim/node/session_file.hpp"
#include "libim/talk/talk_message.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sandbox.hpp"

#include <filesystem>
#include <string>

using im::Bytes;
using im::Endpoint;
using im::Name;
using im::node::AskerFiles;
using im::node::SessionCards;
using im::test::Sandbox;

namespace {

const SessionCards::Cached kBob{
    Bytes(143, std::byte{7}),
    {*Endpoint::parse("192.0.2.7:5000"), *Endpoint::parse("[2001:db8::1]:5000")}};

std::string without(std::string text, std::size_t at) {
    return text.erase(at, 1);
}

im::talk::Asker askerOf(const std::string& name, std::uint64_t number) {
    im::talk::Asker asker;
    asker.id = im::talk::messageId(42, number);
    asker.card.body.name = name;
    asker.card.bytes = kBob.card;
    asker.endpoint = kBob.endpoints.front();
    return asker;
}

}  // namespace

TEST_CASE("A card that was learned is there for the next, its owner's alone", "[node]") {
    const Sandbox sandbox;
    const SessionCards cards(sandbox.path("alice@[::1]:4649.session"));
    CHECK_FALSE(cards.find(*Name::parse("bob")));
    REQUIRE(cards.keep(*Name::parse("bob"), kBob));
    CHECK(cards.find(*Name::parse("bob")) == kBob);
    CHECK_FALSE(cards.find(*Name::parse("bo")));
    CHECK((sandbox.mode("alice@[::1]:4649.cards/bob.card") & 0777U) == 0600);
}

TEST_CASE("A card file that is damaged is none", "[node]") {
    const std::string good = im::node::printPeerCard(kBob);
    CHECK(im::node::parsePeerCard(good) == kBob);
    for (std::size_t length = 0; length < good.size(); ++length)
        REQUIRE_FALSE(im::node::parsePeerCard(good.substr(0, length)));
    CHECK_FALSE(im::node::parsePeerCard(without(good, good.find("card ") + 5)));
    CHECK_FALSE(im::node::parsePeerCard("im peer 2\n" + good.substr(10)));
    CHECK_FALSE(im::node::parsePeerCard(good + "card " + std::string(346, '0') + "\n"));
    CHECK(im::node::parsePeerCard(good + "colour blue\n") == kBob);
}

TEST_CASE("A card that others could have written is not used", "[node]") {
    const Sandbox sandbox;
    const SessionCards cards(sandbox.path("x.session"));
    sandbox.write("x.cards/bob.card", im::node::printPeerCard(kBob), 0666);
    CHECK_FALSE(cards.find(*Name::parse("bob")));
}

TEST_CASE("A card that cannot be kept is no error", "[node]") {
    const Sandbox sandbox;
    sandbox.write("x.cards", "in the way");
    CHECK_FALSE(SessionCards(sandbox.path("x.session")).keep(*Name::parse("bob"), kBob));
}

TEST_CASE("Who waits for a reply is found by the ID of his question", "[node]") {
    const Sandbox sandbox;
    const AskerFiles files(sandbox.path("x.session"));
    const im::talk::Asker bob = askerOf("bob", 1);
    CHECK_FALSE(files.find(bob.id));
    files.keep(bob);
    const auto found = files.find(bob.id);
    REQUIRE(found);
    CHECK(found->name.view() == "bob");
    CHECK(found->cached.card == kBob.card);
    CHECK(found->cached.endpoints.size() == 1);
    CHECK_FALSE(files.find(askerOf("bob", 2).id));
    files.forget(bob.id);
    CHECK_FALSE(files.find(bob.id));
}

TEST_CASE("An ID that is none names no file", "[node]") {
    const Sandbox sandbox;
    const AskerFiles files(sandbox.path("x.session"));
    sandbox.write("x.asked/README", im::node::printAsker({*Name::parse("bob"), kBob}));
    sandbox.write("secret", im::node::printAsker({*Name::parse("bob"), kBob}));
    CHECK_FALSE(files.find("README"));
    CHECK_FALSE(files.find("../secret"));
    im::talk::Asker asker = askerOf("bob", 1);
    asker.id = "../other";
    files.keep(asker);
    CHECK(sandbox.count(".") == 2);
}

TEST_CASE("An asker file that is damaged is none", "[node]") {
    const std::string good = im::node::printAsker({*Name::parse("bob"), kBob});
    REQUIRE(im::node::parseAsker(good));
    for (std::size_t length = 0; length < good.size(); ++length)
        REQUIRE_FALSE(im::node::parseAsker(good.substr(0, length)));
    CHECK_FALSE(im::node::parseAsker("im asker 1\nname b,b\n" + good.substr(good.find("endp"))));
}

TEST_CASE("Of too many who ask the oldest are forgotten", "[node]") {
    const Sandbox sandbox;
    const AskerFiles files(sandbox.path("x.session"));
    for (std::uint64_t i = 0; i < AskerFiles::kMost; ++i)
        sandbox.write("x.asked/" + askerOf("bob", i).id, "");
    std::filesystem::last_write_time(
        sandbox.path("x.asked/" + askerOf("bob", 7).id),
        std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
    files.keep(askerOf("bob", 5'000));
    CHECK(sandbox.count("x.asked") == AskerFiles::kMost / 2 + 1);
    CHECK(files.find(askerOf("bob", 5'000).id));
    CHECK_FALSE(std::filesystem::exists(sandbox.path("x.asked/" + askerOf("bob", 7).id)));
}

TEST_CASE("What stands beside a session goes with it", "[node]") {
    const Sandbox sandbox;
    const im::node::SessionDirectory directory(sandbox.path("im"));
    const im::node::Session session{*Name::parse("alice"), *Endpoint::parse("127.0.0.1:5"),
                                    *Endpoint::parse("127.0.0.1:6"), "localhost:6", 6};
    directory.write(session, {});
    const std::string path = directory.pathOf({session.user, session.server});
    REQUIRE(SessionCards(path).keep(*Name::parse("bob"), kBob));
    AskerFiles(path).keep(askerOf("bob", 1));
    CHECK(sandbox.count("im") == 3);
    CHECK(directory.list().size() == 1);
    CHECK(directory.remove({session.user, session.server}));
    CHECK(sandbox.count("im") == 0);
}
