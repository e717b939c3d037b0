// SPDX-License-Identifier: BSL-1.0
// With real sockets and files: what the fake world of sender_test stands for.
#include "libim/node/sender_network.hpp"

#include "libim/base/error.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

using namespace std::chrono_literals;
using im::Endpoint;
using im::ErrorKind;
using im::Name;
using im::net::Delivery;
using im::node::SenderNetwork;
using im::node::Session;
using im::node::SessionDirectory;
using im::node::SessionFile;

namespace {

namespace fs = std::filesystem;

Endpoint endpoint(const std::string& text) {
    return Endpoint::parse(text).value();
}

/// Nobody listens at port 1 of loopback, by TCP or UDP.
const std::string kNobody = "127.0.0.1:1";

Session session() {
    return {Name::orThrow("alice", ErrorKind::Usage), endpoint("127.0.0.1:40112"),
            endpoint("127.0.0.1:4649"), "localhost", 1};
}

std::optional<SessionFile> sessionOf(const std::string& users) {
    return SessionFile::ofText(
        "im session 1\nprofile classic\nuser alice\nendpoint 127.0.0.1:40112\n"
        "server 127.0.0.1:4649\nserver-name localhost\ntcp 1\nusers 1\n\n" +
        users);
}

}  // namespace

TEST_CASE("The network finds users in the session it was given", "[node]") {
    SenderNetwork network(sessionOf("bob\t127.0.0.1:5000\n"), {}, 5s, im::net::resolve);
    CHECK(network.cached("bob") == endpoint("127.0.0.1:5000"));
    CHECK_FALSE(network.cached("carol"));
    SenderNetwork without({}, {}, 5s, im::net::resolve);
    CHECK_FALSE(without.cached("bob"));
}

TEST_CASE("The network says why the index did not answer", "[node]") {
    SenderNetwork network(sessionOf(""), {}, 5s, im::net::resolve);
    CHECK(network.askIndex().error() ==
          "the index at 127.0.0.1:1 does not answer: connection refused");
    SenderNetwork given({}, endpoint("127.0.0.1:1"), 5s, im::net::resolve);
    CHECK(given.askIndex().error() ==
          "the index at 127.0.0.1:1 does not answer: connection refused");
    SenderNetwork none({}, {}, 5s, im::net::resolve);
    CHECK(none.askIndex().error() == "there is no index to ask");
}

TEST_CASE("With no time to wait the index is not asked", "[node]") {
    SenderNetwork network(sessionOf(""), {}, 0s, im::net::resolve);
    CHECK(network.askIndex().error().find("is not asked") != std::string::npos);
}

TEST_CASE("The network reports a refusal on this host at once", "[node]") {
    SenderNetwork network({}, {}, 5s, im::net::resolve);
    CHECK(network.deliver(endpoint(kNobody), im::asBytes("hi")).delivery == Delivery::Refused);
    CHECK(network.deliver(endpoint(kNobody), im::asBytes("hi")).delivery == Delivery::Refused);
    const std::vector<Endpoint> to{endpoint(kNobody), endpoint("127.0.0.1:2")};
    CHECK(network.settle(to) == std::vector{Delivery::Sent, Delivery::Sent});
}

TEST_CASE("The network holds a bounded number of sockets", "[node]") {
    SenderNetwork network({}, {}, 5s, im::net::resolve);
    for (std::uint16_t port = 1; port <= 2 * SenderNetwork::kMostSockets; ++port)
        REQUIRE_NOTHROW(network.deliver({endpoint(kNobody).address, port}, im::asBytes("hi")));
}

TEST_CASE("A session that is replaced is looked into again after a second", "[node]") {
    std::string pattern = (fs::temp_directory_path() / "im_network_XXXXXX").string();
    const fs::path root = mkdtemp(pattern.data());
    const SessionDirectory directory(root.string());
    directory.write(session(), {{"bob", endpoint("127.0.0.1:5000")}});
    SenderNetwork network(directory.openSelected({}, {}), {}, 5s, im::net::resolve);
    REQUIRE(network.cached("bob") == endpoint("127.0.0.1:5000"));

    directory.write(session(), {{"bob", endpoint("127.0.0.1:6000")}});
    CHECK(network.cached("bob") == endpoint("127.0.0.1:5000"));
    const auto end = network.now() + SenderNetwork::kLookAgain;
    while (network.now() < end) {
    }
    CHECK(network.cached("bob") == endpoint("127.0.0.1:6000"));
    fs::remove_all(root);
}
