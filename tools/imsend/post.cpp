// SPDX-License-Identifier: BSL-1.0
#include "tools/imsend/post.hpp"

#include "libim/app/paths.hpp"
#include "libim/net/resolve.hpp"
#include "tools/imsend/classic_carrier.hpp"
#include "tools/imsend/sealed_carrier.hpp"

#include <utility>

namespace im::imsend {

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
    if (session && session->session().profile == node::Profile::Sealed)
        carrier_ = std::make_unique<SealedCarrier>(tool_, plan_, outcomes_, std::move(*session));
    else
        carrier_ = classic(std::move(session), server);
}

std::unique_ptr<Carrier> Post::classic(std::optional<node::SessionFile> session,
                                       std::optional<Endpoint> server) {
    if (const char* const option = plan_.sealedOnly())
        throw app::UsageError(std::string(option) + ": needs the sealed profile");
    // Sealed is what is meant where nothing is said, and that takes a session.
    if (!session && !plan_.classicSaid)
        throw Error(ErrorKind::Unavailable, "no session",
                    "log in with imlogin, or say --classic, in which nothing is encrypted");
    std::string hint;
    if (!session)
        hint = server ? "a login with imlogin is told the port of the index's roster"
                      : "log in with imlogin, or name the index with --server";
    std::string self = senderName(session);
    return std::make_unique<ClassicCarrier>(tool_, plan_, outcomes_, std::move(session), server,
                                            std::move(self), std::move(hint));
}

std::string Post::senderName(const std::optional<node::SessionFile>& session) const {
    if (session) return session->session().user.str();
    if (const auto user = givenUser(tool_.settings())) return user->str();
    std::string login = app::loginName();
    if (!Name::parse(login))
        throw Error(ErrorKind::Usage, "cannot tell who you are", "say so with --user");
    return login;
}

void Post::send(const std::vector<app::Recipient>& to, const LetterPtr& letter, bool more) {
    if (!carrier_) open();
    if (plan_.dryRun) return carrier_->locate(to, letter->text);
    carrier_->send(to, letter, more);
}

void Post::waitFor(int input, std::optional<TimePoint> deadline) {
    if (carrier_) return carrier_->waitFor(input, deadline);
    waitForInput(input, plan_.prints() ? &tool_.out() : nullptr, deadline);
}

void Post::finish() {
    if (carrier_) carrier_->finish();
}

}  // namespace im::imsend
