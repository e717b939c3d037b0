// SPDX-License-Identifier: BSL-1.0
// The imindex under test and the users it knows.  Users are simulated on 127.0.0.0/8: user i is
// at kFirstUser + i, and one socket bound to 0.0.0.0 is all of them.
#pragma once

#include "tests/bench/support.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace im::bench {

constexpr std::uint32_t kFirstUser = 0x7F100001;  // 127.16.0.1

/// Where the programs are and where files may go.
struct Place {
    std::filesystem::path tools;    // the build's
    std::filesystem::path scratch;  // empty at first, removed at the end

    std::string tool(const std::string& name) const { return (tools / name / name).string(); }
};

struct Index {
    Child child;
    std::uint16_t port;

    sockaddr_in at() const { return address(kLoopback, port); }
};

/// Without limits of rate and number: they are measured by `overload` alone.
Index startIndex(const Place& place, std::vector<std::string> options);
/// With the limits it has by default.
Index startLimitedIndex(const Place& place, std::vector<std::string> options,
                        std::uint16_t port = freePort());

/// A name of 12 bytes.
std::string userName(std::size_t i);
std::string loginBytes(std::size_t name, std::uint32_t host, std::uint16_t port);
std::string logoutBytes(std::size_t name, std::uint32_t host, std::uint16_t port);
std::vector<sockaddr_in> userAddresses(std::size_t count, std::uint16_t port);

/// A new copy of a state file with `count` users, all on `port`.
std::filesystem::path stateWith(const Place& place, std::size_t count, std::uint16_t port);
/// A state file that is not there yet.
std::filesystem::path emptyState(const Place& place);
std::string stateOption(const std::filesystem::path& file);

}  // namespace im::bench
