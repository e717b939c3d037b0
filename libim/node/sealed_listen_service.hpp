// SPDX-License-Identifier: BSL-1.0
// SealedListenService: imlisten in the sealed profile.
#pragma once

#include "libim/node/asker_files.hpp"
#include "libim/node/listen_service.hpp"
#include "libim/node/outbox_flusher.hpp"
#include "libim/node/sealed_endpoint.hpp"
#include "libim/node/sealed_self.hpp"

#include <optional>
#include <set>
#include <string>

namespace im::node {

class SealedListenService final : public ListenService, private talk::ListenReader {
public:
    /// Binds.  `self` outlives it.  Throws Error: Usage when session and wish disagree,
    /// OperatingSystem when the endpoint cannot be bound ("in use by another imlisten"),
    /// NoPermission when the session is at an index of another key than the pinned one.
    SealedListenService(net::Loop& loop, const SessionDirectory& directory, const Account& account,
                        const Options& options, Handlers handlers, SealedSelf& self);

    void pause() override { endpoint_.pause(); }
    void resume() override { endpoint_.resume(); }
    void written(std::size_t count) override { endpoint_.written(count); }
    void unseen(std::size_t count) override { endpoint_.unseen(count); }
    [[nodiscard]] const Endpoint& local() const override { return endpoint_.local(); }

private:
    void beginLogin() override { endpoint_.login(); }
    void beginAdopted(const SessionFile& session) override;
    void endLogin() override;
    void leaveLogin() override { endpoint_.abandon(); }
    void endTurnSealed();
    [[nodiscard]] bool isOnline() const override;
    [[nodiscard]] std::optional<Error> failure() const override { return endpoint_.failure(); }
    [[nodiscard]] Session session() const override;
    void adoptFile(SessionKeeper& keeper) override;
    void createFile(SessionKeeper& keeper) override;
    [[nodiscard]] bool followFile(SessionKeeper& keeper) override;

    // ListenReader

    void tell(const Event& event) override;
    talk::Shown show(const Event& event, bool isHurried) override;
    void asked(const talk::Asker& asker) override;
    void notice(const std::string& text) override { handlers().notice(text); }

    [[nodiscard]] Event stamped(Event event);
    void sayNewIndex();
    void flushOutbox();
    void makeFlusher();

    SealedSelf& self_;
    std::string path_;  ///< of the session file
    SealedEndpoint endpoint_;
    AskerFiles askers_;
    noise::SystemRandom random_;
    std::optional<OutboxFlusher> flusher_;
    std::set<std::string> announced_;  ///< logins since the outbox was last looked at
    talk::Contacts known_;             ///< of the session adopted
    bool hasFlushed_ = false;
    bool saidIndex_ = false;
};

/// "your key is ed25519:...", "the key of im.example.org:4649 is ed25519:...; ...": said once, when
/// they are new.
[[nodiscard]] std::string newKeyNotice(const noise::IdentityKey& own);
[[nodiscard]] std::string newIndexNotice(const std::string& indexName,
                                         const noise::IdentityKey& index);

}  // namespace im::node
