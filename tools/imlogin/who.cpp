// SPDX-License-Identifier: BSL-1.0
#include "tools/imlogin/who.hpp"

#include "libim/net/roster_fetch.hpp"
#include "libim/node/index_visit.hpp"
#include "libim/node/roster_poll.hpp"
#include "libim/talk/events.hpp"
#include "tools/shared/login_options.hpp"

#include <utility>

namespace im::tools {
namespace {

class ClassicWho final : public Who {
public:
    ClassicWho(node::RosterSource source, Duration patience)
        : source_(std::move(source)), patience_(patience) {}

    void all(const std::function<void(const Event&)>& each) override {
        Event line;
        line.type = EventType::Roster;
        line.status = "online";
        for (const wire::RosterEntry& user : node::sorted(fetch())) {
            line.user = user.name;
            line.trust = trustOf(user);
            line.endpoint = user.endpoint;
            each(line);
        }
    }
    std::vector<Event> online(const std::vector<std::string>& names) override {
        std::vector<Event> lines;
        for (const wire::RosterEntry& user : node::pick(fetch(), names))
            lines.push_back(talk::rosterEvent(user.name, user.endpoint, trustOf(user)));
        return lines;
    }

private:
    std::vector<wire::RosterEntry> fetch() {
        auto outcome = net::fetchRoster(source_.index, patience_, source_.local());
        if (outcome) return std::move(*outcome);
        throw node::rosterError(source_.indexName, source_.index.port, outcome.error(),
                                source_.guessed
                                    ? "only a login tells the roster's port: log in first"
                                    : "it may have another port now: log in again");
    }
    [[nodiscard]] Trust trustOf(const wire::RosterEntry& user) const {
        return source_.isSelf(user) ? Trust::Self : Trust::None;
    }

    node::RosterSource source_;
    Duration patience_;
};

class SealedWho final : public Who {
public:
    SealedWho(app::Tool& tool, node::Account account, Duration patience)
        : account_(std::move(account)),
          self_(openSelf(tool, account_)),
          visit_(account_, *self_, [&tool](const std::string& what) { tool.notice(what); }),
          patience_(patience) {}

    void all(const std::function<void(const Event&)>& each) override {
        for (const Event& line : visit_.roster(patience_)) each(line);
    }
    std::vector<Event> online(const std::vector<std::string>& names) override {
        return visit_.online(names, patience_);
    }

private:
    node::Account account_;
    std::unique_ptr<node::SealedSelf> self_;
    node::IndexVisit visit_;
    Duration patience_;
};

}  // namespace

std::unique_ptr<Who> makeWho(app::Tool& tool, const LoginRequest& request) {
    node::Account account = node::findAccount(sessionDirectory(), request.query);
    if (profileOf(tool, account) == node::Profile::Sealed)
        return std::make_unique<SealedWho>(tool, std::move(account), patienceOf(request));
    return std::make_unique<ClassicWho>(node::findRosterSource(sessionDirectory(), request.query),
                                        patienceOf(request));
}

}  // namespace im::tools
