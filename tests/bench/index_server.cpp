// SPDX-License-Identifier: BSL-1.0
#include "tests/bench/index_server.hpp"

#include "libim/base/name.hpp"
#include "libim/node/sqlite_store.hpp"

#include <array>
#include <cstdio>

namespace im::bench {

namespace fs = std::filesystem;

Index startIndex(const Place& place, std::vector<std::string> options) {
    for (const char* limit : {"--rate=0", "--max-per-ip=0", "--max-users=4000000"})
        options.emplace_back(limit);
    return startLimitedIndex(place, std::move(options));
}

Index startLimitedIndex(const Place& place, std::vector<std::string> options, std::uint16_t port) {
    std::vector<std::string> argv{place.tool("imindex"), "-b", "127.0.0.1", "-p",
                                  std::to_string(port)};
    argv.insert(argv.end(), options.begin(), options.end());
    return {Child::ready(argv), port};
}

std::string userName(std::size_t i) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "user%08zu", i);
    return text.data();
}

namespace {

std::string request(const char* verb, std::size_t name, std::uint32_t host, std::uint16_t port) {
    return utf16(std::string(verb) + "," + userName(name) + "," + hostText(host) + ":" +
                 std::to_string(port));
}

void fill(const fs::path& file, std::size_t count, std::uint16_t port) {
    node::SqliteStore store(
        file.string(), [](const std::string& what) { std::fprintf(stderr, "%s\n", what.c_str()); });
    for (std::size_t i = 0; i < count; ++i) {
        const auto host = kFirstUser + static_cast<std::uint32_t>(i);
        const std::array<std::uint8_t, 4> bytes{
            static_cast<std::uint8_t>(host >> 24U), static_cast<std::uint8_t>(host >> 16U & 0xFFU),
            static_cast<std::uint8_t>(host >> 8U & 0xFFU), static_cast<std::uint8_t>(host & 0xFFU)};
        const auto key = store.put({*Name::parse(userName(i)), {Address::v4(bytes), port}, 1});
        static_cast<void>(key);
        if (i % 100'000 == 99'999) store.settle();
    }
    store.settle();
}

}  // namespace

std::string loginBytes(std::size_t name, std::uint32_t host, std::uint16_t port) {
    return request("login", name, host, port);
}

std::string logoutBytes(std::size_t name, std::uint32_t host, std::uint16_t port) {
    return request("logout", name, host, port);
}

std::vector<sockaddr_in> userAddresses(std::size_t count, std::uint16_t port) {
    std::vector<sockaddr_in> out;
    for (std::size_t i = 0; i < count; ++i)
        out.push_back(address(kFirstUser + static_cast<std::uint32_t>(i), port));
    return out;
}

fs::path stateWith(const Place& place, std::size_t count, std::uint16_t port) {
    const fs::path model = place.scratch / (std::to_string(count) + "-" + std::to_string(port));
    if (!fs::exists(model)) fill(model, count, port);
    const fs::path file = emptyState(place);
    fs::copy_file(model, file);
    if (count < 100'000) fs::remove(model);  // soon made again, and the port is another by then
    return file;
}

fs::path emptyState(const Place& place) {
    const fs::path file = place.scratch / "state";
    for (const char* end : {"", "-wal", "-shm"}) fs::remove(file.string() + end);
    return file;
}

std::string stateOption(const fs::path& file) {
    return "--state=" + file.string();
}

}  // namespace im::bench
