// SPDX-License-Identifier: BSL-1.0
// chat HOST PORT: two people in one program log in, see each other, and talk both ways.
// Ends with 0 when all of it came true; says what did not.
#include <libim/node/client.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using im::node::Client;

namespace {

void expect(bool holds, const std::string& what) {
    if (holds) return;
    std::cerr << "chat: not so: " << what << '\n';
    std::exit(1);
}

/// The next event of a type, within ten seconds.
im::Event nextOf(Client& client, im::EventType type) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (const auto event = client.next(end - std::chrono::steady_clock::now()))
        if (event->type == type) return *event;
    expect(false, "an event " + std::string(toString(type)) + " comes");
    return {};
}

void talkBothWays(Client& alice, Client& bob) {
    alice.send("bob", "lunch? 你好 😀, at noon");
    const im::Event question = nextOf(bob, im::EventType::Talk);
    expect(question.user == "alice" && question.text == "lunch? 你好 😀, at noon",
           "bob hears alice");
    expect(question.trust == im::Trust::None && question.at.has_value(), "as a record says it");
    bob.send(question.user, "yes");
    expect(nextOf(alice, im::EventType::Talk).text == "yes", "alice hears bob");
}

/// Bob is away for long: what does not fit anywhere is told as a gap, and nothing is lost unseen.
void loseNothingUnseen(Client& alice, Client& bob) {
    constexpr std::uint64_t kSent = 3 * Client::kMostEvents;
    const std::string text(500, 'x');
    for (std::uint64_t i = 0; i < kSent; ++i) {
        alice.send("bob", text);
        if (i % 64 == 0) static_cast<void>(bob.next());  // takes one, receives a batch
    }
    std::uint64_t told = (kSent + 63) / 64;
    while (const auto event = bob.next(1s)) {
        if (event->type == im::EventType::Talk) ++told;
        if (event->type != im::EventType::Gap) continue;
        const std::size_t dash = event->text.find('-');
        told += std::stoull(event->text.substr(dash + 1)) - std::stoull(event->text) + 1;
    }
    expect(told == kSent, "all are heard or told missing: " + std::to_string(told));
}

void failAsTold(Client& alice) {
    try {
        alice.send("nobody", "hi");
        expect(false, "nobody is refused");
    } catch (const im::Error& error) {
        expect(error.kind() == im::ErrorKind::NoUser, error.what());
    }
}

void run(const std::string& host, std::uint16_t port) {
    Client alice({.user = "alice", .host = host, .port = port});
    Client bob({.user = "bob", .host = host, .port = port});
    alice.login();
    bob.login();
    expect(bob.find("alice") == alice.local(), "bob sees alice in the roster");
    const im::Event came = nextOf(alice, im::EventType::Login);
    expect(came.user == "bob" && came.endpoint == bob.local(), "alice is told that bob came");
    talkBothWays(alice, bob);
    loseNothingUnseen(alice, bob);
    failAsTold(alice);
    const im::Endpoint taken = bob.local();
    try {
        const Client third({.user = "third", .host = host, .port = port, .local = taken});
        expect(false, "an endpoint in use cannot be bound");
    } catch (const im::Error& error) {
        expect(error.kind() == im::ErrorKind::OperatingSystem, error.what());
    }
    expect(im::node::fetchRoster(host, port).size() == 2, "the roster has two");
    const Client moved = std::move(bob);
    expect(moved.isLoggedIn() && moved.local() == taken, "a client can be moved");
    bob = Client({.user = "bob2", .host = host, .port = port});
    bob.login();
    expect(nextOf(alice, im::EventType::Login).user == "bob2", "alice is told of the other");
    bob.logout();
    expect(nextOf(alice, im::EventType::Logout).user == "bob2", "alice is told that he left");
    expect(alice.isLoggedIn() && !bob.isLoggedIn(), "who is logged in");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 64;
    try {
        run(argv[1], static_cast<std::uint16_t>(std::atoi(argv[2])));
        return 0;
    } catch (const im::Error& error) {
        std::cerr << "chat: " << error.what() << '\n';
        return static_cast<int>(error.kind());
    }
}
