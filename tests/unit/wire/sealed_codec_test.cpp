// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/sealed_codec.hpp"

#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace im;
using namespace im::wire;
using namespace std::string_view_literals;

namespace {

Endpoint at(std::string_view text) {
    return *Endpoint::parse(text);
}

std::string verdict(std::string_view text) {
    const auto message = decodeSealed(text);
    return message ? encodeSealed(*message) : std::string(toString(message.error()));
}

std::array<std::byte, 32> anIdentity() {
    std::array<std::byte, 32> key{};
    key.fill(std::byte{0xAB});
    return key;
}

struct Case {
    std::string text;
    SealedMessage message;
};

std::vector<Case> everyVerb() {
    std::string identity;
    for (int i = 0; i < 32; ++i) identity += "ab";
    return {
        {"login,bob,10.0.0.2:5000", SealedLogin{"bob", at("10.0.0.2:5000"), {}}},
        {"login,bob,10.0.0.2:5000,classic",
         SealedLogin{"bob", at("10.0.0.2:5000"), {true, {}, {}}}},
        {"Accept,5001,90,203.0.113.7:41000,18446744073709551615,1234",
         SealedAccept{5001, 90, at("203.0.113.7:41000"), 18446744073709551615U, 1234}},
        {"logout,bob,[::1]:9", Logout{"bob", at("[::1]:9")}},
        {"talk,12:00:00,alice,one, two\nthree", Talk{"12:00:00", "alice", "one, two\nthree"}},
        {"talk,,alice,", Talk{"", "alice", ""}},
        {"reject,taken,alice is at home, elsewhere",
         Reject{"taken", "alice is at home, elsewhere"}},
        {"lookup,0000000f,bob", Lookup{15, "bob"}},
        {"peer,0000000f,bob,nat relay,1.2.3.4:5,10.0.0.2:5000,00000000",
         Peer{15, "bob", {false, true, true}, at("1.2.3.4:5"), at("10.0.0.2:5000"), 0}},
        {"peer,0000000f,bob,,1.2.3.4:5,0.0.0.0:0,89abcdef",
         Peer{15, "bob", {}, at("1.2.3.4:5"), at("0.0.0.0:0"), 0x89ABCDEF}},
        {"none,0000000f,bob,offline", NoPeer{15, "bob", "offline"}},
        {"owner,0000000f,bob," + identity, NameOwner{15, "bob", anIdentity()}},
        {"call,bob,1a2b3c4d", Call{"bob", 0x1A2B3C4D}},
        {"meet,alice," + identity + ",1.2.3.4:5,1a2b3c4d",
         Meet{"alice", anIdentity(), at("1.2.3.4:5"), 0x1A2B3C4D}},
        {"watch,alice,bob", Watch{{"alice", "bob"}}},
        {"unwatch,alice", Unwatch{{"alice"}}},
        {"delta,0,7", Delta{0, 7}},
        {"sync,7", Sync{7}},
        {"resync", Resync{}},
        {"roster,0,", RosterRequest{0, ""}},
        {"roster,7,a,b", RosterRequest{7, "a,b"}},
        {"end,7", RosterEnd{7}},
    };
}

}  // namespace

TEST_CASE("every sealed verb is written and read as the protocol has it") {
    for (const Case& c : everyVerb()) {
        CHECK(encodeSealed(c.message) == c.text);
        const auto message = decodeSealed(c.text);
        REQUIRE(message);
        CHECK((*message == c.message));
    }
}

TEST_CASE("a sealed message with fields left out is refused") {
    for (const std::string whole :
         {"login,bob,1.2.3.4:5", "Accept,1,90,1.2.3.4:5,1,2", "talk,12:00,alice,hi",
          "reject,taken,text", "lookup,0000000f,bob",
          "peer,0000000f,bob,,1.2.3.4:5,1.2.3.4:5,00000000", "none,0000000f,bob,offline",
          "call,bob,1a2b3c4d", "watch,bob", "delta,1,2", "sync,1", "roster,0,", "end,1"})
        for (std::size_t comma = whole.find(','); comma != std::string::npos;
             comma = whole.find(',', comma + 1))
            CHECK(verdict(whole.substr(0, comma)) == "missing fields");
}

TEST_CASE("numbers of the sealed grammar have one spelling") {
    for (const std::string bad :
         {"", "-1", "+1", "01", "00", " 1", "1 ", "0x1", "18446744073709551616"})
        CHECK(verdict("sync," + bad) == "bad field");
    CHECK(verdict("Accept,65536,90,1.2.3.4:5,1,2") == "bad field");
    CHECK(verdict("lookup,f,bob") == "bad field");
    CHECK(verdict("lookup,0000000F,bob") == "bad field");
    CHECK(verdict("call,bob,00000000") == "bad field");
}

TEST_CASE("endpoints of the sealed grammar are literals, strictly") {
    for (const std::string bad : {"", "localhost:5", "127.1:5", "1.2.3.4", "1.2.3.4:"})
        CHECK(verdict("logout,bob," + bad) == "bad field");
}

TEST_CASE("more fields than a verb has are refused, where the last is no text") {
    for (const std::string text : {"logout,bob,1.2.3.4:5", "login,bob,1.2.3.4:5,nat", "delta,1,2",
                                   "end,1", "resync", "lookup,0000000f,bob"})
        CHECK(verdict(text + ",x") == "bad field");
}

TEST_CASE("names of the sealed grammar keep the rule of names") {
    CHECK(verdict("lookup,0000000f,a;b") == "bad name");
    CHECK(verdict("lookup,0000000f,") == "bad name");
    CHECK(verdict("login,end,1.2.3.4:5") == "bad name");
    CHECK(verdict("watch,alice,") == "bad name");
    CHECK(verdict("talk,t,-x,hi") == "bad name");
}

TEST_CASE("verbs are written in one way, and others are told apart from broken ones") {
    for (const std::string text :
         {"", "accept,1,90,1.2.3.4:5,1,2", "LOGIN,bob,1.2.3.4:5", "group,x", " sync,1"})
        CHECK(verdict(text) == "unknown verb");
}

TEST_CASE("text that is not UTF-8 is no sealed message") {
    CHECK(verdict("talk,t,alice,\xFF"sv) == "not UTF-8");
    CHECK(verdict("talk,t,alice,\xED\xA0\x80"sv) == "not UTF-8");
}

TEST_CASE("flags of a user that are not known are passed over") {
    CHECK(verdict("peer,0000000f,bob,later  nat,1.2.3.4:5,1.2.3.4:5,00000000") ==
          "peer,0000000f,bob,nat,1.2.3.4:5,1.2.3.4:5,00000000");
}

TEST_CASE("a TEXT record is its lines, the last one with or without more behind it") {
    std::vector<std::string> lines;
    forEachLine("delta,1,2\nlogin,bob,1.2.3.4:5\n",
                [&](std::string_view l) { lines.emplace_back(l); });
    CHECK(lines == std::vector<std::string>{"delta,1,2", "login,bob,1.2.3.4:5", ""});
}
