// SPDX-License-Identifier: BSL-1.0
#include "libim/node/index_sockets.hpp"

#include "libim/base/error.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

using im::Address;
using im::Endpoint;
using im::net::BindError;
using im::net::Loop;
using im::node::IndexSockets;
using im::node::ServedAddresses;

namespace {

ServedAddresses::Bind bind(const char* address, std::optional<std::uint16_t> port = {}) {
    return {*Address::parse(address), port};
}

std::shared_ptr<const im::SharedText> nothing(const Address& /*from*/) {
    return nullptr;
}

std::vector<Endpoint> rostersOf(const IndexSockets& sockets) {
    std::vector<Endpoint> locals;
    for (const auto& listener : sockets.tcp()) locals.push_back(listener->local());
    return locals;
}

}  // namespace

TEST_CASE("With port 0 all addresses get one port, and the roster the same number", "[node]") {
    Loop loop;
    const IndexSockets sockets(loop, {.binds = {bind("127.7.0.1"), bind("127.7.0.2")}, .port = 0},
                               nothing);
    const auto served = sockets.served();
    REQUIRE(served.size() == 2);
    CHECK(served[0].address == *Address::parse("127.7.0.1"));
    CHECK(served[1].address == *Address::parse("127.7.0.2"));
    CHECK(served[0].port != 0);
    CHECK(served[1].port == served[0].port);
    CHECK(sockets.tcpPort() == served[0].port);
    CHECK(rostersOf(sockets) == served);
    CHECK(sockets.udp()[0]->number() != sockets.udp()[1]->number());
}

TEST_CASE("The receive buffer told is one that the kernel granted", "[node]") {
    Loop loop;
    const IndexSockets sockets(loop, {.binds = {bind("127.7.0.9")}, .port = 0}, nothing);
    CHECK(sockets.receiveBuffer() == sockets.udp()[0]->receiveBuffer());
    CHECK(sockets.receiveBuffer() > 4096);
    CHECK(sockets.receiveBuffer() <= 2 * std::size_t{IndexSockets::kReceiveBuffer});
}

TEST_CASE("Without binds all of IPv4 is served, and IPv6 where there is any", "[node]") {
    Loop loop;
    const IndexSockets sockets(loop, {.binds = {}, .port = 0}, nothing);
    const auto served = sockets.served();
    REQUIRE_FALSE(served.empty());
    CHECK(served[0].address == Address::v4({0, 0, 0, 0}));
    if (served.size() > 1) {
        CHECK(served[1].address == Address());
        CHECK(served[1].port == served[0].port);
    }
    CHECK(served.size() <= 2);
}

TEST_CASE("A bind with a port of its own has its roster on both numbers", "[node]") {
    Loop loop;
    const Endpoint own =
        IndexSockets(loop, {.binds = {bind("127.7.0.4")}, .port = 0}, nothing).served().front();
    const ServedAddresses where{.binds = {bind("127.7.0.3"), bind("127.7.0.4", own.port)},
                                .port = 0};
    const IndexSockets sockets(loop, where, nothing);
    CHECK(sockets.served()[1] == own);
    CHECK(sockets.tcpPort() == sockets.served()[0].port);
    const auto rosters = rostersOf(sockets);
    for (const Endpoint& expected :
         {sockets.served()[0], own, Endpoint{own.address, sockets.tcpPort()}})
        CHECK(std::find(rosters.begin(), rosters.end(), expected) != rosters.end());
}

TEST_CASE("A roster port that is given is the only one", "[node]") {
    Loop loop;
    const IndexSockets sockets(
        loop, {.binds = {bind("127.7.0.5"), bind("127.7.0.6")}, .port = 0, .tcpPort = 0}, nothing);
    const auto rosters = rostersOf(sockets);
    REQUIRE(rosters.size() == 2);
    CHECK(rosters[0].port == sockets.tcpPort());
    CHECK(rosters[1].port == sockets.tcpPort());
}

TEST_CASE("A port that is taken is an error, one that the system chose is chosen again", "[node]") {
    Loop loop;
    const IndexSockets first(loop, {.binds = {bind("127.7.0.7")}, .port = 0}, nothing);
    const std::uint16_t port = first.served().front().port;
    try {
        const IndexSockets second(loop, {.binds = {bind("127.7.0.7")}, .port = port}, nothing);
        FAIL("shares the port");
    } catch (const BindError& e) {
        CHECK(e.errnum() == EADDRINUSE);
    }
    SECTION("the roster's, too") {
        const ServedAddresses where{.binds = {bind("127.7.0.7")}, .port = 0, .tcpPort = port};
        CHECK_THROWS_AS(IndexSockets(loop, where, nothing), BindError);
    }
    SECTION("nothing of a failed attempt stays bound") {
        const ServedAddresses where{.binds = {bind("127.7.0.8"), bind("127.7.0.7")}, .port = port};
        CHECK_THROWS_AS(IndexSockets(loop, where, nothing), BindError);
        CHECK_NOTHROW(IndexSockets(loop, {.binds = {bind("127.7.0.8")}, .port = port}, nothing));
    }
}

TEST_CASE("More addresses than sockets are a usage error", "[node]") {
    Loop loop;
    ServedAddresses where;
    where.binds.assign(64, bind("127.7.0.9"));
    try {
        const IndexSockets sockets(loop, where, nothing);
        FAIL("bound");
    } catch (const im::Error& e) {
        CHECK(e.kind() == im::ErrorKind::Usage);
    }
}
