// SPDX-License-Identifier: BSL-1.0
// send USER HOST PORT RECIPIENT TEXT: logs in, sends one message, waits a second for the reply.
#include "libim/node/client.hpp"

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
    if (argc != 6) return 64;
    const std::string recipient = argv[4];
    try {
        im::node::Client client({.user = argv[1],
                                 .host = argv[2],
                                 .port = static_cast<std::uint16_t>(std::atoi(argv[3]))});
        client.login();
        client.send(recipient, argv[5]);
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
        while (const auto event = client.next(end - std::chrono::steady_clock::now())) {
            if (event->type != im::EventType::Talk || event->user != recipient) continue;
            std::cout << event->text << '\n';
            return 0;
        }
        return 1;  // handed to the network, and no reply
    } catch (const im::Error& error) {
        std::cerr << "send: " << error.what() << '\n';
        return static_cast<int>(error.kind());
    }
}
