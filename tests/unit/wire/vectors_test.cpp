// SPDX-License-Identifier: BSL-1.0
// Every vector of tests/vectors/classic.json, in both directions.
#include "tests/support/catch.hpp"
#include "tests/unit/wire/support.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <map>

using namespace im;
using nlohmann::json;

namespace {

Bytes fromHex(const std::string& hex) {
    Bytes bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    return bytes;
}

json vectors(const std::string& transport) {
    std::ifstream file(IM_VECTORS "/classic.json");
    json chosen = json::array();
    for (const auto& vector : json::parse(file))
        if (vector.at("transport") == transport) chosen.push_back(vector);
    return chosen;
}

Endpoint endpointOf(const json& expect) {
    return Endpoint::parse(expect.at("endpoint").get<std::string>()).value();
}

wire::Message messageOf(const json& expect) {
    const auto text = [&](const char* member) { return expect.at(member).get<std::string>(); };
    if (text("type") == "login") return wire::Login{text("name"), endpointOf(expect)};
    if (text("type") == "logout") return wire::Logout{text("name"), endpointOf(expect)};
    if (text("type") == "talk") return wire::Talk{text("time"), text("sender"), text("text")};
    if (text("type") == "reject") return wire::Reject{text("code"), text("text")};
    REQUIRE(text("type") == "accept");
    return wire::Accept{expect.at("port").get<std::uint16_t>()};
}

std::vector<wire::RosterEntry> usersOf(const json& expect) {
    std::vector<wire::RosterEntry> users;
    for (const auto& user : expect.at("users"))
        users.push_back({user.at("name").get<std::string>(), endpointOf(user)});
    return users;
}

std::string rosterBytes(const std::vector<wire::RosterEntry>& users) {
    wire::RosterWriter writer;
    for (const auto& user : users) writer.add(user.name, user.endpoint);
    return writer.finish();
}

}  // namespace

TEST_CASE("each captured datagram decodes to the message it stands for") {
    const json all = vectors("udp");
    REQUIRE(all.size() >= 45);
    for (const auto& vector : all) {
        CAPTURE(vector.at("name").get<std::string>());
        const auto message = wire::decodeClassic(fromHex(vector.at("hex").get<std::string>()));
        REQUIRE(message);
        CHECK(*message == messageOf(vector.at("expect")));
    }
}

TEST_CASE("each canonical datagram is encoded byte for byte as captured") {
    std::size_t canonical = 0;
    for (const auto& vector : vectors("udp")) {
        CAPTURE(vector.at("name").get<std::string>());
        const Bytes bytes = wire::encodeClassic(messageOf(vector.at("expect")));
        const bool same = bytes == fromHex(vector.at("hex").get<std::string>());
        CHECK(same == vector.at("canonical").get<bool>());
        canonical += same ? 1 : 0;
    }
    CHECK(canonical >= 30);
}

TEST_CASE("each captured roster is read as the users it lists and written byte for byte") {
    const json all = vectors("tcp");
    REQUIRE(all.size() == 11);
    for (const auto& vector : all) {
        CAPTURE(vector.at("name").get<std::string>());
        const Bytes bytes = fromHex(vector.at("hex").get<std::string>());
        wire::RosterReader reader;
        const auto whole = reader.feed(bytes);
        REQUIRE(whole);
        CHECK(*whole);
        const auto users = reader.finish();
        REQUIRE(users);
        CHECK(*users == usersOf(vector.at("expect")));
        CHECK(rosterBytes(*users) == asText(bytes));
    }
}

TEST_CASE("each captured roster is the same when it comes byte by byte") {
    for (const auto& vector : vectors("tcp")) {
        CAPTURE(vector.at("name").get<std::string>());
        const Bytes bytes = fromHex(vector.at("hex").get<std::string>());
        wire::RosterReader reader;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            const auto whole = reader.feed(BytesView(bytes).subspan(i, 1));
            REQUIRE(whole);
            REQUIRE(*whole == (i + 1 == bytes.size()));
        }
        CHECK(*reader.finish() == usersOf(vector.at("expect")));
    }
}

TEST_CASE("no strict prefix of a captured roster is taken for a roster") {
    for (const auto& vector : vectors("tcp")) {
        CAPTURE(vector.at("name").get<std::string>());
        const Bytes bytes = fromHex(vector.at("hex").get<std::string>());
        wire::RosterReader reader;
        CHECK(reader.finish().error() == wire::RosterError::NoEnd);
        for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
            REQUIRE_FALSE(*reader.feed(BytesView(bytes).subspan(i, 1)));
            REQUIRE(reader.finish().error() == wire::RosterError::Truncated);
        }
    }
}

TEST_CASE("every prefix of a captured datagram is refused or obeys the law of the codec") {
    for (const auto& vector : vectors("udp")) {
        const Bytes bytes = fromHex(vector.at("hex").get<std::string>());
        for (std::size_t length = 0; length < std::min<std::size_t>(bytes.size(), 200); ++length) {
            CAPTURE(vector.at("name").get<std::string>(), length);
            const auto message = wire::decodeClassic(BytesView(bytes).first(length));
            if (!message) continue;
            const auto again = wire::decodeClassic(wire::encodeClassic(*message));
            REQUIRE(again);
            REQUIRE(*again == *message);
        }
    }
}
