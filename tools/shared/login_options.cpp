// SPDX-License-Identifier: BSL-1.0
#include "tools/shared/login_options.hpp"

#include "libim/app/output.hpp"
#include "libim/app/paths.hpp"
#include "libim/net/signals.hpp"
#include "libim/node/sealed_listen_service.hpp"

#include <fcntl.h>

#include <csignal>
#include <new>
#include <utility>

namespace im::tools {
namespace {

std::optional<Name> userOf(const app::Settings& settings) {
    const app::Given* given = settings.find(app::kUser);
    if (given == nullptr) return std::nullopt;
    auto name = Name::parse(given->value);
    if (!name) throw app::wrongValue(*given, name.error());
    return *name;
}

bool isIgnored(int signal) {
    struct sigaction now {};
    return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

node::AccountQuery accountQuery(const app::Settings& settings) {
    node::AccountQuery query;
    query.user = userOf(settings);
    if (settings.find(app::kServer) != nullptr) {
        const app::HostPort at = settings.server(app::kServer);
        query.server = node::ServerName{at.host, at.port};
    }
    query.loginName = app::loginName();
    return query;
}

node::LocalWish localWish(const app::Settings& settings) {
    const app::Given* port = settings.find(kPort);
    const app::Given* bind = settings.find(kBind);
    // The stronger source; a port in im.conf does not forbid -b.
    if (port != nullptr && bind != nullptr) {
        if (port->source == bind->source)
            throw app::UsageError("--port and --bind exclude each other");
        (port->source < bind->source ? bind : port) = nullptr;
    }
    if (port != nullptr) return {{}, settings.port(kPort, 0)};
    if (bind == nullptr) return {};
    const app::BindAddress at = settings.binds(kBind).back();
    if (!at.port) throw app::wrongValue(*bind, "not ADDR:PORT");
    return {at.address, at.port};
}

node::SessionDirectory sessionDirectory() {
    return node::SessionDirectory(app::sessionDirectory());
}

node::Profile profileOf(const app::Tool& tool, const node::Account& account) {
    const node::Profile profile = account.session ? account.session->session().profile
                                  : tool.settings().flag(kClassic) ? node::Profile::Classic
                                                                   : node::Profile::Sealed;
    const node::KnownFile known(app::dataDirectory() + "/known");
    if (profile == node::Profile::Classic && !tool.settings().flag(kForce) &&
        known.findIndex(account.indexName))
        throw Error(
            ErrorKind::NoPermission,
            account.indexName + ": is known as a sealed index, and classic protects nothing",
            "--force speaks classic to it all the same");
    return profile;
}

std::unique_ptr<node::SealedSelf> openSelf(const app::Tool& tool, const node::Account& account) {
    auto self = std::make_unique<node::SealedSelf>(
        app::dataDirectory(), account.indexName,
        [&tool](const std::string& what) { tool.complain(what); });
    if (self->isNew()) tool.notice(node::newKeyNotice(self->identity().publicKey()));
    return self;
}

Error translate(const std::exception& problem) {
    if (dynamic_cast<const std::bad_alloc*>(&problem) != nullptr)
        return {ErrorKind::OperatingSystem, "out of memory"};
    return {ErrorKind::Software, std::string("internal error: ") + problem.what()};
}

void endBySignals(net::Loop& loop, const std::function<void()>& logOut) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        if (signal == SIGHUP && isIgnored(signal)) continue;
        net::blockSignals({signal});
        loop.onSignal(signal, [logOut, signal] {
            logOut();
            app::dieBySignal(signal);
        });
    }
}

bool watchReader(net::Loop& loop, int descriptor, std::function<void()> writable) {
    // Closed from the start: the first record will say so.
    if (::fcntl(descriptor, F_GETFD) < 0) return false;
    return loop.watch(descriptor, 0, [write = std::move(writable)](net::LoopEvents events) {
        if ((events & (net::kLoopError | net::kLoopHangUp)) != 0) throw app::ReaderLeft();
        write();
    });
}

}  // namespace im::tools
