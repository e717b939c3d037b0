// SPDX-License-Identifier: BSL-1.0
#include "tools/imindex/options.hpp"

#include "libim/app/paths.hpp"
#include "libim/base/error.hpp"
#include "libim/node/users_file.hpp"

#include <fcntl.h>

#include <array>
#include <chrono>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace im::tools {

namespace {

using app::Option;
using app::OptionKind;
using app::Settings;

namespace id {
enum : int {
    Bind = app::kFirstOwnId,
    Port,
    TcpPort,
    Profile,
    ClassicFrom,
    ClassicSource,
    ClassicConfirm,
    ClassicLease,
    MaxUsers,
    MaxPerIp,
    Rate,
    State,
    Metrics,
    ReadyFd,
    PrintEnv,
    Test,
    Lease,
    Users,
    Closed,
    Key,
};
}  // namespace id

constexpr std::array kOptions{
    Option{.id = id::Bind,
           .letter = 'b',
           .name = "bind",
           .argument = "ADDR[:PORT]",
           .help = "address to serve, repeatable (default all)",
           .repeatable = true},
    Option{.id = id::Port,
           .letter = 'p',
           .name = "port",
           .argument = "PORT",
           .help = "UDP port (default 4649); 0: any free one"},
    Option{.id = id::TcpPort,
           .name = "tcp-port",
           .argument = "PORT",
           .help = "roster port (default the UDP port's number); 0: any free one"},
    Option{.id = id::Profile,
           .name = "profile",
           .argument = "both|classic|sealed",
           .help = "profiles to serve (default both)"},
    Option{.id = id::ClassicFrom,
           .name = "classic-from",
           .argument = "CIDR,...",
           .help = "who may use classic (default loopback, private, link-local)"},
    Option{.id = id::ClassicSource,
           .name = "classic-source",
           .argument = "ip|strict|any",
           .help = "how a claimed endpoint must match its source (default ip)"},
    Option{.id = id::ClassicConfirm,
           .name = "classic-confirm",
           .argument = "auto|tcp|off",
           .help = "count a user only after a roster fetch (default auto)"},
    Option{.id = id::ClassicLease,
           .name = "classic-lease",
           .argument = "DUR",
           .help = "silence that ends a login (default 0: until logout)"},
    Option{.id = id::Lease,
           .name = "lease",
           .argument = "DUR",
           .help = "silence that ends a sealed login (default 90s)"},
    Option{.id = id::Users,
           .name = "users",
           .argument = "FILE",
           .help = "name-key pairs that may log in (sealed)"},
    Option{.id = id::Closed, .name = "closed", .help = "only those of --users (sealed)"},
    Option{.id = id::MaxUsers,
           .name = "max-users",
           .argument = "N",
           .help = "users at most (default 1000000)"},
    Option{.id = id::MaxPerIp,
           .name = "max-per-ip",
           .argument = "N",
           .help = "users per address (default 1024, 0: no limit)"},
    Option{.id = id::Rate,
           .name = "rate",
           .argument = "N",
           .help = "requests per second and source (default 200, 0: no limit)"},
    Option{.id = id::State,
           .name = "state",
           .argument = "FILE",
           .help = "what survives a restart; none: nothing"},
    Option{.id = id::Metrics,
           .name = "metrics",
           .argument = "ADDR:PORT",
           .help = "OpenMetrics over HTTP at /metrics, health at /healthz"},
    Option{.id = id::ReadyFd,
           .name = "ready-fd",
           .argument = "N",
           .help = "write a newline to descriptor N when serving",
           .inConfig = false},
    Option{.id = id::PrintEnv,
           .name = "print-env",
           .help = "print IM_SERVER=ADDR:PORT on stdout once bound",
           .inConfig = false},
    Option{.id = id::Key,
           .name = "key",
           .help = "print the index's fingerprint, to compare out of band",
           .inConfig = false},
    Option{.id = id::Test,
           .name = "test",
           .help = "check the configuration and exit 0 or 78",
           .inConfig = false},
    Option{.id = app::kVerbose,
           .letter = 'v',
           .name = "verbose",
           .help = "print who comes and goes; twice: also say refusals",
           .kind = OptionKind::Common,
           .repeatable = true},
    app::kTimeOption,
};

constexpr std::array<std::string_view, 3> kProfiles{"both", "classic", "sealed"};
constexpr std::array<std::string_view, 3> kSources{"ip", "strict", "any"};
constexpr std::array<std::string_view, 3> kConfirms{"auto", "tcp", "off"};

// More would not fit the memory of any machine that exists.
constexpr std::uint64_t kMostUsers = 1'000'000'000;

/// Sockets that the service manager made say where to serve; whoever says it twice may mean
/// different things.
std::vector<net::GivenSocket> givenTo(const Settings& settings) {
    auto given = net::givenSockets();
    for (const int option : {id::Bind, id::Port, id::TcpPort})
        if (const app::Given* other = settings.find(option); other != nullptr && !given.empty())
            throw app::wrongValue(*other, "not beside sockets that are given by LISTEN_FDS");
    return given;
}

node::ServedAddresses servedBy(const Settings& settings) {
    node::ServedAddresses where;
    where.given = givenTo(settings);
    where.port = settings.port(id::Port, app::kDefaultPort);
    if (settings.find(id::TcpPort) != nullptr) where.tcpPort = settings.port(id::TcpPort, 0);
    for (const app::BindAddress& bind : settings.binds(id::Bind))
        where.binds.push_back({bind.address, bind.port});
    return where;
}

/// The port that names the state file, 0 for one that will be another next time.
std::uint16_t namedPort(const node::ServedAddresses& where) {
    for (const net::GivenSocket& given : where.given)
        if (!given.stream) return given.local.port;
    return where.binds.empty() ? where.port : where.binds.front().port.value_or(where.port);
}

/// The directory of --state's default, for which systemd has a variable.
std::string stateDirectory() {
    const char* const fromSystemd = std::getenv("STATE_DIRECTORY");
    if (fromSystemd == nullptr || *fromSystemd != '/') return app::stateDirectory();
    const std::string_view all(fromSystemd);
    return std::string(all.substr(0, all.find(':')));  // it may name several
}

/// Where the one key of the index is: beside the state that systemd keeps, else where a person's
/// is.
std::string identityFile() {
    const char* const fromSystemd = std::getenv("STATE_DIRECTORY");
    const bool isService = fromSystemd != nullptr && *fromSystemd == '/';
    return (isService ? stateDirectory() : app::dataDirectory()) + "/index-identity";
}

std::string stateOf(const Settings& settings, const node::ServedAddresses& where) {
    if (settings.find(id::State) != nullptr) {
        const std::string_view file = settings.text(id::State);
        if (file.empty()) throw app::wrongValue(*settings.find(id::State), "no file name");
        return file == "none" ? std::string() : std::string(file);
    }
    const std::uint16_t port = namedPort(where);
    if (port == 0) return {};
    return stateDirectory() + "/index-" + std::to_string(port) + ".db";
}

std::optional<int> readyDescriptorOf(const Settings& settings) {
    const app::Given* given = settings.find(id::ReadyFd);
    if (given == nullptr) return {};
    const auto descriptor = static_cast<int>(settings.number(id::ReadyFd, 0, INT_MAX, 0));
    if (::fcntl(descriptor, F_GETFD) < 0) throw app::wrongValue(*given, "not open");
    return descriptor;
}

std::optional<Endpoint> metricsOf(const Settings& settings) {
    const app::Given* given = settings.find(id::Metrics);
    if (given == nullptr) return {};
    const auto at = app::parseBindAddress(given->value);
    if (!at || !at->port) throw app::wrongValue(*given, "not ADDR:PORT");
    return Endpoint{at->address, *at->port};
}

}  // namespace

std::span<const Option> indexOptions() {
    return kOptions;
}

index::Policy policyOf(const Settings& settings) {
    index::Policy policy;
    if (settings.find(id::ClassicFrom) != nullptr)
        policy.classicFrom = settings.cidrs(id::ClassicFrom, "");
    policy.source =
        static_cast<index::SourceCheck>(settings.choice(id::ClassicSource, kSources, 0));
    policy.confirm = static_cast<index::Confirm>(settings.choice(id::ClassicConfirm, kConfirms, 0));
    policy.classicLease = settings.duration(id::ClassicLease, policy.classicLease);
    policy.lease = settings.duration(id::Lease, policy.lease);
    if (policy.lease < std::chrono::seconds(1))
        throw app::wrongValue(*settings.find(id::Lease), "less than a second");
    policy.maxUsers = settings.number(id::MaxUsers, 1, kMostUsers, policy.maxUsers);
    policy.maxPerIp = settings.number(id::MaxPerIp, 0, kMostUsers, policy.maxPerIp);
    policy.rate =
        static_cast<std::uint32_t>(settings.number(id::Rate, 0, 1'000'000'000, policy.rate));
    return policy;
}

index::Admitted admittedBy(const Settings& settings) {
    index::Admitted admitted;
    admitted.closed = settings.flag(id::Closed);
    if (settings.find(id::Users) == nullptr) {
        if (admitted.closed)
            throw app::wrongValue(*settings.find(id::Closed),
                                  "without --users nobody could log in");
        return admitted;
    }
    for (const node::NamedKey& pair : node::readUsers(std::string(settings.text(id::Users))))
        admitted.owners.emplace(pair.name.str(), pair.identity);
    return admitted;
}

IndexPlan planOf(const Settings& settings) {
    IndexPlan plan;
    const std::size_t profile = settings.choice(id::Profile, kProfiles, 0);
    plan.profilesAreDefault = settings.find(id::Profile) == nullptr;
    plan.profiles = {.classic = profile != 2, .sealed = profile != 1};
    plan.where = servedBy(settings);
    plan.where.classicRoster = plan.profiles.classic;
    plan.identity = identityFile();
    plan.printKey = settings.flag(id::Key);
    plan.admitted = admittedBy(settings);
    plan.users = settings.text(id::Users);
    plan.policy = policyOf(settings);
    plan.state = stateOf(settings, plan.where);
    plan.stateIsDefault = settings.find(id::State) == nullptr;
    plan.metrics = metricsOf(settings);
    plan.readyDescriptor = readyDescriptorOf(settings);
    plan.printEnvironment = settings.flag(id::PrintEnv);
    plan.testOnly = settings.flag(id::Test);
    return plan;
}

}  // namespace im::tools
