// SPDX-License-Identifier: BSL-1.0
#include "libim/node/sealed_login_service.hpp"

#include <optional>

namespace im::node {

namespace {

using State = talk::SealedIndexLink::State;

/// Logs in where the session was, so that nobody is told anything but the logout.
class Farewell final : private talk::ListenReader {
public:
    Farewell(const Account& account, SealedSelf& self, Duration patience)
        : endpoint_(loop_,
                    {.user = account.user,
                     .local = account.session->session().endpoint,
                     .index = account.index,
                     .indexName = account.indexName,
                     .patience = patience},
                    self.identity(), self.pins(), *this) {
        endpoint_.atEndOfTurn([this] { endTurn(); });
        endpoint_.login();
    }
    std::optional<Error> run() {
        loop_.run();
        return problem_;
    }

private:
    void endTurn() {
        problem_ = endpoint_.failure();
        const talk::SealedIndexLink* link = endpoint_.link();
        const bool isOnline = link != nullptr && link->state() == State::Online;
        if (!isOnline && !problem_) return;
        endpoint_.logout();
        loop_.stop();
    }

    void tell(const Event& /*event*/) override {}
    talk::Shown show(const Event& /*event*/, bool /*isHurried*/) override {
        return talk::Shown::Later;
    }
    void asked(const talk::Asker& /*asker*/) override {}
    void notice(const std::string& /*text*/) override {}

    net::Loop loop_;
    SealedEndpoint endpoint_;
    std::optional<Error> problem_;
};

}  // namespace

bool logOutSealed(const SessionDirectory& directory, const Account& account, SealedSelf& self,
                  Duration patience) {
    if (logOutListener(directory, account.session->session())) return true;
    const auto problem = Farewell(account, self, patience).run();
    directory.remove(account.id());
    if (problem && problem->kind() != ErrorKind::Unavailable) throw Error(*problem);
    return !problem;
}

}  // namespace im::node
