// SPDX-License-Identifier: BSL-1.0
// ClassicLoginService: imlogin's login in the classic profile.
#pragma once

#include "libim/net/loop.hpp"
#include "libim/node/classic_endpoint.hpp"
#include "libim/node/login_service.hpp"

namespace im::node {

class ClassicLoginService final : public LoginService {
public:
    /// Binds.  Throws Error(OperatingSystem) when the endpoint cannot be bound, and Error(Usage)
    /// as localFor().  REQUIRES: nobody listens on the account's session, see isListening().
    ClassicLoginService(net::Loop& loop, SessionDirectory directory, const Account& account,
                        const Options& options, Handlers handlers);

    void start() override { endpoint_.login(); }
    void abandon() override;

private:
    void endTurn();
    void finish();
    void fail(const Error& problem);

    SessionDirectory directory_;
    const Account& account_;
    Handlers handlers_;
    ClassicEndpoint endpoint_;
    bool ended_ = false;
};

}  // namespace im::node
