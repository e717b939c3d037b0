// SPDX-License-Identifier: BSL-1.0
// ClassicListenService: imlisten in the classic profile.
#pragma once

#include "libim/node/classic_endpoint.hpp"
#include "libim/node/listen_service.hpp"

namespace im::node {

class ClassicListenService final : public ListenService {
public:
    /// Binds.  Throws Error: Usage when session and wish disagree, OperatingSystem when the
    /// endpoint cannot be bound ("in use by another imlisten").
    ClassicListenService(net::Loop& loop, SessionDirectory directory, const Account& account,
                         const Options& options, Handlers handlers);

    void pause() override { endpoint_.pause(); }
    void resume() override { endpoint_.resume(); }
    void written(std::size_t /*count*/) override {}
    void unseen(std::size_t /*count*/) override {}
    [[nodiscard]] const Endpoint& local() const override { return endpoint_.local(); }

private:
    void beginLogin() override { endpoint_.login(); }
    void beginAdopted(const SessionFile& session) override;
    void endLogin() override { endpoint_.logout(); }
    void leaveLogin() override {}
    [[nodiscard]] bool isOnline() const override;
    [[nodiscard]] std::optional<Error> failure() const override;
    [[nodiscard]] Session session() const override;
    void adoptFile(SessionKeeper& keeper) override;
    void createFile(SessionKeeper& keeper) override;
    [[nodiscard]] bool followFile(SessionKeeper& keeper) override;

    ClassicEndpoint endpoint_;
};

}  // namespace im::node
