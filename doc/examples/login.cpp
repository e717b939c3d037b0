// SPDX-License-Identifier: BSL-1.0
// login USER HOST PORT: logs in, says where peers reach us and who else is online, logs out.
#include "libim/node/client.hpp"

#include <cstdlib>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
    if (argc != 4) return 64;
    try {
        im::node::Client client({.user = argv[1],
                                 .host = argv[2],
                                 .port = static_cast<std::uint16_t>(std::atoi(argv[3]))});
        client.login();
        std::cout << "logged in at " << client.local().toString() << '\n';
        for (const im::node::Contact& contact : client.roster())
            if (contact.user != argv[1]) std::cout << contact.user << " is online\n";
        return 0;  // the destructor logs out
    } catch (const im::Error& error) {
        std::cerr << "login: " << error.what() << '\n';
        return static_cast<int>(error.kind());  // an exit status of sysexits.h
    }
}
