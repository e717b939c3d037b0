// SPDX-License-Identifier: BSL-1.0
#include "libim/net/udp_socket.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/net/plain_socket.hpp"

#include <fcntl.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using im::asBytes;
using im::asText;
using im::BytesView;
using im::Datagram;
using im::Destination;
using im::Endpoint;
using im::net::BindError;
using im::net::UdpSocket;
using im::net::test::at;
using im::net::test::deadEndpoint;
using im::net::test::PlainSocket;

namespace {

PlainSocket plain(std::string_view local = "127.0.0.1:0") {
    return {SOCK_DGRAM, at(local)};
}

int optionOf(int descriptor, int level, int option) {
    int value = -1;
    socklen_t length = sizeof value;
    ::getsockopt(descriptor, level, option, &value, &length);
    return value;
}

/// Everything that is there, batch by batch.
std::vector<std::string> takeAll(UdpSocket& socket) {
    std::vector<std::string> all;
    for (auto batch = socket.receive(); !batch.empty(); batch = socket.receive()) {
        for (const Datagram& datagram : batch) all.emplace_back(asText(datagram.bytes));
    }
    return all;
}

std::vector<std::string> takeAll(const PlainSocket& socket) {
    std::vector<std::string> all;
    while (socket.hasSomething()) all.push_back(socket.receive()->text);
    return all;
}

std::vector<BytesView> viewsOf(const std::vector<std::string>& texts) {
    std::vector<BytesView> views;
    for (const std::string& text : texts) views.push_back(asBytes(text));
    return views;
}

std::vector<std::string> announcements() {
    // Runs of equal length, a shorter end, a longer one, an empty one: every way to cut a train.
    return {"aaaa", "bbbb", "cccc", "dd", "eeeeeeee", "ffff", "gggg", "", "hhhh", "iiii", "j"};
}

std::size_t lengthOf(const std::vector<std::string>& texts) {
    std::size_t length = 0;
    for (const std::string& text : texts) length += text.size();
    return length;
}

}  // namespace

TEST_CASE("A second UdpSocket on a port is refused with EADDRINUSE", "[net]") {
    UdpSocket first(at("127.0.0.1:0"));
    try {
        UdpSocket second(first.local());
        FAIL("shares the port");
    } catch (const BindError& e) {
        CHECK(e.errnum() == EADDRINUSE);
        CHECK(e.kind() == im::ErrorKind::OperatingSystem);
        CHECK(std::string(e.what()).find(first.local().toString()) != std::string::npos);
    }
}

TEST_CASE("A UdpSocket is close-on-exec, non-blocking and no broadcaster", "[net]") {
    UdpSocket socket(at("127.0.0.1:0"));
    CHECK((::fcntl(socket.descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((::fcntl(socket.descriptor(), F_GETFL) & O_NONBLOCK) != 0);
    CHECK(optionOf(socket.descriptor(), SOL_SOCKET, SO_BROADCAST) == 0);
    CHECK(optionOf(socket.descriptor(), SOL_SOCKET, SO_REUSEADDR) == 0);
    CHECK(optionOf(socket.descriptor(), SOL_SOCKET, SO_REUSEPORT) == 0);
}

TEST_CASE("IPv4 and IPv6 can be served on one port by a socket each", "[net]") {
    UdpSocket v6(at("[::]:0"));
    Endpoint local = at("0.0.0.0:0");
    local.port = v6.local().port;
    UdpSocket v4(local);
    CHECK(v4.local().port == v6.local().port);
    CHECK_FALSE(v6.isV4());
}

TEST_CASE("An answer by the path of a question comes from the address that was asked", "[net]") {
    UdpSocket server(at("0.0.0.0:0"));
    const auto client = plain();
    for (const char* const asked : {"127.0.0.5", "127.0.0.6", "127.0.0.5"}) {
        const Endpoint to{im::Address::parse(asked).value(), server.local().port};
        client.sendTo(to, "question");
        const auto batch = server.receive();
        REQUIRE(batch.size() == 1);
        CHECK(UdpSocket::socketOf(batch[0].via) == server.number());
        CHECK(server.send({batch[0].from, batch[0].via}, asBytes("answer")));
        const auto answer = client.receive();
        REQUIRE(answer);
        CHECK(answer->from == to);
    }
}

TEST_CASE("An IPv6 answer comes from the address that was asked", "[net]") {
    UdpSocket server(at("[::]:0"));
    const auto client = plain("[::1]:0");
    Endpoint to = at("[::1]:0");
    to.port = server.local().port;
    client.sendTo(to, "question");
    const auto batch = server.receive();
    REQUIRE(batch.size() == 1);
    CHECK(batch[0].from == client.local());
    CHECK(server.send({batch[0].from, batch[0].via}, asBytes("answer")));
    CHECK(client.receive()->from == to);
}

TEST_CASE("When all paths are taken an answer still leaves", "[net]") {
    UdpSocket server(at("0.0.0.0:0"));
    const auto client = plain();
    im::PathId last = 0;
    for (unsigned i = 0; i < UdpSocket::kMostPaths; ++i) {
        const im::Address asked = im::Address::v4(
            {127, 1, static_cast<std::uint8_t>(i / 250), static_cast<std::uint8_t>(i % 250 + 1)});
        client.sendTo({asked, server.local().port}, "question");
        const auto batch = server.receive();
        REQUIRE(batch.size() == 1);
        last = batch[0].via;
    }
    CHECK(UdpSocket::socketOf(last) == server.number());
    CHECK(server.send({client.local(), last}, asBytes("answer")));
    CHECK(client.receive()->text == "answer");
}

TEST_CASE("A datagram longer than the buffer is marked truncated, its neighbours are not",
          "[net]") {
    UdpSocket socket(at("127.0.0.1:0"), {.longest = 10});
    const auto client = plain();
    client.sendTo(socket.local(), "0123456789");
    client.sendTo(socket.local(), "0123456789x");
    client.sendTo(socket.local(), "");
    const auto batch = socket.receive();
    REQUIRE(batch.size() == 3);
    CHECK_FALSE(batch[0].truncated);
    CHECK(batch[1].truncated);
    CHECK(asText(batch[1].bytes) == "0123456789");
    CHECK_FALSE(batch[2].truncated);
    CHECK(batch[2].bytes.empty());
}

TEST_CASE("receive takes at most a batch and leaves the rest in order", "[net]") {
    UdpSocket socket(at("127.0.0.1:0"), {.batch = 8});
    const auto client = plain();
    std::vector<std::string> sent;
    for (int i = 0; i < 20; ++i) {
        sent.push_back(std::to_string(i));
        client.sendTo(socket.local(), sent.back());
    }
    CHECK(socket.receive().size() == 8);
    const auto rest = takeAll(socket);
    CHECK(rest == std::vector<std::string>(sent.begin() + 8, sent.end()));
    CHECK(socket.counters().received == 20);
    CHECK(socket.counters().receivedBytes == 30);  // 0 to 9, 10 to 19
}

TEST_CASE("Reports of dead endpoints cost no datagram in either direction", "[net]") {
    UdpSocket socket(at("127.0.0.1:0"), {.reportUnreachable = true});
    const auto client = plain();
    const Endpoint dead = deadEndpoint();
    std::vector<Destination> destinations;
    for (int i = 0; i < 10; ++i) {
        destinations.push_back({dead});
        destinations.push_back({client.local()});
    }
    const std::vector<BytesView> payloads{asBytes("news")};
    socket.fanOut(payloads, destinations);
    CHECK(takeAll(client).size() == 10);
    CHECK(socket.counters().sent == 20);
    CHECK(socket.counters().refused == 0);

    client.sendTo(socket.local(), "behind the reports");
    CHECK(takeAll(socket) == std::vector<std::string>{"behind the reports"});

    std::vector<Endpoint> named;
    for (auto some = socket.unreachable(); !some.empty(); some = socket.unreachable())
        named.insert(named.end(), some.begin(), some.end());
    CHECK(named == std::vector<Endpoint>(10, dead));
}

TEST_CASE("The buffer sizes are those that the kernel granted", "[net]") {
    const UdpSocket small(at("127.0.0.1:0"), {.receiveBuffer = 8192});
    const UdpSocket large(at("127.0.0.1:0"), {.receiveBuffer = 65536});
    CHECK(small.receiveBuffer() >= 8192);
    CHECK(large.receiveBuffer() > small.receiveBuffer());
    CHECK(large.sendBuffer() > 0);
}

TEST_CASE("Without reportUnreachable nothing is reported", "[net]") {
    UdpSocket socket(at("127.0.0.1:0"));
    CHECK(socket.send({deadEndpoint()}, asBytes("anybody?")));
    CHECK(socket.unreachable().empty());
}

TEST_CASE("A datagram that the kernel refuses is counted and costs no other", "[net]") {
    UdpSocket socket(at("127.0.0.1:0"));
    const auto client = plain();
    const std::vector<Destination> destinations{
        {client.local()}, {at("255.255.255.255:9")}, {client.local()}};
    const std::vector<BytesView> payloads{asBytes("news")};
    socket.fanOut(payloads, destinations);
    CHECK(takeAll(client).size() == 2);
    CHECK(socket.counters().refused == 1);
    CHECK_FALSE(socket.send({at("255.255.255.255:9")}, asBytes("x")));
}

TEST_CASE("A fan-out reaches everybody whole and in order", "[net]") {
    const auto texts = announcements();
    const auto one = plain();
    const auto two = plain();
    const std::vector<Destination> destinations{{one.local()}, {two.local()}};

    SECTION("in trains") {
        UdpSocket socket(at("127.0.0.1:0"));
        REQUIRE(socket.trainsWork());
        socket.fanOut(viewsOf(texts), destinations);
        CHECK(takeAll(one) == texts);
        CHECK(takeAll(two) == texts);
        CHECK(socket.trainsWork());
        CHECK(socket.counters().trains == 6);  // aaaa..dd, eeeeeeee+ffff, hhhh..j; twice
        CHECK(socket.counters().sent == 2 * texts.size());
        CHECK(socket.counters().sentBytes == 2 * lengthOf(texts));
    }
    SECTION("in trains of a socket that answers by path") {
        UdpSocket socket(at("0.0.0.0:0"));
        one.sendTo({im::Address::parse("127.0.0.7").value(), socket.local().port}, "hello");
        const auto batch = socket.receive();
        REQUIRE(batch.size() == 1);
        const std::vector<Destination> back{{batch[0].from, batch[0].via}};
        socket.fanOut(viewsOf(texts), back);
        CHECK(one.receive()->from.address == im::Address::parse("127.0.0.7").value());
        CHECK(takeAll(one).size() == texts.size() - 1);
    }
    SECTION("one by one when trains are switched off") {
        UdpSocket socket(at("127.0.0.1:0"), {.trains = false});
        CHECK_FALSE(socket.trainsWork());
        socket.fanOut(viewsOf(texts), destinations);
        CHECK(takeAll(one) == texts);
        CHECK(takeAll(two) == texts);
        CHECK(socket.counters().trains == 0);
        CHECK(socket.counters().sentBytes == 2 * lengthOf(texts));
    }
    SECTION("one by one when the kernel refuses the first train, which is remembered") {
        UdpSocket socket(at("127.0.0.1:0"));
        const int yes = 1;  // segmentation needs checksums: EINVAL without them
        ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_NO_CHECK, &yes, sizeof yes);
        socket.fanOut(viewsOf(texts), destinations);
        CHECK(takeAll(one) == texts);
        CHECK(takeAll(two) == texts);
        CHECK_FALSE(socket.trainsWork());
        CHECK(socket.counters().sent == 2 * texts.size());
        CHECK(socket.counters().sentBytes == 2 * lengthOf(texts));
        CHECK(socket.counters().refused == 0);
    }
}

TEST_CASE("A fan-out of small datagrams needs no identification, what is larger may need one",
          "[net]") {
    UdpSocket socket(at("127.0.0.1:0"));
    const auto way = [&] { return optionOf(socket.descriptor(), IPPROTO_IP, IP_MTU_DISCOVER); };
    const int atFirst = way();
    REQUIRE(atFirst == IP_PMTUDISC_WANT);
    const auto listener = plain();
    const Destination there{listener.local(), 0};
    const std::string small(548, 's');
    const std::string large(549, 'l');
    CHECK(socket.send(there, asBytes(small)));
    CHECK(way() == atFirst);
    socket.fanOut(viewsOf({small, small}), {&there, 1});
    CHECK(way() == IP_PMTUDISC_PROBE);
    SECTION("in a fan-out") {
        socket.fanOut(viewsOf({small, large}), {&there, 1});
    }
    SECTION("alone") {
        CHECK(socket.send(there, asBytes(large)));
    }
    SECTION("among others") {
        const std::vector<UdpSocket::Unicast> two{{there, asBytes(small)}, {there, asBytes(large)}};
        socket.sendBatch(two);
    }
    CHECK(way() == atFirst);
    CHECK(takeAll(listener).back() == large);
}

TEST_CASE("A fan-out may have more payloads and destinations than fit one call", "[net]") {
    UdpSocket socket(at("127.0.0.1:0"), {.batch = 4});
    UdpSocket listener(at("127.0.0.1:0"), {.coalesce = true, .receiveBuffer = 8 << 20});
    std::vector<std::string> texts;
    for (int i = 0; i < 1500; ++i) texts.push_back(std::to_string(10000 + i));
    const std::vector<Destination> destinations{{deadEndpoint()}, {listener.local()}};
    socket.fanOut(viewsOf(texts), destinations);
    CHECK(takeAll(listener) == texts);
}

TEST_CASE("A listener that coalesces gets every datagram of a train as its own", "[net]") {
    UdpSocket socket(at("127.0.0.1:0"));
    UdpSocket listener(at("127.0.0.1:0"), {.longest = UdpSocket::kWholeDatagram, .coalesce = true});
    const auto texts = announcements();
    const std::vector<Destination> destinations{{listener.local()}};
    socket.fanOut(viewsOf(texts), destinations);
    CHECK(takeAll(listener) == texts);
    CHECK(listener.counters().received == texts.size());
    CHECK(listener.counters().receivedBytes == lengthOf(texts));
}

TEST_CASE("The longest datagram there is passes whole", "[net]") {
    UdpSocket socket(at("127.0.0.1:0"));
    UdpSocket listener(at("127.0.0.1:0"), {.longest = UdpSocket::kWholeDatagram});
    const std::string text(65507, 'x');
    CHECK(socket.send({listener.local()}, asBytes(text)));
    const auto batch = listener.receive();
    REQUIRE(batch.size() == 1);
    CHECK(asText(batch[0].bytes) == text);
    CHECK_FALSE(batch[0].truncated);
}

TEST_CASE("What did not fit the receive buffer is counted as overrun", "[net]") {
    UdpSocket socket(at("127.0.0.1:0"), {.receiveBuffer = 4096});
    const auto client = plain();
    constexpr std::size_t kSent = 500;
    for (std::size_t i = 0; i < kSent; ++i) client.sendTo(socket.local(), "flood");
    const std::size_t early = takeAll(socket).size();
    REQUIRE(early < kSent);
    client.sendTo(socket.local(), "after");  // brings the count along
    CHECK(takeAll(socket).size() == 1);
    CHECK(socket.counters().overrun == kSent - early);
}
