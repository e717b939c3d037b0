// SPDX-License-Identifier: BSL-1.0
#include "tools/imsend/post.hpp"

#include "libim/app/escape.hpp"
#include "libim/app/paths.hpp"
#include "libim/app/record.hpp"
#include "libim/net/clock.hpp"
#include "libim/net/resolve.hpp"

#include <utility>

namespace im::imsend {

namespace {

using Result = node::SendReport::Result;

app::Outcome outcomeOf(Result result) {
    switch (result) {
        case Result::Sent:
            return app::Outcome::Sent;
        case Result::Unknown:
            return app::Outcome::Unknown;
        case Result::Timeout:
            return app::Outcome::Timeout;
        case Result::Refused:
        case Result::NoHost:
            break;
    }
    return app::Outcome::Refused;
}

node::Target targetOf(const app::Recipient& to) {
    if (!to.at) return {to.user.str(), {}, 0};
    return {to.user.str(), to.at->host, to.at->port};
}

std::optional<Name> givenUser(const app::Settings& settings) {
    const app::Given* given = settings.find(app::kUser);
    if (given == nullptr) return {};
    auto name = Name::parse(given->value);
    if (!name) throw app::wrongValue(*given, "not a user name: " + std::string(name.error()));
    return *name;
}

std::optional<Endpoint> givenServer(const app::Settings& settings) {
    if (settings.find(app::kServer) == nullptr) return {};
    const app::HostPort at = settings.server(app::kServer);
    return net::resolveApart(at.host, at.port);
}

}  // namespace

std::vector<app::Recipient> Post::recipients(const std::string& list, ErrorKind kind) {
    // user@host:port can be no alias, and the file costs a start more than the message does.
    const bool plain = list.find('@') != std::string::npos && list.find(',') == std::string::npos;
    if (!plain && !aliases_) aliases_ = app::Aliases::load(app::configDirectory() + "/aliases");
    return app::parseRecipients(list, plain ? app::Aliases() : *aliases_, kind);
}

void Post::open() {
    const auto user = givenUser(tool_.settings());
    const auto server = givenServer(tool_.settings());
    const node::SessionDirectory directory(app::sessionDirectory());
    auto session = directory.openSelected(user, server);
    sayClassic(session.has_value());
    self_ = senderName(session);
    if (!session)
        hint_ = server ? "a login with imlogin is told the port of the index's roster"
                       : "log in with imlogin, or name the index with --server";
    network_.emplace(std::move(session), server, plan_.patience, net::resolveApart);
    sender_.emplace(*network_);
}

/// The default profile is not there yet; who does not say --classic must not believe in it.
void Post::sayClassic(bool hasSession) const {
    if (hasSession || plan_.classicSaid) return;
    tool_.notice("classic profile: nothing is encrypted");
    tool_.hint("--classic says that you know");
}

std::string Post::senderName(const std::optional<node::SessionFile>& session) const {
    if (session) return session->session().user.str();
    if (const auto user = givenUser(tool_.settings())) return user->str();
    std::string login = app::loginName();
    if (!Name::parse(login))
        throw Error(ErrorKind::Usage, "cannot tell who you are", "say so with --user");
    return login;
}

bool Post::send(const std::vector<app::Recipient>& to, std::string_view text, bool more) {
    if (!sender_) open();
    const TimePoint start = net::now();
    const Bytes datagram =
        node::talkDatagram(net::talkTime(net::wallNow()), self_, text, plan_.commas);
    std::vector<node::Target> targets;
    targets.reserve(to.size());
    for (const app::Recipient& one : to) targets.push_back(targetOf(one));
    std::vector<node::SendReport> reports;
    if (plan_.dryRun) {
        for (const node::Target& target : targets) reports.push_back(sender_->locate(target));
    } else {
        reports = sender_->send(targets, datagram, !more);
    }
    const Duration took = net::now() - start;
    bool all = true;
    for (std::size_t i = 0; i < to.size(); ++i) {
        show(to[i], reports[i], text, took);
        all = all && reports[i].result == Result::Sent;
    }
    return all;
}

void Post::show(const app::Recipient& to, const node::SendReport& report, std::string_view text,
                Duration took) {
    if (report.status() != 0) complain(to, report);
    note(report.status());
    if (!plan_.dryRun) return print(to, report, took);
    if (report.result != Result::Sent) return;
    std::string line = app::escaped(to.toString()) + "\t" + report.endpoint->toString() + "\t";
    app::appendEscaped(line, text);
    tool_.out().write(line + "\n");
}

void Post::complain(const app::Recipient& to, const node::SendReport& report) {
    if (report.earlierRefused) tool_.complain(to.toString() + ": an earlier message was refused");
    if (report.result == Result::Sent) return;
    tool_.complain(to.toString() + ": " + report.why);
    // Who answers and gives nothing is the right index.
    const bool isSilent = report.result == Result::Timeout && !report.why.ends_with(" address");
    if (!isSilent || hint_.empty() || std::exchange(hinted_, true)) return;
    tool_.hint(hint_);
}

void Post::print(const app::Recipient& to, const node::SendReport& report, Duration took) {
    if (plan_.receipts == Receipts::None) return;
    app::Receipt receipt;
    receipt.to = to.toString();
    receipt.outcome = outcomeOf(report.result);
    receipt.endpoint = report.endpoint;
    receipt.milliseconds = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    std::string line;
    app::appendReceipt(line, receipt, plan_.receipts == Receipts::Json);
    tool_.out().write(line);
}

}  // namespace im::imsend
