// SPDX-License-Identifier: BSL-1.0
// SessionKeeper: keeps the session file of a running listener current, so that imsend finds by it
// who is where.  Not thread-safe; it belongs to the loop.
#pragma once

#include "libim/node/session_file.hpp"
#include "libim/node/write_throttle.hpp"
#include "libim/talk/classic_listener.hpp"
#include "libim/talk/contacts.hpp"
#include "libim/talk/sealed_index_link.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace im::node {

class SessionKeeper {
public:
    SessionKeeper(SessionDirectory directory, Session session)
        : directory_(std::move(directory)), session_(std::move(session)) {}

    /// Writes the file for the first time.  Throws Error(CannotCreate).
    void create(const talk::Contacts& contacts);
    /// The same of a sealed login: with the roster's port, the index's card and who is classic.
    void create(const talk::SealedIndexLink& link);
    /// The file is there already, with `contacts` as they are now.
    void adopt(const talk::Contacts& contacts) { written_ = contacts.version(); }

    /// Call it every turn: notes what has changed and writes it when it is time.  False when the
    /// file is not ours any more (removed, or another login's): then nothing is written.
    /// A failure to write is told to `trouble`, once, and tried again.
    using Trouble = std::function<void(const std::string&)>;
    [[nodiscard]] bool follow(const talk::ClassicListener& listener, TimePoint now,
                              const Trouble& trouble);
    [[nodiscard]] bool follow(const talk::SealedIndexLink& link, TimePoint now,
                              const Trouble& trouble);
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const { return throttle_.due(); }

    /// Removes the file if it is ours.  Throws Error(CannotCreate).
    void remove();

    [[nodiscard]] std::string path() const { return directory_.pathOf(id()); }
    [[nodiscard]] SessionId id() const { return {session_.user, session_.server}; }

private:
    [[nodiscard]] bool isOurs() const;
    /// True when something of the head is another now.
    bool takeHead(const talk::SealedIndexLink& link);
    bool followAll(const talk::Contacts& contacts, const SessionDirectory::Extras& extras,
                   TimePoint now, const Trouble& trouble);
    void write(const talk::Contacts& contacts, const SessionDirectory::Extras& extras);

    SessionDirectory directory_;
    Session session_;
    WriteThrottle throttle_;
    std::uint64_t written_ = 0;  // the contacts' version() last seen
    bool troubled_ = false;
};

}  // namespace im::node
