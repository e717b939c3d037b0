// SPDX-License-Identifier: BSL-1.0
// imindex - the index: who is online, told to everybody.  Manual: imindex(8)

#include "libim/app/paths.hpp"
#include "libim/app/tool.hpp"
#include "libim/index/store.hpp"
#include "libim/net/loop.hpp"
#include "libim/net/signals.hpp"
#include "libim/node/identity_file.hpp"
#include "libim/node/index_service.hpp"
#include "libim/node/metrics_server.hpp"
#include "libim/node/sqlite_store.hpp"
#include "libim/node/state_database.hpp"
#include "tools/imindex/confinement.hpp"
#include "tools/imindex/manager.hpp"
#include "tools/imindex/options.hpp"
#include "tools/imindex/printer.hpp"
#include "tools/imindex/refusal_log.hpp"
#include "tools/shared/login_options.hpp"

#include <Poco/Exception.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <utility>

namespace {

using namespace im;

constexpr std::array kSynopsis{
    "[-b ADDR[:PORT]]... [-p PORT] [--tcp-port=PORT] [--profile=both|classic|sealed]",
    "--key",
    "--test",
};

constexpr std::array kExamples{
    "imindex -b 127.0.0.1 -p 0 --print-env",
    "imindex -v | grep --line-buffered login",
    "imindex --test && kill -HUP \"$(pidof imindex)\"",
};

/// An index with everything around it, for as long as it serves.
class Serving {
public:
    /// Binds, then opens the state: a second index on a port is to hear of the port.  What needs
    /// a right is done before confineTo(), and what starts a thread behind it.
    Serving(app::Tool& tool, tools::IndexPlan plan, app::RecordStyle style)
        : tool_(tool),
          identity_(identityFor(tool, plan)),
          plan_(std::move(plan)),
          printer_(tool, loop_, std::move(style)),
          refusals_(tool, loop_),
          service_(loop_, plan_.where, handlers(), plan_.profiles),
          manager_(loop_, [this] { return service_.userCount(); }) {
        bindMetrics();
        openStore();
        tools::confineTo(tool_, plan_.state, plan_.users);
        service_.start(plan_.policy, *store_, identity_ ? &*identity_ : nullptr);
        // Behind the reading of a large state file: with a second thread every lock and every
        // allocation costs more (0.3 s of a million users).
        if (sqlite_ != nullptr) sqlite_->start();
        service_.setAdmitted(plan_.admitted);
        loop_.atEndOfTurn([this] { printer_.endTurn(); });
    }

    int run() {
        takeSignals();
        becomeReady();
        loop_.run();
        return 0;
    }

private:
    /// Classic needs no home.  Where there is none, and nobody asked for sealed, it is left out.
    static std::optional<noise::Identity> identityFor(app::Tool& tool, tools::IndexPlan& plan) {
        if (!plan.profiles.sealed) return {};
        try {
            return node::openIdentity(plan.identity).identity;
        } catch (const Error& e) {
            if (e.kind() != ErrorKind::CannotCreate || !plan.profilesAreDefault) throw;
            tool.complain(std::string(e.what()) + "; serving the classic profile only");
            plan.profiles.sealed = false;
            return {};
        }
    }

    void bindMetrics() {
        if (!plan_.metrics) return;
        try {
            metrics_.emplace(*plan_.metrics);
        } catch (const net::BindError& e) {
            if (e.errnum() != EADDRINUSE) throw;
            throw Error(e.kind(), e.what(), "--metrics takes any address and port");
        }
    }

    void openStore() {
        if (plan_.state.empty()) {
            store_ = std::make_unique<index::MemoryStore>();
            return;
        }
        if (plan_.stateIsDefault) app::makeDirectory(plan_.state.substr(0, plan_.state.rfind('/')));
        tools::keepTemporaryFilesBeside(plan_.state);
        auto sqlite = std::make_unique<node::SqliteStore>(
            plan_.state, [this](const std::string& what) { tool_.complain(what); });
        sqlite_ = sqlite.get();
        store_ = std::move(sqlite);
        loop_.watch(sqlite_->descriptor(), net::kLoopRead,
                    [this](net::LoopEvents) { sqlite_->finish(); });
        loop_.atDeadline([this] { return sqlite_->nextDeadline(); }, [this] { sqlite_->commit(); });
    }

    node::IndexService::Handlers handlers() {
        node::IndexService::Handlers handlers;
        if (tool_.verbosity() >= 1)
            handlers.event = [this](const Event& event) { printer_.add(event); };
        if (tool_.verbosity() >= 2)
            handlers.refused = [this](index::Refusal why, const Endpoint& source) {
                refusals_.add(why, source);
            };
        return handlers;
    }

    void takeSignals() {
        loop_.onSignal(SIGHUP, [this] { reload(); });
        loop_.onSignal(SIGUSR1, [this] { sayCounters(); });
        for (const int signal : {SIGTERM, SIGINT}) loop_.onSignal(signal, [this] { stop(); });
    }

    /// Who has not got it loses logins in a storm, and can do something about it.
    void sayBuffer() {
        constexpr std::size_t kWished = 2 * std::size_t{node::IndexSockets::kReceiveBuffer};
        const std::size_t granted = service_.receiveBuffer();
        if (granted >= kWished) return;
        tool_.detail(1, "receive buffer of " + std::to_string(granted / 2) + " bytes instead of " +
                            std::to_string(kWished / 2) +
                            "; sysctl net.core.rmem_max is the limit");
    }

    void becomeReady() {
        sayBuffer();
        const Endpoint at = service_.reachableAt();
        // Its threads begin here: whatever confines this process comes before.
        if (metrics_) metrics_->start(loop_, [this] { return service_.figures(); });
        if (plan_.printEnvironment) printEnvironment(at);
        if (plan_.readyDescriptor) {
            // Who does not wait for it any more has no harm from not being told.
            [[maybe_unused]] const ssize_t ignored = ::write(*plan_.readyDescriptor, "\n", 1);
            if (*plan_.readyDescriptor > STDERR_FILENO) ::close(*plan_.readyDescriptor);
        }
        manager_.ready(at.toString());
    }

    void printEnvironment(const Endpoint& at) {
        printer_.addLine("IM_SERVER=" + at.toString());
        if (!metrics_) return;
        const Endpoint metrics = node::asReachedFromHere(metrics_->local());
        printer_.addLine("IM_METRICS=http://" + metrics.toString() + "/metrics");
    }

    void reload() {
        manager_.reloading();
        try {
            const app::Settings settings = tool_.readAgain();
            const index::Policy policy = tools::policyOf(settings);
            service_.setAdmitted(tools::admittedBy(settings));
            service_.setPolicy(policy);
        } catch (const Error& e) {
            tool_.complain(e.what());
            tool_.notice("nothing changed");
        }
        manager_.reloaded();
    }

    void sayCounters() { tool_.complain(counterLine(service_.figures()), app::Priority::Info); }

    void stop() {
        manager_.stopping();
        service_.end([this] {
            service_.sayStopping();
            loop_.stop();
        });
    }

    app::Tool& tool_;
    std::optional<noise::Identity> identity_;
    tools::IndexPlan plan_;
    net::Loop loop_;
    tools::Printer printer_;
    std::unique_ptr<index::Store> store_;
    node::SqliteStore* sqlite_ = nullptr;  // store_, when it is one
    tools::RefusalLog refusals_;
    node::IndexService service_;
    tools::Manager manager_;
    std::optional<node::MetricsServer> metrics_;  // its threads end first
};

/// Every visitor for the roster is a descriptor.
void raiseDescriptorLimit() {
    constexpr rlim_t kWanted = 65536;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kWanted) return;
    limit.rlim_cur = std::min(limit.rlim_max, kWanted);
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

int printKey(app::Tool& tool, const tools::IndexPlan& plan) {
    tool.out().write(noise::fingerprint(node::openIdentity(plan.identity).identity.publicKey()) +
                     "\n");
    return 0;
}

/// For --test, whose failures are all 78.
int checkState(const tools::IndexPlan& plan) {
    try {
        if (!plan.state.empty()) node::StateDatabase::check(plan.state);
    } catch (const Error& e) {
        throw Error(ErrorKind::Configuration, e.what(), e.hint());
    }
    return 0;
}

int serve(app::Tool& tool) {
    if (!tool.operands().empty())
        throw app::UsageError("'" + std::string(tool.operands().front()) +
                              "': no operand expected");
    tools::IndexPlan plan = tools::planOf(tool.settings());
    app::RecordStyle style = app::recordStyle(tool.settings(), tool.out().isTerminal());
    if (plan.testOnly) return checkState(plan);
    if (plan.printKey) return printKey(tool, plan);
    raiseDescriptorLimit();
    tool.dontWaitForStderr();
    try {
        return Serving(tool, std::move(plan), std::move(style)).run();
    } catch (const net::BindError& e) {
        if (e.errnum() != EADDRINUSE) throw;
        throw Error(e.kind(), e.what(), "another index may be running; -p chooses another port");
    }
}

/// POCO's what() omits the detail.
Error translate(const std::exception& problem) {
    if (const auto* poco = dynamic_cast<const Poco::Exception*>(&problem))
        return {ErrorKind::OperatingSystem, poco->displayText()};
    return tools::translate(problem);
}

const app::ToolInfo kInfo{.name = "imindex",
                          .section = 8,
                          .purpose = "the index: who is online, told to everybody",
                          .synopsis = kSynopsis,
                          .options = tools::indexOptions(),
                          .examples = kExamples,
                          .translate = translate};

/// A standard descriptor that is closed would be taken by the first socket, and records or
/// messages be written there.  Opened for reading only, so that writing still fails.
void holdStandardDescriptors() {
    while (true) {
        const int descriptor = ::open("/dev/null", O_RDONLY);
        if (descriptor < 0) return;
        if (descriptor > STDERR_FILENO) {
            ::close(descriptor);
            return;
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    // Before anything else: a signal that comes early waits for the loop.
    net::blockSignals({SIGHUP, SIGUSR1, SIGTERM, SIGINT});
    // A limit of file size is an error of the state file, not our end.
    std::signal(SIGXFSZ, SIG_IGN);
    holdStandardDescriptors();
    return app::runTool(kInfo, argc, argv, serve);
}
