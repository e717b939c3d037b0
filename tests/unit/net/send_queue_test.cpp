// SPDX-License-Identifier: BSL-1.0
#include "libim/net/send_queue.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/net/plain_socket.hpp"

#include <array>
#include <string>
#include <vector>

using im::asBytes;
using im::BytesView;
using im::Destination;
using im::net::SendQueue;
using im::net::UdpSocket;
using im::net::test::at;
using im::net::test::PlainSocket;

namespace {

im::PathId pathOf(const UdpSocket& socket) {
    return static_cast<im::PathId>(socket.number() << 10U);
}

}  // namespace

TEST_CASE("A SendQueue copies unicasts and sends nothing before flush", "[net]") {
    UdpSocket socket(at("127.0.0.1:0"));
    const PlainSocket peer(SOCK_DGRAM, at("127.0.0.1:0"));
    SendQueue queue;
    std::string text = "first";
    queue.send({peer.local()}, asBytes(text));
    text = "SECOND, which is longer";
    queue.send({peer.local()}, asBytes(text));
    text = "spoilt";
    CHECK_FALSE(queue.empty());
    CHECK_FALSE(peer.hasSomething());
    queue.flush(socket);
    CHECK(queue.empty());
    CHECK(peer.receive()->text == "first");
    CHECK(peer.receive()->text == "SECOND, which is longer");
    queue.flush(socket);
    CHECK_FALSE(peer.hasSomething());
}

TEST_CASE("A SendQueue counts what the last fan-out told, and the largest, and how long", "[net]") {
    UdpSocket socket(at("127.0.0.1:0"));
    const PlainSocket peer(SOCK_DGRAM, at("127.0.0.1:0"));
    const std::vector<BytesView> payloads{asBytes("1"), asBytes("2")};
    const std::vector<Destination> everybody(3, Destination{peer.local()});
    SendQueue queue;
    queue.send({peer.local()}, asBytes("answer"));
    queue.flush(socket);
    CHECK(queue.fanOuts().times.count() == 0);
    queue.fanOut(payloads, everybody);
    queue.fanOut(payloads, std::span(everybody).first(1));
    queue.flush(socket);
    CHECK(queue.fanOuts().last == 8);
    queue.fanOut(payloads, std::span(everybody).first(1));
    queue.flush(socket);
    CHECK(queue.fanOuts().last == 2);
    CHECK(queue.fanOuts().largest == 8);
    CHECK(queue.fanOuts().times.count() == 2);
    CHECK(queue.fanOuts().lastTook > im::Duration{0});
    CHECK(queue.fanOuts().lastTook <= queue.fanOuts().times.sum());
}

TEST_CASE("Answers leave before announcements, each kind in its order", "[net]") {
    UdpSocket socket(at("127.0.0.1:0"));
    const PlainSocket peer(SOCK_DGRAM, at("127.0.0.1:0"));
    const std::vector<BytesView> payloads{asBytes("2"), asBytes("3")};
    const std::vector<Destination> everybody{{peer.local()}};
    SendQueue queue;
    queue.send({peer.local()}, asBytes("1"));
    queue.fanOut(payloads, everybody);
    queue.fanOut({}, everybody);
    queue.fanOut(payloads, {});
    queue.send({peer.local()}, asBytes("4"));
    queue.flush(socket);
    for (const char* const expected : {"1", "4", "2", "3"}) CHECK(peer.receive()->text == expected);
    CHECK_FALSE(peer.hasSomething());
}

TEST_CASE("A datagram leaves by the socket of its path, else by one of its family", "[net]") {
    UdpSocket one(at("127.0.0.2:0"), {.number = 1});
    UdpSocket two(at("127.0.0.3:0"), {.number = 2});
    UdpSocket six(at("[::1]:0"), {.number = 3});
    const std::array sockets{&one, &two, &six};
    const PlainSocket peer4(SOCK_DGRAM, at("127.0.0.1:0"));
    const PlainSocket peer6(SOCK_DGRAM, at("[::1]:0"));
    SendQueue queue;

    SECTION("by path") {
        queue.send({peer4.local(), pathOf(two)}, asBytes("x"));
        queue.flush(sockets);
        CHECK(peer4.receive()->from == two.local());
    }
    SECTION("by family without a path") {
        queue.send({peer6.local()}, asBytes("x"));
        queue.send({peer4.local()}, asBytes("x"));
        queue.flush(sockets);
        CHECK(peer6.receive()->from == six.local());
        CHECK(peer4.receive()->from == one.local());
    }
    SECTION("by family when the path's socket is of the other") {
        queue.send({peer6.local(), pathOf(two)}, asBytes("x"));
        queue.flush(sockets);
        CHECK(peer6.receive()->from == six.local());
    }
    SECTION("each destination of a fan-out by its own") {
        const std::vector<BytesView> payloads{asBytes("a"), asBytes("b")};
        const std::vector<Destination> everybody{
            {peer4.local(), pathOf(two)}, {peer6.local()}, {peer4.local(), pathOf(one)}};
        queue.fanOut(payloads, everybody);
        queue.flush(sockets);
        CHECK(peer6.receive()->text == "a");
        CHECK(peer6.receive()->text == "b");
        CHECK(one.counters().sent == 2);
        CHECK(two.counters().sent == 2);
    }
    SECTION("nowhere, and counted, when no socket has its family") {
        const std::vector<BytesView> payloads{asBytes("a"), asBytes("b")};
        const std::vector<Destination> everybody{{peer6.local()}};
        queue.fanOut(payloads, everybody);
        queue.send({peer6.local()}, asBytes("x"));
        queue.flush(one);
        CHECK(queue.homeless() == 3);
        CHECK_FALSE(peer6.hasSomething());
    }
}
