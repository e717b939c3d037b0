// SPDX-License-Identifier: BSL-1.0
// listen USER HOST PORT: answers everybody with his own words, until somebody says "bye".
// It has a loop of its own, as a program with other descriptors would; one without would call
// client.listen() instead.
#include "libim/node/client.hpp"

#include <poll.h>

#include <cstdlib>
#include <iostream>
#include <string>

namespace {

/// False when it was the last one.
bool handle(im::node::Client& client, const im::Event& event) {
    if (event.type != im::EventType::Talk) {
        std::cout << toString(event.type) << ' ' << event.user << std::endl;
        return true;
    }
    // Strangers' text: a program that shows it to a person would escape control characters.
    std::cout << event.user << ": " << event.text << std::endl;
    if (event.text == "bye") return false;
    try {
        client.send(event.user, "you said: " + event.text);
    } catch (const im::Error& error) {
        std::cerr << "listen: " << error.what() << '\n';  // he does not listen any more
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 64;
    try {
        im::node::Client client({.user = argv[1],
                                 .host = argv[2],
                                 .port = static_cast<std::uint16_t>(std::atoi(argv[3]))});
        client.login();
        std::cout << "listening" << std::endl;
        while (true) {
            while (const auto event = client.next())
                if (!handle(client, *event)) return 0;
            pollfd ready{client.descriptor(), POLLIN, 0};
            ::poll(&ready, 1, -1);
        }
    } catch (const im::Error& error) {
        std::cerr << "listen: " << error.what() << '\n';
        return static_cast<int>(error.kind());
    }
}
