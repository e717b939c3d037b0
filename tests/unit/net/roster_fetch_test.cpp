// SPDX-License-Identifier: BSL-1.0
#include "libim/net/roster_fetch.hpp"

#include "libim/net/clock.hpp"
#include "libim/net/sockaddr.hpp"
#include "tests/support/catch.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

using namespace std::chrono_literals;
using im::Endpoint;
using im::TimePoint;
using im::net::RosterFetch;

namespace {

const Endpoint kAnyPort{im::Address::v4({127, 0, 0, 1}), 0};

/// The index's side of one connection, driven by hand.
class Server {
public:
    Server() {
        im::net::SocketAddress local{};
        const socklen_t length = im::net::toSocketAddress(kAnyPort, local);
        listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(bind(listener_, &local.any, length) == 0);
        REQUIRE(listen(listener_, 5) == 0);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        hangUp();
        close(listener_);
    }

    Endpoint endpoint() const { return im::net::localEndpoint(listener_); }
    void accept() { connection_ = ::accept(listener_, nullptr, nullptr); }
    bool write(const std::string& bytes) const {
        return send(connection_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(bytes.size());
    }
    void reset() {
        const linger now{1, 0};
        setsockopt(connection_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        hangUp();
    }
    void hangUp() {
        if (connection_ >= 0) close(connection_);
        connection_ = -1;
    }
    bool clientHasClosed() const {
        char byte = 0;
        return recv(connection_, &byte, 1, MSG_DONTWAIT) == 0;
    }

private:
    int listener_ = -1;
    int connection_ = -1;
};

std::string roster(const std::vector<std::string>& users) {
    im::wire::RosterWriter writer;
    std::uint16_t port = 5000;
    for (const auto& user : users) writer.add(user, {im::Address::v4({10, 0, 0, 1}), port++});
    return writer.finish();
}

/// Waits for the descriptor (or not at all, when nothing is to come) and goes on.
void step(RosterFetch& fetch, TimePoint now, int milliseconds = 2000) {
    pollfd ready{fetch.fd(), fetch.wants(), 0};
    poll(&ready, 1, milliseconds);
    fetch.advance(now);
}

}  // namespace

TEST_CASE("A roster is fetched from an index that writes and closes", "[net]") {
    Server server;
    const TimePoint now{};
    RosterFetch fetch(server.endpoint(), now, {});
    server.accept();
    REQUIRE(server.write(roster({"alice", "bob"})));
    server.hangUp();
    while (!fetch.done()) step(fetch, now);
    const auto outcome = fetch.outcome();
    REQUIRE(outcome);
    REQUIRE(outcome->size() == 2);
    CHECK(outcome->at(1).name == "bob");
    CHECK(fetch.size() == roster({"alice", "bob"}).size());
    CHECK(fetch.wants() == 0);
}

TEST_CASE("A roster may come in pieces of one byte", "[net]") {
    Server server;
    const TimePoint now{};
    RosterFetch fetch(server.endpoint(), now, {});
    server.accept();
    for (const char byte : roster({"alice"})) {
        REQUIRE(server.write(std::string(1, byte)));
        step(fetch, now);
        REQUIRE_FALSE(fetch.done());
    }
    server.hangUp();
    step(fetch, now);
    REQUIRE(fetch.done());
    CHECK(fetch.outcome());
}

TEST_CASE("The connection stays open until the index has closed it", "[net]") {
    Server server;
    const TimePoint start{};
    RosterFetch fetch(server.endpoint(), start, {});
    server.accept();
    REQUIRE(server.write(roster({"alice"})));
    step(fetch, start);
    step(fetch, start, 0);
    REQUIRE_FALSE(fetch.done());
    CHECK_FALSE(server.clientHasClosed());
    SECTION("so that what it still writes does no harm") {
        CHECK(server.write("more"));
        step(fetch, start);
        server.hangUp();
        step(fetch, start);
    }
    SECTION("or for 50 ms, when it never does") {
        CHECK(fetch.deadline() == start + RosterFetch::kLinger);
        fetch.advance(start + 49ms);
        REQUIRE_FALSE(fetch.done());
        fetch.advance(start + 50ms);
    }
    REQUIRE(fetch.done());
    CHECK(fetch.outcome());
}

TEST_CASE("A refused connection says so", "[net]") {
    Endpoint nobody;
    {
        const Server server;
        nobody = server.endpoint();
    }
    const auto outcome = im::net::fetchRoster(nobody, 5s);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error() == "connection refused");
}

TEST_CASE("An index that accepts and says nothing has not answered", "[net]") {
    Server server;
    const TimePoint start{};
    RosterFetch fetch(server.endpoint(), start, {5s, 60s});
    server.accept();
    step(fetch, start);
    CHECK(fetch.deadline() == start + 5s);
    fetch.advance(start + 4999ms);
    REQUIRE_FALSE(fetch.done());
    fetch.advance(start + 5s);
    REQUIRE(fetch.done());
    CHECK(fetch.outcome().error() == "no answer");
}

TEST_CASE("An index that falls silent within the roster breaks off", "[net]") {
    Server server;
    const TimePoint start{};
    RosterFetch fetch(server.endpoint(), start, {5s, 60s});
    server.accept();
    REQUIRE(server.write(roster({"alice"}).substr(0, 5)));
    step(fetch, start);
    step(fetch, start, 0);
    fetch.advance(start + 6s);
    REQUIRE(fetch.done());
    CHECK(fetch.outcome().error() == "answer breaks off");
}

TEST_CASE("An index that trickles is given up after the time for all of it", "[net]") {
    Server server;
    TimePoint now{};
    RosterFetch fetch(server.endpoint(), now, {5s, 12s});
    server.accept();
    for (int i = 0; i < 3 && !fetch.done(); ++i) {
        REQUIRE(server.write("\x7f"));
        step(fetch, now);
        now += 4s;
    }
    CHECK(fetch.deadline() <= TimePoint{} + 12s);
    fetch.advance(now);
    REQUIRE(fetch.done());
}

TEST_CASE("A connection that ends within the roster is no roster", "[net]") {
    Server server;
    RosterFetch fetch(server.endpoint(), {}, {});
    server.accept();
    SECTION("closed") {
        REQUIRE(server.write(roster({"alice"}).substr(0, 5)));
        server.hangUp();
    }
    SECTION("closed without a word") {
        server.hangUp();
    }
    SECTION("reset") {
        server.reset();
    }
    while (!fetch.done()) step(fetch, {});
    CHECK_FALSE(fetch.outcome());
}

TEST_CASE("A roster over the limit is refused while it comes", "[net]") {
    Server server;
    RosterFetch fetch(server.endpoint(), {}, {5s, 60s, 10});
    server.accept();
    REQUIRE(server.write(roster({"alice", "bob"})));
    while (!fetch.done()) step(fetch, {});
    CHECK_FALSE(fetch.outcome());
}

TEST_CASE("Bytes that are no roster are told from silence", "[net]") {
    Server server;
    RosterFetch fetch(server.endpoint(), {}, {});
    server.accept();
    REQUIRE(server.write("\xff\xff\xff\xff\xff\xff"));
    while (!fetch.done()) step(fetch, {});
    CHECK(fetch.outcome().error().starts_with("roster: "));
}
