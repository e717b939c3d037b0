// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/roster.hpp"

#include "libim/base/utf8.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/wire/support.hpp"

#include <random>
#include <set>

using namespace im;
using namespace im::wire;
using im::test::netString;
using im::test::read;
using namespace std::string_literals;

namespace {

const Endpoint kHere = Endpoint::parse("127.7.7.200:30000").value();

/// A roster of exactly `length` bytes with one user, or none when there is no room for one.
std::string rosterOf(std::size_t length) {
    RosterWriter writer;
    const std::size_t rest = std::string_view(",127.7.7.200:30000;end").size();
    if (length > rest) writer.add(std::string(length - rest, 'n'), kHere);
    return writer.finish();
}

std::string prefixOf(const std::string& roster, std::size_t length) {
    return roster.substr(0, roster.size() - length);
}

RosterError whyNot(std::string_view bytes, std::size_t limit = RosterReader::kDefaultLimit) {
    RosterReader reader(limit);
    const auto fed = reader.feed(asBytes(bytes));
    const auto users = reader.finish();
    REQUIRE_FALSE(users);
    if (!fed) CHECK(fed.error() == users.error());
    return users.error();
}

}  // namespace

TEST_CASE("RosterWriter without users writes the roster of nobody") {
    RosterWriter writer;
    CHECK(writer.finish() ==
          "\x03"
          "end");
}

TEST_CASE("RosterWriter keeps the order and the repetitions") {
    RosterWriter writer;
    writer.add("zoe", kHere);
    writer.add("\u5f20\u4e09", Endpoint::parse("[::1]:1").value());
    writer.add("zoe", kHere);
    CHECK(writer.finish() ==
          netString("zoe,127.7.7.200:30000;\u5f20\u4e09,[::1]:1;zoe,127.7.7.200:30000;end"));
}

TEST_CASE("RosterWriter is empty after finish") {
    RosterWriter writer;
    writer.add("zoe", kHere);
    CHECK(writer.finish().size() > 4);
    CHECK(writer.finish() ==
          "\x03"
          "end");
}

TEST_CASE("the length prefix takes a byte more at 128, 16384 and 2097152 bytes") {
    CHECK(prefixOf(rosterOf(127), 127) == "\x7F");
    CHECK(prefixOf(rosterOf(128), 128) == "\x80\x01");
    CHECK(prefixOf(rosterOf(16383), 16383) == "\xFF\x7F");
    CHECK(prefixOf(rosterOf(16384), 16384) == "\x80\x80\x01");
    CHECK(prefixOf(rosterOf(2097151), 2097151) == "\xFF\xFF\x7F");
    CHECK(prefixOf(rosterOf(2097152), 2097152) == "\x80\x80\x80\x01");
    for (const std::size_t length : {127U, 128U, 16383U, 16384U, 2097151U, 2097152U})
        CHECK(read(rosterOf(length)).size() ==
              length - std::string_view(",127.7.7.200:30000;end").size() +
                  std::string_view(" 127.7.7.200:30000").size());
}

TEST_CASE("RosterReader says when a roster is whole and ignores what follows") {
    RosterReader reader;
    CHECK_FALSE(
        *reader.feed(asBytes("\x03"
                             "en")));
    CHECK(*reader.feed(asBytes("d\xFF\xFF\xFF\xFF\xFF\xFF")));
    CHECK(*reader.feed(asBytes("more")));
    CHECK(reader.finish()->empty());
}

TEST_CASE("RosterReader takes an empty piece for nothing") {
    RosterReader reader;
    CHECK_FALSE(*reader.feed({}));
    CHECK(reader.finish().error() == RosterError::NoEnd);
    CHECK(
        *reader.feed(asBytes("\x03"
                             "end")));
    CHECK(*reader.feed({}));
}

TEST_CASE("a length prefix has at most five bytes and at most 31 bits") {
    CHECK(whyNot("\x80\x80\x80\x80\x80") == RosterError::BadPrefix);
    CHECK(whyNot("\xFF\xFF\xFF\xFF\x08") == RosterError::BadPrefix);
    CHECK(whyNot("\xFF\xFF\xFF\xFF\x7F") == RosterError::BadPrefix);
    CHECK(whyNot("\xFF\xFF\xFF\xFF\x07") == RosterError::TooLong);
    CHECK(whyNot("\x80\x80\x80\x80") == RosterError::Truncated);
}

TEST_CASE("RosterReader refuses a string above its limit before it takes the string") {
    CHECK(whyNot("\x04"
                 "xend",
                 3) == RosterError::TooLong);
    CHECK(whyNot("\x04", 3) == RosterError::TooLong);
    RosterReader exact(3);
    CHECK(
        *exact.feed(asBytes("\x03"
                            "end")));
}

TEST_CASE("strings that are skipped count against the limit") {
    const std::string skipped = netString("0123456789");
    std::string stream;
    for (int i = 0; i < 9; ++i) stream += skipped;
    CHECK(whyNot(stream + netString("end"), 100) == RosterError::TooLong);
    CHECK(whyNot(std::string(102, '\0'), 100) == RosterError::TooLong);
    RosterReader reader(100);
    CHECK(*reader.feed(asBytes(std::string(90, '\0') + netString("end"))));
}

TEST_CASE("RosterReader repeats its reason whatever comes later") {
    RosterReader reader(3);
    CHECK(reader.feed(asBytes("\x04")).error() == RosterError::TooLong);
    CHECK(reader
              .feed(asBytes("\x03"
                            "end"))
              .error() == RosterError::TooLong);
    CHECK(reader.feed({}).error() == RosterError::TooLong);
    CHECK(reader.finish().error() == RosterError::TooLong);
}

TEST_CASE("each reason of RosterReader reads differently") {
    std::set<std::string_view> texts;
    for (const auto why :
         {RosterError::BadPrefix, RosterError::TooLong, RosterError::Truncated, RosterError::NoEnd})
        texts.insert(toString(why));
    CHECK(texts.size() == 4);
}

TEST_CASE("a roster of 10000 users is the same in pieces of any size") {
    RosterWriter writer;
    std::vector<RosterEntry> users;
    for (std::uint16_t i = 0; i < 10'000; ++i)
        users.push_back({"user" + std::to_string(i), {kHere.address, i}});
    for (const auto& user : users) writer.add(user.name, user.endpoint);
    const std::string bytes = writer.finish();

    std::mt19937 random(5);
    RosterReader reader;
    for (std::string_view rest = bytes; !rest.empty();) {
        const std::string_view piece = rest.substr(0, random() % 4000);
        rest.remove_prefix(piece.size());
        REQUIRE(*reader.feed(asBytes(piece)) == rest.empty());
    }
    CHECK(*reader.finish() == users);
}

TEST_CASE("random bytes never make a roster with an invalid name") {
    std::mt19937 random(6);
    for (int round = 0; round < 20'000; ++round) {
        std::string body;
        for (auto left = random() % 40; left > 0; --left)
            body += "\xFF\xE5\xBC\xA0;,:1.x"[random() % 11];
        RosterReader reader;
        REQUIRE(*reader.feed(asBytes(netString(body + ",1.1:1;end"))));
        const auto users = reader.finish();
        REQUIRE(users);
        for (const auto& user : *users) REQUIRE(isValidUtf8(user.name));
    }
}
