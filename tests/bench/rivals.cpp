// SPDX-License-Identifier: BSL-1.0
#include "tests/bench/rivals.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace im::bench {

namespace fs = std::filesystem;

std::optional<std::string> findProgram(const std::string& name) {
    const char* path = std::getenv("PATH");
    std::istringstream folders(std::string(path == nullptr ? "" : path) + ":/usr/sbin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        const std::string file = folder + "/" + name;
        if (access(file.c_str(), X_OK) == 0) return file;
    }
    return {};
}

namespace {

fs::path folderOf(const Place& place, const char* name) {
    const fs::path folder = place.scratch / name;
    fs::remove_all(folder);
    fs::create_directories(folder);
    // mosquitto gives up being root.
    fs::permissions(folder, fs::perms::all);
    return folder;
}

/// Whether it answers `probe`; without one it is enough that it listens.
bool answers(std::uint16_t port, std::string_view probe, std::string_view wanted) {
    const int fd = tcpConnect(port);
    if (fd < 0) return false;
    std::array<char, 64> answer{};
    ssize_t got = 0;
    if (!probe.empty() && send(fd, probe.data(), probe.size(), MSG_NOSIGNAL) > 0)
        got = read(fd, answer.data(), answer.size());
    close(fd);
    const std::string_view said(answer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return said.starts_with(wanted);
}

std::optional<Rival> serving(Child child, std::uint16_t port, std::string_view probe = {},
                             std::string_view wanted = {}) {
    for (int i = 0; i < 20'000; ++i) {
        if (answers(port, probe, wanted)) return Rival{std::move(child), port};
        usleep(500);
    }
    giveUp("a rival does not start");
}

}  // namespace

std::optional<Rival> startMosquitto(const Place& place) {
    const auto program = findProgram("mosquitto");
    if (!program) return {};
    const std::uint16_t port = freePort();
    const fs::path file = folderOf(place, "mosquitto") / "conf";
    std::ofstream(file) << "listener " << port
                        << " 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type none\n";
    return serving(Child::program({*program, "-c", file.string()}), port);
}

std::optional<Rival> startRedis(const Place& place, bool durable) {
    const auto program = findProgram("redis-server");
    if (!program) return {};
    const std::uint16_t port = freePort();
    const fs::path folder = place.scratch / "redis";
    if (!durable || !fs::exists(folder)) folderOf(place, "redis");
    return serving(
        Child::program({*program, "--port", std::to_string(port), "--bind", "127.0.0.1", "--save",
                        "", "--appendonly", durable ? "yes" : "no", "--dir", folder.string(),
                        "--maxclients", "15000", "--client-output-buffer-limit", "pubsub 0 0 0"}),
        port, "PING\r\n", "+PONG");  // an error while it still reads its file
}

std::optional<Rival> startNats(const Place& /*place*/) {
    const auto program = findProgram("nats-server");
    if (!program) return {};
    const std::uint16_t port = freePort();
    return serving(Child::program({*program, "-a", "127.0.0.1", "-p", std::to_string(port)}), port);
}

// Dialects.  The mark is once in each message of presence and nowhere else -----------------------

namespace {

constexpr const char* kTold = "~login,user00000000,127.16.0.1:40112";

std::string onlineAt(std::size_t client) {
    return userName(client) + " 127.0.0.1:40112";
}

std::function<bool(std::string_view)> contains(std::string text) {
    return [text = std::move(text)](std::string_view answer) {
        return answer.find(text) != std::string_view::npos;
    };
}

}  // namespace

Dialect mosquittoLogin() {
    const auto hello = [](std::size_t client) {
        const std::string name = userName(client);
        std::string body{'\0', '\4', 'M', 'Q', 'T', 'T', '\4', '\2', '\0', '\x3C', '\0'};
        body += static_cast<char>(name.size());
        body += name;
        return std::string{'\x10', static_cast<char>(body.size())} + body;
    };
    return {hello, [](std::string_view answer) { return answer.size() >= 4; },
            std::string("\xE0\0", 2)};
}

Dialect redisLogin() {
    const auto hello = [](std::size_t client) {
        return "HELLO 3\r\nHSET online " + onlineAt(client) + "\r\n";
    };
    const auto isIn = [](std::string_view answer) {
        return answer.find("modules") != std::string_view::npos &&
               (answer.ends_with("\r\n:1\r\n") || answer.ends_with("\r\n:0\r\n"));
    };
    return {hello, isIn, ""};
}

Dialect redisSubscriber() {
    return {[](std::size_t) { return "HELLO 3\r\nSUBSCRIBE presence\r\n"; },
            contains("subscribe\r\n"), ""};
}

Dialect redisArrival() {
    const auto hello = [](std::size_t client) {
        return "HELLO 3\r\nHSET online " + onlineAt(client) + "\r\n" + redisPublish() +
               "SUBSCRIBE presence\r\n";
    };
    return {hello, contains("subscribe\r\n"), ""};
}

Dialect natsSubscriber() {
    return {[](std::size_t) { return "CONNECT {\"verbose\":false}\r\nSUB presence 1\r\nPING\r\n"; },
            contains("PONG\r\n"), ""};
}

Dialect natsArrival() {
    const auto hello = [](std::size_t) {
        const std::string told = kTold;
        return "CONNECT {\"verbose\":false,\"echo\":false}\r\nSUB presence 1\r\nPUB presence " +
               std::to_string(told.size()) + "\r\n" + told + "\r\nPING\r\n";
    };
    return {hello, contains("PONG\r\n"), ""};
}

std::string redisPublish() {
    return std::string("PUBLISH presence ") + kTold + "\r\n";
}

}  // namespace im::bench
