// SPDX-License-Identifier: BSL-1.0
#include "tools/imlogin/commands.hpp"

#include "libim/net/clock.hpp"
#include "libim/net/loop.hpp"
#include "libim/net/resolve.hpp"
#include "libim/net/roster_fetch.hpp"
#include "libim/node/login_service.hpp"
#include "libim/node/roster_poll.hpp"
#include "tools/shared/login_options.hpp"

#include <poll.h>

#include <algorithm>
#include <utility>

namespace im::tools {
namespace {

using namespace std::chrono_literals;

using Roster = std::vector<wire::RosterEntry>;

// Shorter waits are over before a person has read what they are for.
constexpr Duration kSayWaiting = 500ms;

// Bytes of records that are written together.
constexpr std::size_t kWrittenAtOnce = std::size_t{64} << 10U;
// And of one more, so that the text stays where it is.
constexpr std::size_t kLongestLine = 512;

Duration patienceOf(const LoginRequest& request) {
    return request.timeout.value_or(talk::kLoginPatience);
}

void print(app::Tool& tool, const LoginRequest& request, const node::RosterSource& source,
           const Roster& users) {
    if (tool.quiet()) return;
    std::string text;
    text.reserve(kWrittenAtOnce + kLongestLine);
    Event line;
    line.type = EventType::Roster;
    line.status = "online";
    for (const wire::RosterEntry& entry : users) {
        line.user = entry.name;
        line.trust = source.isSelf(entry) ? Trust::Self : Trust::None;
        line.endpoint = entry.endpoint;
        app::appendRosterLine(text, line, request.style);
        if (text.size() < kWrittenAtOnce) continue;
        tool.out().write(text);
        text.clear();
    }
    tool.out().write(text);
}

Roster fetch(const node::RosterSource& source, Duration patience) {
    auto outcome = net::fetchRoster(source.index, patience, source.local());
    if (outcome) return std::move(*outcome);
    throw node::rosterError(source.indexName, source.index.port, outcome.error(),
                            source.guessed ? "only a login tells the roster's port: log in first"
                                           : "it may have another port now: log in again");
}

node::RosterSource sourceOf(const LoginRequest& request) {
    return node::findRosterSource(sessionDirectory(), request.query);
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

/// Waits; leaves as soon as nobody would read the answer.
void pauseFor(app::Tool& tool, Duration wait) {
    pollfd reader{tool.out().fd(), 0, 0};
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
    if (::poll(&reader, 1, static_cast<int>(milliseconds)) > 0 && tool.out().readerLeft())
        throw app::ReaderLeft();
}

/// The roster during -w: the index may be away for a while, but not from the start.
std::optional<Roster> look(const node::RosterSource& source, Duration patience, bool isFirst) {
    if (isFirst) return fetch(source, patience);
    auto outcome = net::fetchRoster(source.index, patience, source.local());
    if (!outcome) return std::nullopt;
    return std::move(*outcome);
}

/// A login under way, until it has come to its end.
class Login {
public:
    Login(app::Tool& tool, const LoginRequest& request, const node::Account& account)
        : tool_(tool),
          request_(request),
          account_(account),
          service_(loop_, sessionDirectory(), account,
                   {.local = request.local, .patience = patienceOf(request)}, handlers()) {
        watchReader(loop_, tool.out().fd(), [] {});
    }

    int run() {
        endBySignals(loop_, [this] { service_.abandon(); });
        try {
            loop_.atDeadline([this] { return sayWaitingAt_; }, [this] { sayWaiting(); });
            sayWaitingAt_ = loop_.now() + kSayWaiting;
            service_.start();
            loop_.run();
        } catch (...) {
            service_.abandon();
            throw;
        }
        tool_.progress("");
        if (failure_) throw *failure_;
        return 0;
    }

private:
    node::LoginService::Handlers handlers() {
        return {.done = [this](const node::Session& session,
                               const talk::Contacts::Map& users) { onDone(session, users); },
                .failed =
                    [this](const Error& problem) {
                        failure_ = problem;
                        loop_.stop();
                    }};
    }

    void onDone(const node::Session& session, const talk::Contacts::Map& users) {
        tool_.progress("");
        sayWaitingAt_.reset();
        loop_.stop();
        node::RosterSource source;
        source.self = session.user;
        source.selfEndpoint = session.endpoint;
        Roster roster;
        roster.reserve(users.size());
        for (const auto& [name, endpoint] : users) roster.push_back({name, endpoint});
        print(tool_, request_, source, roster);
    }

    void sayWaiting() {
        sayWaitingAt_.reset();
        tool_.progress("waiting for the index at " + account_.indexName);
    }

    app::Tool& tool_;
    const LoginRequest& request_;
    const node::Account& account_;
    net::Loop loop_;
    node::LoginService service_;
    std::optional<TimePoint> sayWaitingAt_;
    std::optional<Error> failure_;
};

/// An imlisten has the session: it keeps the login, and a second login would only trouble it.
int listBeside(app::Tool& tool, const LoginRequest& request, const node::Session& session) {
    if (!request.local.allows(session.endpoint))
        throw Error(ErrorKind::OperatingSystem,
                    "session " + node::SessionId{session.user, session.server}.toString() +
                        ": in use by an imlisten at " + session.endpoint.toString());
    return list(tool, request);
}

/// The session to log out; one whose file says nothing to us is only removed.
node::SessionFile sessionToEnd(const node::SessionDirectory& directory,
                               const std::optional<Name>& user,
                               const std::optional<Endpoint>& server) {
    const auto id = directory.select(user, server);
    if (!id) throw Error(ErrorKind::No, "no login");
    try {
        if (auto file = directory.openSelected(id->user, id->server)) return std::move(*file);
    } catch (const Error& problem) {
        if (problem.kind() != ErrorKind::Configuration) throw;
        directory.remove(*id);
        throw Error(ErrorKind::No, std::string("no login: ") + problem.what() + "; removed it");
    }
    throw Error(ErrorKind::No, "no login");
}

}  // namespace

int registerUser(app::Tool& tool, const LoginRequest& request) {
    const node::Account account = node::findAccount(sessionDirectory(), request.query);
    if (account.session && node::isListening(account.session->session()))
        return listBeside(tool, request, account.session->session());
    if (!account.session) sayClassic(tool);
    return Login(tool, request, account).run();
}

int list(app::Tool& tool, const LoginRequest& request) {
    const node::RosterSource source = sourceOf(request);
    print(tool, request, source, node::sorted(fetch(source, patienceOf(request))));
    return 0;
}

int isOnline(app::Tool& tool, const LoginRequest& request, const std::vector<std::string>& users) {
    const node::RosterSource source = sourceOf(request);
    const Roster found = node::pick(fetch(source, patienceOf(request)), users);
    print(tool, request, source, found);
    return node::missing(found, users).empty() ? 0 : 1;
}

int waitFor(app::Tool& tool, const LoginRequest& request, const std::vector<std::string>& users) {
    const node::RosterSource source = sourceOf(request);
    node::RosterPoll poll(net::now(), request.timeout);
    for (bool isFirst = true;; isFirst = false) {
        const Duration patience = std::min(patienceOf(request), Duration(talk::kLoginPatience));
        const auto roster = look(source, patience, isFirst);
        const Roster found = roster ? node::pick(*roster, users) : Roster{};
        const auto missing = node::missing(found, users);
        if (missing.empty()) {
            tool.progress("");
            print(tool, request, source, found);
            return 0;
        }
        const auto wait = poll.nextWait(net::now());
        tool.progress(wait ? "waiting for " + joined(missing) : "");
        if (!wait) return 1;
        pauseFor(tool, *wait);
    }
}

int logOut(app::Tool& tool, const LoginRequest& request) {
    std::optional<Endpoint> server;
    if (request.query.server)
        server = net::resolve(request.query.server->host, request.query.server->port);
    const auto file = sessionToEnd(sessionDirectory(), request.query.user, server);
    const node::Session& session = file.session();
    if (!node::logOut(sessionDirectory(), session))
        tool.notice(session.serverName + ": the index does not answer, it may still list " +
                    session.user.str());
    return 0;
}

}  // namespace im::tools
