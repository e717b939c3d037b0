// SPDX-License-Identifier: BSL-1.0
// SessionCards: cards and endpoints that a sender has learned, kept beside its session for the
// next sender: USER@HOST:PORT.cards/NAME.  With one of them a message takes one round trip and no
// question to the index.  Plain text:
//
//     im peer 1
//     endpoint 192.0.2.7:5000
//     endpoint 10.0.0.2:5000       (behind the same translator)
//     card 0101...
//
// Nothing here is trusted for long: a card verifies and fits its pin or is not used, and one that
// leads nowhere is replaced after 300 ms.  So a file that cannot be read, or is damaged, is none,
// and one that cannot be written is not written.  A value; free of POCO.
#pragma once

#include "libim/base/name.hpp"
#include "libim/talk/sealed_sender.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace im::node {

class SessionCards {
public:
    using Cached = talk::SealedSender::Cached;

    /// `sessionPath`: of the session file.
    explicit SessionCards(std::string_view sessionPath);

    [[nodiscard]] std::optional<Cached> find(const Name& name) const;
    /// The session was written later.
    [[nodiscard]] bool isOlderThanSession(const Name& name) const;
    /// False when it could not be kept.
    bool keep(const Name& name, const Cached& cached) const;
    /// All of them; the session ends.
    void clear() const;

private:
    [[nodiscard]] std::string pathOf(const Name& name) const;

    std::string session_;
    std::string path_;
};

/// What such a file says; nothing when it is damaged.
[[nodiscard]] std::optional<SessionCards::Cached> parsePeerCard(std::string_view text);
[[nodiscard]] std::string printPeerCard(const SessionCards::Cached& cached);

}  // namespace im::node
