// SPDX-License-Identifier: BSL-1.0
#include "libim/net/train_queue.hpp"

#include "libim/base/bytes.hpp"
#include "tests/support/catch.hpp"

#include <poll.h>

#include <string>
#include <vector>

using im::Destination;
using im::Endpoint;
using im::net::TrainQueue;
using im::net::UdpSocket;

namespace {

std::vector<std::string> receivedBy(UdpSocket& socket, std::size_t count) {
    std::vector<std::string> out;
    pollfd ready{socket.descriptor(), POLLIN, 0};
    while (out.size() < count && ::poll(&ready, 1, 2000) > 0)
        for (const im::Datagram& datagram : socket.receive())
            out.emplace_back(im::asText(datagram.bytes));
    return out;
}

}  // namespace

TEST_CASE("What is sent in one turn arrives in order, in few calls", "[net]") {
    UdpSocket sender(*Endpoint::parse("127.0.0.1:0"));
    UdpSocket bob(*Endpoint::parse("127.0.0.1:0"));
    UdpSocket carol(*Endpoint::parse("127.0.0.1:0"));
    TrainQueue queue;
    std::vector<std::string> wanted;
    for (int i = 0; i < 40; ++i) {
        wanted.push_back(std::to_string(1000 + i));
        queue.send({bob.local()}, im::asBytes(wanted.back()));
    }
    queue.send({carol.local()}, im::asBytes("hi"));
    queue.send({bob.local()}, im::asBytes("last"));
    wanted.emplace_back("last");
    queue.flush([&](const Endpoint&) { return &sender; });
    CHECK(queue.empty());
    CHECK(receivedBy(bob, wanted.size()) == wanted);
    CHECK(receivedBy(carol, 1) == std::vector<std::string>{"hi"});
    if (sender.trainsWork()) CHECK(sender.counters().trains >= 1);
    CHECK(sender.counters().sent == 42);
}

TEST_CASE("What no socket sends to is dropped, and the rest goes", "[net]") {
    UdpSocket sender(*Endpoint::parse("127.0.0.1:0"));
    UdpSocket bob(*Endpoint::parse("127.0.0.1:0"));
    TrainQueue queue;
    const Destination nowhere{*Endpoint::parse("[::1]:9")};
    const std::vector<im::BytesView> payloads{im::asBytes("one"), im::asBytes("two")};
    queue.fanOut(payloads, std::span(&nowhere, 1));
    const Destination there{bob.local()};
    queue.fanOut(payloads, std::span(&there, 1));
    queue.flush([&](const Endpoint& to) { return to.address.isV4() ? &sender : nullptr; });
    CHECK(receivedBy(bob, 2) == std::vector<std::string>{"one", "two"});
    CHECK(sender.counters().sent == 2);
}
