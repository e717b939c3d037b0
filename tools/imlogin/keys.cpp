// SPDX-License-Identifier: BSL-1.0
#include "tools/imlogin/keys.hpp"

#include "libim/app/paths.hpp"
#include "libim/net/clock.hpp"
#include "libim/node/index_visit.hpp"
#include "tools/shared/login_options.hpp"

#include <unistd.h>

#include <utility>

namespace im::tools {
namespace {

/// Who we are at the index of the request, and what we know there.
struct Desk {
    Desk(app::Tool& of, const LoginRequest& asked)
        : tool(of),
          request(asked),
          account(node::findAccount(sessionDirectory(), asked.query)),
          self(openSelf(of, account)) {}

    /// The key of the index; it is asked when it was never seen.
    noise::IdentityKey index() {
        if (!self->pins().index()) static_cast<void>(ask(account.user));
        return self->pins().index()->identity;
    }
    /// Whose the index says that the name is.
    std::optional<noise::IdentityKey> ask(const Name& name) {
        node::IndexVisit visit(account, *self,
                               [this](const std::string& what) { tool.notice(what); });
        return visit.ask(name.str(), patienceOf(request)).key;
    }
    noise::IdentityKey askOrThrow(const Name& name) {
        if (const auto key = ask(name)) return *key;
        throw Error(ErrorKind::NoUser, name.str() + ": no key is known for that name",
                    "a user of the classic profile has none");
    }

    app::Tool& tool;
    const LoginRequest& request;
    node::Account account;
    std::unique_ptr<node::SealedSelf> self;
};

/// One line of stdin, at most so long as an answer is.
std::string readAnswer() {
    std::string answer;
    char c = 0;
    while (answer.size() < 16 && ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n') answer += c;
    return answer;
}

}  // namespace

int printKey(app::Tool& tool) {
    const auto opened = node::openIdentity(app::dataDirectory() + "/identity");
    tool.out().write(noise::fingerprint(opened.identity.publicKey()) + "\n");
    return 0;
}

int verify(app::Tool& tool, const LoginRequest& request, const Name& user) {
    Desk desk(tool, request);
    const noise::IdentityKey index = desk.index();
    const auto pinned = desk.self->pins().keyOf(user.view());
    const noise::IdentityKey key = pinned ? *pinned : desk.askOrThrow(user);
    const std::string words = noise::sixWords(desk.self->identity().publicKey(), key);
    tool.out().write(words + "\n");
    tool.hint("ask " + user.str() + " for the words that `imlogin --verify " +
              desk.account.user.str() + "` shows there; are they the same? [yes/no]");
    if (readAnswer() != "yes") {
        tool.complain(user.str() + ": not verified");
        return 1;
    }
    desk.self->known().verify(index, user, key, net::wallNow());
    tool.notice(user.str() + ": verified");
    return 0;
}

int trust(app::Tool& tool, const LoginRequest& request, const Name& user,
          const std::optional<std::string>& fingerprint) {
    std::optional<noise::IdentityKey> key;
    if (fingerprint) key = noise::parseFingerprint(*fingerprint);
    if (fingerprint && !key) throw app::UsageError("'" + *fingerprint + "': not a key");
    Desk desk(tool, request);
    if (!key) key = desk.askOrThrow(user);
    desk.self->known().trust(desk.index(), user, *key, net::wallNow());
    tool.notice("the key of " + user.str() + " is " + noise::fingerprint(*key));
    return 0;
}

int forget(app::Tool& tool, const LoginRequest& request, const Name& user) {
    const Desk desk(tool, request);
    const auto& index = desk.self->pins().index();
    if (index && desk.self->known().forget(index->identity, user)) return 0;
    tool.complain(user.str() + ": no key was known");
    return 1;
}

}  // namespace im::tools
