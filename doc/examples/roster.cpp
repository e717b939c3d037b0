// SPDX-License-Identifier: BSL-1.0
// roster HOST TCPPORT: who is online, without logging in.
#include "libim/node/client.hpp"

#include <cstdlib>
#include <iostream>

int main(int argc, char** argv) {
    if (argc != 3) return 64;
    try {
        const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
        for (const im::node::Contact& contact : im::node::fetchRoster(argv[1], port))
            std::cout << contact.user << '\t' << contact.endpoint.toString() << '\n';
        return 0;
    } catch (const im::Error& error) {
        std::cerr << "roster: " << error.what() << '\n';
        return static_cast<int>(error.kind());
    }
}
