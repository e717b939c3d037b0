// SPDX-License-Identifier: BSL-1.0
#include "tools/imlogin/commands.hpp"

#include "libim/net/clock.hpp"
#include "libim/net/loop.hpp"
#include "libim/net/resolve.hpp"
#include "libim/node/classic_login_service.hpp"
#include "libim/node/roster_poll.hpp"
#include "libim/node/sealed_login_service.hpp"
#include "tools/imlogin/who.hpp"
#include "tools/shared/login_options.hpp"

#include <poll.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace im::tools {
namespace {

using namespace std::chrono_literals;

// Shorter waits are over before a person has read what they are for.
constexpr Duration kSayWaiting = 500ms;

// Bytes of records that are written together.
constexpr std::size_t kWrittenAtOnce = std::size_t{64} << 10U;
// And of one more, so that the text stays where it is.
constexpr std::size_t kLongestLine = 512;

/// Roster records on their way to stdout.
class Printer {
public:
    Printer(app::Tool& tool, const LoginRequest& request) : tool_(tool), request_(request) {
        text_.reserve(kWrittenAtOnce + kLongestLine);
    }
    void add(const Event& line) {
        if (tool_.quiet()) return;
        app::appendRosterLine(text_, line, request_.style);
        if (text_.size() >= kWrittenAtOnce) flush();
    }
    void flush() {
        tool_.out().write(text_);
        text_.clear();
    }

private:
    app::Tool& tool_;
    const LoginRequest& request_;
    std::string text_;
};

void print(app::Tool& tool, const LoginRequest& request, const std::vector<Event>& users) {
    Printer printer(tool, request);
    for (const Event& line : users) printer.add(line);
    printer.flush();
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

/// Those of `wanted` who are not among `found`, in the order of `wanted`, each once.
std::vector<std::string> missing(const std::vector<Event>& found,
                                 const std::vector<std::string>& wanted) {
    std::vector<std::string> out;
    for (const std::string& name : wanted)
        if (std::ranges::find(found, name, &Event::user) == found.end() &&
            std::ranges::find(out, name) == out.end())
            out.push_back(name);
    return out;
}

/// Waits; leaves as soon as nobody would read the answer.
void pauseFor(app::Tool& tool, Duration wait) {
    pollfd reader{tool.out().fd(), 0, 0};
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
    if (::poll(&reader, 1, static_cast<int>(milliseconds)) > 0 && tool.out().readerLeft())
        throw app::ReaderLeft();
}

/// Who of them is there during -w: the index may be away for a while, but not from the start.
std::vector<Event> look(Who& who, const std::vector<std::string>& users, bool isFirst) {
    try {
        return who.online(users);
    } catch (const Error& problem) {
        if (isFirst || problem.kind() != ErrorKind::Unavailable) throw;
        return {};
    }
}

/// A login under way, until it has come to its end.
class Login {
public:
    Login(app::Tool& tool, const LoginRequest& request, const node::Account& account,
          node::SealedSelf* self)
        : tool_(tool), request_(request), account_(account), service_(makeService(self)) {
        watchReader(loop_, tool.out().fd(), [] {});
    }

    int run() {
        endBySignals(loop_, [this] { service_->abandon(); });
        try {
            loop_.atDeadline([this] { return sayWaitingAt_; }, [this] { sayWaiting(); });
            sayWaitingAt_ = loop_.now() + kSayWaiting;
            service_->start();
            loop_.run();
        } catch (...) {
            service_->abandon();
            throw;
        }
        tool_.progress("");
        if (failure_) throw *failure_;
        return 0;
    }

private:
    /// Classic without `self`.
    std::unique_ptr<node::LoginService> makeService(node::SealedSelf* self) {
        const node::LoginService::Options options{.local = request_.local,
                                                  .patience = patienceOf(request_)};
        if (self == nullptr)
            return std::make_unique<node::ClassicLoginService>(loop_, sessionDirectory(), account_,
                                                               options, handlers());
        return std::make_unique<node::SealedLoginService>(loop_, sessionDirectory(), account_,
                                                          options, handlers(), *self);
    }

    node::LoginService::Handlers handlers() {
        return {.done = [this](const std::vector<Event>& roster) { onDone(roster); },
                .failed =
                    [this](const Error& problem) {
                        failure_ = problem;
                        loop_.stop();
                    },
                .notice = [this](const std::string& what) { tool_.notice(what); }};
    }

    void onDone(const std::vector<Event>& roster) {
        tool_.progress("");
        sayWaitingAt_.reset();
        loop_.stop();
        print(tool_, request_, roster);
    }

    void sayWaiting() {
        sayWaitingAt_.reset();
        tool_.progress("waiting for the index at " + account_.indexName);
    }

    app::Tool& tool_;
    const LoginRequest& request_;
    const node::Account& account_;
    net::Loop loop_;
    std::unique_ptr<node::LoginService> service_;
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

Duration patienceOf(const LoginRequest& request) {
    return request.timeout.value_or(talk::kLoginPatience);
}

int registerUser(app::Tool& tool, const LoginRequest& request) {
    const node::Account account = node::findAccount(sessionDirectory(), request.query);
    const node::Profile profile = profileOf(tool, account);
    if (profile == node::Profile::Sealed && tool.settings().flag(kClassic))
        throw Error(ErrorKind::Usage, "session " + account.id().toString() + ": is sealed",
                    "end it by imlogin -o, or leave out --classic");
    if (account.session && node::isListening(account.session->session()))
        return listBeside(tool, request, account.session->session());
    std::unique_ptr<node::SealedSelf> self;
    if (profile == node::Profile::Sealed) self = openSelf(tool, account);
    return Login(tool, request, account, self.get()).run();
}

int list(app::Tool& tool, const LoginRequest& request) {
    Printer printer(tool, request);
    makeWho(tool, request)->all([&](const Event& line) { printer.add(line); });
    printer.flush();
    return 0;
}

int isOnline(app::Tool& tool, const LoginRequest& request, const std::vector<std::string>& users) {
    const std::vector<Event> found = makeWho(tool, request)->online(users);
    print(tool, request, found);
    return missing(found, users).empty() ? 0 : 1;
}

int waitFor(app::Tool& tool, const LoginRequest& request, const std::vector<std::string>& users) {
    LoginRequest ofIndex = request;
    ofIndex.timeout = std::min(patienceOf(request), Duration(talk::kLoginPatience));
    const auto who = makeWho(tool, ofIndex);
    node::RosterPoll poll(net::now(), request.timeout);
    for (bool isFirst = true;; isFirst = false) {
        const std::vector<Event> found = look(*who, users, isFirst);
        const auto absent = missing(found, users);
        if (absent.empty()) {
            tool.progress("");
            print(tool, request, found);
            return 0;
        }
        const auto wait = poll.nextWait(net::now());
        tool.progress(wait ? "waiting for " + joined(absent) : "");
        if (!wait) return 1;
        pauseFor(tool, *wait);
    }
}

int logOut(app::Tool& tool, const LoginRequest& request) {
    std::optional<Endpoint> server;
    if (request.query.server)
        server = net::resolve(request.query.server->host, request.query.server->port);
    auto file = sessionToEnd(sessionDirectory(), request.query.user, server);
    const node::Session session = file.session();
    bool isHeard = true;
    if (session.profile == node::Profile::Classic) {
        isHeard = node::logOutClassic(sessionDirectory(), session);
    } else {
        const node::Account account{session.user, session.server, session.serverName,
                                    std::move(file)};
        const auto self = openSelf(tool, account);
        isHeard = node::logOutSealed(sessionDirectory(), account, *self, patienceOf(request));
    }
    if (!isHeard)
        tool.notice(session.serverName + ": the index does not answer, it may still list " +
                    session.user.str());
    return 0;
}

}  // namespace im::tools
