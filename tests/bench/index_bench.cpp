// SPDX-License-Identifier: BSL-1.0
// index_bench IMINDEX PART: what imindex costs beside the raw kernel in the same run.
//   login    64 logins under way, login to Accept, nobody told
//   fanout   one event to 1,000 and 10,000 users
//   storm    1,000 logins into 1,000 users, everybody told
//   roster   10,000 users over TCP
//   memory   1,000,000 users online
//   start    to serving, with an empty state and with 1,000,000 users in it
// Users are simulated on 127.0.0.0/8: one socket bound to 0.0.0.0 is all of them.
#include "libim/base/name.hpp"
#include "libim/node/sqlite_store.hpp"
#include "tests/bench/support.hpp"
#include "tests/bench/yardstick.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

using namespace im::bench;
namespace fs = std::filesystem;

namespace {

constexpr int kRounds = 5;
constexpr int kBuffer = 256 << 20;
constexpr std::uint32_t kFirstUser = 0x7F100001;  // 127.16.0.1

std::string imindex;  // NOLINT: the one argument of all parts
fs::path scratch;     // NOLINT

struct Figures {
    std::vector<double> values;
    void add(double value) { values.push_back(value); }
    double mid() const { return median(values); }
    void print(const char* name, const char* unit, double scale = 1) const {
        printRow(name, mid() * scale, unit, percentile(values, 0) * scale,
                 percentile(values, 1) * scale);
    }
};

void printRatio(const char* name, const Figures& ours, const Figures& theirs) {
    Figures ratio;
    for (std::size_t i = 0; i < std::min(ours.values.size(), theirs.values.size()); ++i)
        ratio.add(ours.values[i] / theirs.values[i]);
    ratio.print(name, "ratio");
}

std::string hostText(std::uint32_t host) {
    in_addr raw{htonl(host)};
    std::array<char, INET_ADDRSTRLEN> text{};
    return inet_ntop(AF_INET, &raw, text.data(), text.size());
}

/// A name of 12 bytes.
std::string userName(std::size_t i) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "user%08zu", i);
    return text.data();
}

struct Index {
    Child child;
    std::uint16_t port;
};

Index startIndex(std::vector<std::string> options) {
    const std::uint16_t port = freePort();
    std::vector<std::string> argv{imindex,
                                  "-b",
                                  "127.0.0.1",
                                  "-p",
                                  std::to_string(port),
                                  "--rate=0",
                                  "--max-per-ip=0",
                                  "--max-users=4000000"};
    argv.insert(argv.end(), options.begin(), options.end());
    return {Child::program(argv, true), port};
}

/// A state file with `count` users at consecutive addresses, all on `port`.
fs::path stateWith(std::size_t count, std::uint16_t port) {
    const fs::path file = scratch / ("state-" + std::to_string(count) + "-" + std::to_string(port));
    if (fs::exists(file)) return file;
    im::node::SqliteStore store(
        file.string(), [](const std::string& what) { std::fprintf(stderr, "%s\n", what.c_str()); });
    for (std::size_t i = 0; i < count; ++i) {
        const auto host = kFirstUser + static_cast<std::uint32_t>(i);
        const std::array<std::uint8_t, 4> bytes{
            static_cast<std::uint8_t>(host >> 24U), static_cast<std::uint8_t>(host >> 16U & 0xFFU),
            static_cast<std::uint8_t>(host >> 8U & 0xFFU), static_cast<std::uint8_t>(host & 0xFFU)};
        const auto key =
            store.put({*im::Name::parse(userName(i)), {im::Address::v4(bytes), port}, 1});
        static_cast<void>(key);
        if (i % 100'000 == 99'999) store.settle();
    }
    store.settle();
    return file;
}

/// Sends `count` requests, 64 under way, and waits for as many answers.  Seconds it took.
double closedLoop(int socket, const sockaddr_in& server, const std::vector<std::string>& requests) {
    constexpr std::size_t kWindow = 64;
    std::array<mmsghdr, kWindow> out{};
    std::array<iovec, kWindow> piece{};
    std::array<mmsghdr, kWindow> in{};
    std::array<iovec, kWindow> space{};
    std::array<std::array<char, 256>, kWindow> buffers{};
    for (std::size_t i = 0; i < kWindow; ++i) {
        space[i] = {buffers[i].data(), buffers[i].size()};
        in[i].msg_hdr.msg_iov = &space[i];
        in[i].msg_hdr.msg_iovlen = 1;
    }
    const double begin = now();
    std::size_t sent = 0;
    std::size_t answered = 0;
    while (answered < requests.size()) {
        const std::size_t room = std::min(kWindow - (sent - answered), requests.size() - sent);
        for (std::size_t i = 0; i < room; ++i) {
            const std::string& bytes = requests[sent + i];
            piece[i] = {const_cast<char*>(bytes.data()), bytes.size()};
            out[i].msg_hdr = {};
            out[i].msg_hdr.msg_name = const_cast<sockaddr_in*>(&server);
            out[i].msg_hdr.msg_namelen = sizeof server;
            out[i].msg_hdr.msg_iov = &piece[i];
            out[i].msg_hdr.msg_iovlen = 1;
        }
        if (room > 0) {
            const int done = sendmmsg(socket, out.data(), static_cast<unsigned>(room), 0);
            if (done > 0) sent += static_cast<std::size_t>(done);
        }
        pollfd ready{socket, POLLIN, 0};
        if (poll(&ready, 1, 2000) == 0) {
            std::fprintf(stderr, "index_bench: %zu of %zu answers missing (%zu sent)\n",
                         requests.size() - answered, requests.size(), sent);
            std::exit(1);
        }
        const int got = recvmmsg(socket, in.data(), kWindow, MSG_DONTWAIT, nullptr);
        if (got > 0) answered += static_cast<std::size_t>(got);
    }
    return now() - begin;
}

struct LoginRun {
    double perSecond;
    double cpu;
};

LoginRun measure(const Child& server, int socket, std::uint16_t port,
                 const std::vector<std::string>& requests) {
    const double before = server.cpu();
    const double took = closedLoop(socket, address(kLoopback, port), requests);
    const auto count = static_cast<double>(requests.size());
    return {count / took, (server.cpu() - before) / count};
}

void benchLogin() {
    constexpr std::size_t kCount = 100'000;
    Figures ours, oursRate, echo, echoRate, ratio, durable, renew10, renewMillion;
    for (int round = 0; round < kRounds; ++round) {
        const int client = udpSocket(kLoopback, 0, kBuffer);
        const std::string claim = ",127.0.0.1:" + std::to_string(portOf(client));
        std::vector<std::string> fresh, again;
        for (std::size_t i = 0; i < kCount; ++i)
            fresh.push_back(utf16("login," + userName(2'000'000 + i) + claim));
        for (std::size_t i = 0; i < kCount; ++i)
            again.push_back(utf16("login," + userName(i % 10) + claim));

        // Unconfirmed logins are entered and answered, and nobody is told.
        {
            const Index index = startIndex({"--state=none", "--classic-confirm=tcp"});
            const LoginRun run = measure(index.child, client, index.port, fresh);
            ours.add(run.cpu);
            oursRate.add(run.perSecond);
        }
        {
            const int server = udpSocket(kLoopback, 0, kBuffer);
            const std::string answer = utf16("Accept,47628");
            const Child child = Child::forked([&] { echoServer(server, answer); });
            const LoginRun run = measure(child, client, portOf(server), fresh);
            echo.add(run.cpu);
            echoRate.add(run.perSecond);
            close(server);
        }
        // Renewals: looked up, leased anew, answered, nobody told; with few and with many users.
        {
            const Index index = startIndex({"--state=none"});
            closedLoop(client, address(kLoopback, index.port), {again.begin(), again.begin() + 10});
            usleep(50'000);
            drain(client, 1000, false);
            renew10.add(measure(index.child, client, index.port, again).cpu);
        }
        {
            const fs::path file = scratch / "million";
            fs::copy_file(stateWith(1'000'000, 9), file, fs::copy_options::overwrite_existing);
            const Index index = startIndex({"--state=" + file.string(), "--classic-confirm=tcp"});
            renewMillion.add(measure(index.child, client, index.port, fresh).cpu);
            fs::remove(file);
        }
        close(client);
    }
    std::puts("login: 64 under way, login to Accept, nobody told");
    ours.print("imindex, CPU a login", "us", 1e6);
    echo.print("raw echo of the same sizes, CPU", "us", 1e6);
    printRatio("imindex : raw", ours, echo);
    oursRate.print("imindex", "logins/s");
    echoRate.print("raw echo", "answers/s");
    renew10.print("renewal, 10 users there, CPU", "us", 1e6);
    renewMillion.print("login, 1,000,000 users there, CPU", "us", 1e6);
    printRatio("1,000,000 : none there", renewMillion, ours);
}

std::vector<sockaddr_in> userAddresses(std::size_t count, std::uint16_t port) {
    std::vector<sockaddr_in> out;
    for (std::size_t i = 0; i < count; ++i)
        out.push_back(address(kFirstUser + static_cast<std::uint32_t>(i), port));
    return out;
}

/// Receives on all of 127.0.0.0/8 in a thread.
class Listeners {
public:
    Listeners(bool coalesce) : coalesce_(coalesce), socket_(udpSocket(INADDR_ANY, 0, kBuffer)) {}
    ~Listeners() { close(socket_); }
    std::uint16_t port() const { return portOf(socket_); }
    /// Runs `act` and waits until `expected` datagrams are here.  {seconds, how many}.
    std::pair<double, std::size_t> during(std::size_t expected, const std::function<void()>& act) {
        std::size_t got = 0;
        const double begin = now();
        double end = begin;
        std::thread reader([&] {
            got = drain(socket_, expected, coalesce_);
            end = now();
        });
        act();
        reader.join();
        return {end - begin, got};
    }

private:
    bool coalesce_;
    int socket_;
};

void benchFanout(std::size_t users) {
    Figures ours, raw;
    for (int round = 0; round < kRounds; ++round) {
        Listeners listeners(false);
        const fs::path file = scratch / "fanout";
        fs::remove(file);
        fs::copy_file(stateWith(users, listeners.port()), file);
        const int client = udpSocket(kLoopback, 0);
        const std::string claim = "127.0.0.1:" + std::to_string(portOf(client));
        constexpr int kEvents = 10;
        {
            const Index index = startIndex({"--state=" + file.string()});
            const sockaddr_in server = address(kLoopback, index.port);
            const double before = index.child.cpu();
            for (int i = 0; i < kEvents; ++i) {
                const std::string verb = i % 2 == 0 ? "login" : "logout";
                const std::string bytes = utf16(verb + ",eve," + claim);
                const auto [took, got] = listeners.during(users, [&] {
                    sendto(client, bytes.data(), bytes.size(), 0,
                           reinterpret_cast<const sockaddr*>(&server), sizeof server);
                });
                if (got != users) std::printf("  MISSING: %zu of %zu arrived\n", got, users);
            }
            ours.add((index.child.cpu() - before) / kEvents / static_cast<double>(users));
        }
        const auto to = userAddresses(users, listeners.port());
        const std::string payload = utf16("login,eve," + claim);
        double spent = 0;
        for (int i = 0; i < kEvents; ++i)
            listeners.during(users, [&] {
                timespec a{}, b{};
                clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
                sendToAll(client, payload, to);
                clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
                spent += static_cast<double>(b.tv_sec - a.tv_sec) +
                         static_cast<double>(b.tv_nsec - a.tv_nsec) / 1e9;
            });
        raw.add(spent / kEvents / static_cast<double>(users));
        close(client);
        fs::remove(scratch /
                   ("state-" + std::to_string(users) + "-" + std::to_string(listeners.port())));
    }
    std::printf("fanout: one event to %zu users\n", users);
    ours.print("imindex, CPU a delivery", "us", 1e6);
    raw.print("raw sendmmsg to the same, CPU", "us", 1e6);
    printRatio("imindex : raw", ours, raw);
}

void benchStorm(bool coalesce) {
    constexpr std::size_t kUsers = 1000;
    constexpr std::size_t kStorm = 1000;
    // Everybody there hears every newcomer; newcomer i hears those after him.
    constexpr std::size_t kDeliveries = kUsers * kStorm + kStorm * (kStorm - 1) / 2;
    Figures time, cpu, raw;
    for (int round = 0; round < kRounds; ++round) {
        Listeners listeners(coalesce);
        const fs::path file = scratch / "storm";
        fs::remove(file);
        fs::copy_file(stateWith(kUsers, listeners.port()), file);
        const int client = udpSocket(kLoopback, 0, kBuffer);
        const std::string port = std::to_string(listeners.port());
        std::vector<std::string> requests;
        for (std::size_t i = 0; i < kStorm; ++i) {
            const auto host = kFirstUser + 0x100000U + static_cast<std::uint32_t>(i);
            requests.push_back(
                utf16("login," + userName(5'000'000 + i) + "," + hostText(host) + ":" + port));
        }
        {
            const Index index = startIndex({"--state=" + file.string()});
            const sockaddr_in server = address(kLoopback, index.port);
            const double before = index.child.cpu();
            const auto [took, got] = listeners.during(kDeliveries + kStorm, [&] {
                // 64 under way by pace: the Accepts go to the listeners' socket.
                for (std::size_t i = 0; i < requests.size(); ++i) {
                    sendto(client, requests[i].data(), requests[i].size(), 0,
                           reinterpret_cast<const sockaddr*>(&server), sizeof server);
                    if (i % 64 == 63) usleep(500);
                }
            });
            cpu.add((index.child.cpu() - before) / static_cast<double>(kDeliveries));
            time.add(took);
            if (got != kDeliveries + kStorm)
                std::printf("  MISSING: %zu of %zu arrived\n", got, kDeliveries + kStorm);
        }
        const auto to = userAddresses(kUsers, listeners.port());
        constexpr std::size_t kTrain = 16;
        const std::string payload = requests.front();
        double spent = 0;
        constexpr std::size_t kTrains = kStorm / kTrain;
        listeners.during(kUsers * kTrain * kTrains, [&] {
            timespec a{}, b{};
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
            for (std::size_t i = 0; i < kTrains; ++i) sendTrains(client, payload, kTrain, to);
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
            spent = static_cast<double>(b.tv_sec - a.tv_sec) +
                    static_cast<double>(b.tv_nsec - a.tv_nsec) / 1e9;
        });
        raw.add(spent / static_cast<double>(kUsers * kTrain * kTrains));
        close(client);
    }
    std::printf("storm: 1,000 logins into 1,000 users, listeners %s UDP_GRO\n",
                coalesce ? "with" : "without");
    time.print("imindex, until the last has it", "s");
    cpu.print("imindex, CPU a delivery", "us", 1e6);
    raw.print("raw trains of 16, CPU a delivery", "us", 1e6);
    printRatio("imindex : raw trains", cpu, raw);
}

/// Fetches the roster of a TCP port `count` times; seconds a fetch.
double fetchAll(std::uint16_t port, int count, std::size_t& size) {
    const sockaddr_in server = address(kLoopback, port);
    static std::vector<char> buffer(1 << 20);
    const double begin = now();
    for (int i = 0; i < count; ++i) {
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) {
            std::perror("connect");
            std::exit(1);
        }
        size = 0;
        for (ssize_t got = 0; (got = read(fd, buffer.data(), buffer.size())) > 0;)
            size += static_cast<std::size_t>(got);
        close(fd);
    }
    return (now() - begin) / count;
}

void benchRoster(std::size_t users, int fetches) {
    Figures ours, raw;
    std::size_t size = 0;
    for (int round = 0; round < kRounds; ++round) {
        const fs::path file = scratch / "roster";
        fs::remove(file);
        fs::copy_file(stateWith(users, 9), file);
        const Index index = startIndex({"--state=" + file.string()});
        fetchAll(index.port, 2, size);
        ours.add(fetchAll(index.port, fetches, size));

        const int listener = socket(AF_INET, SOCK_STREAM, 0);
        const sockaddr_in local = address(kLoopback, 0);
        if (bind(listener, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0 ||
            listen(listener, 64) != 0)
            std::exit(1);
        const std::string body(size, 'x');
        const Child child = Child::forked([&] { rosterServer(listener, body); });
        raw.add(fetchAll(portOf(listener), fetches, size));
        close(listener);
    }
    std::printf("roster: %zu users, %zu bytes\n", users, size);
    ours.print("imindex, a fetch", "ms", 1e3);
    raw.print("raw accept, write, close", "ms", 1e3);
    printRatio("imindex : raw", ours, raw);
}

void benchMemory() {
    const Index empty = startIndex({"--state=none"});
    const double base = static_cast<double>(empty.child.anonymous());
    const fs::path file = scratch / "memory";
    fs::remove(file);
    fs::copy_file(stateWith(1'000'000, 9), file);
    const double begin = now();
    const Index full = startIndex({"--state=" + file.string()});
    const double took = now() - begin;
    const double bytes = (static_cast<double>(full.child.anonymous()) - base) / 1e6;
    std::puts("memory: 1,000,000 users online, names of 12 bytes");
    std::printf("  %-44s %10.1f bytes a user (over an empty server)\n", "imindex", bytes);
    std::printf("  %-44s %10.2f s\n", "start to serving with them", took);
}

void benchStart() {
    Figures empty, million;
    for (int round = 0; round < kRounds; ++round) {
        const fs::path file = scratch / "start";
        fs::remove(file);
        double begin = now();
        {
            const Index index = startIndex({"--state=" + file.string()});
            empty.add(now() - begin);
        }
        fs::remove(file);
        fs::copy_file(stateWith(1'000'000, 9), file);
        begin = now();
        {
            const Index index = startIndex({"--state=" + file.string()});
            million.add(now() - begin);
        }
    }
    std::puts("start: spawn to serving");
    empty.print("imindex, empty state", "ms", 1e3);
    million.print("imindex, 1,000,000 users in it", "ms", 1e3);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: index_bench IMINDEX login|fanout|storm|roster|memory|start\n", stderr);
        return 64;
    }
    imindex = argv[1];
    const std::string part = argv[2];
    std::string pattern = (fs::temp_directory_path() / "im-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) return 73;
    scratch = pattern;
    int status = 0;
    if (part == "login") {
        benchLogin();
    } else if (part == "fanout") {
        benchFanout(1000);
        benchFanout(10'000);
    } else if (part == "storm") {
        benchStorm(false);
        benchStorm(true);
    } else if (part == "roster") {
        benchRoster(10'000, 200);
        benchRoster(350'000, 5);
    } else if (part == "memory") {
        benchMemory();
    } else if (part == "start") {
        benchStart();
    } else {
        status = 64;
    }
    fs::remove_all(scratch);
    return status;
}
