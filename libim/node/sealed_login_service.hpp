// SPDX-License-Identifier: BSL-1.0
// SealedLoginService: imlogin's login in the sealed profile.  The login that it leaves behind holds
// for its lease (90 s), within which imlisten of the same identity takes over without a logout.
#pragma once

#include "libim/net/loop.hpp"
#include "libim/node/login_service.hpp"
#include "libim/node/sealed_endpoint.hpp"
#include "libim/node/sealed_self.hpp"

namespace im::node {

class SealedLoginService final : public LoginService, private talk::ListenReader {
public:
    /// Binds.  `self` outlives it.  Throws as ClassicLoginService does.
    SealedLoginService(net::Loop& loop, SessionDirectory directory, const Account& account,
                       const Options& options, Handlers handlers, SealedSelf& self);

    void start() override;
    void abandon() override;

private:
    void endTurn();
    void finish();
    void fail(const Error& problem);
    [[nodiscard]] std::vector<Event> roster() const;

    // ListenReader: whoever talks to us now comes again when imlisten is there.

    void tell(const Event& /*event*/) override {}
    talk::Shown show(const Event& /*event*/, bool /*isHurried*/) override {
        return talk::Shown::Later;
    }
    void asked(const talk::Asker& /*asker*/) override {}
    void notice(const std::string& /*text*/) override {}

    net::Loop& loop_;
    SessionDirectory directory_;
    const Account& account_;
    Options options_;
    Handlers handlers_;
    SealedSelf& self_;
    SealedEndpoint endpoint_;
    std::optional<TimePoint> giveUpAt_;
    bool saidIndex_ = false;
    bool ended_ = false;
};

/// Ends the login of a sealed session from outside and removes the file: by its imlisten, or, since
/// the keys of the session ended with imlogin, by a new login that is logged out at once.  False
/// when the index does not answer; the login then ends with its lease.  Throws as SealedEndpoint.
bool logOutSealed(const SessionDirectory& directory, const Account& account, SealedSelf& self,
                  Duration patience);

}  // namespace im::node
