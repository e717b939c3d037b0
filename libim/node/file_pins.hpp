// SPDX-License-Identifier: BSL-1.0
// FilePins: talk::Pins of one index out of the file of known keys.  The file is read once and kept
// in memory; whenever it has changed (another tool has pinned, a person has said --trust) it is
// read again at the next question, so that a listener that runs for months knows what a person
// said a second ago.  A question costs one stat(2).
//
// Once the object is made nothing throws: a file that cannot be read or written any more ends no
// conversation.  What was pinned stays pinned for this process, what is new is pinned in its
// memory, and `trouble` is told, once for each change of the file.  Free of POCO; not thread-safe.
#pragma once

#include "libim/node/known_file.hpp"
#include "libim/talk/pins.hpp"

#include <sys/stat.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace im::node {

class FilePins final : public talk::Pins {
public:
    using Trouble = std::function<void(const std::string&)>;

    /// `address`: of the index, as the user writes it, with the port (Account::indexName).
    /// Throws as KnownFile.
    FilePins(KnownFile file, std::string address, Trouble trouble);

    /// What is pinned of the index; nothing when it was never seen.
    [[nodiscard]] const std::optional<IndexPin>& index() const { return index_; }
    /// The key that is pinned for a name, if there is one.
    [[nodiscard]] std::optional<noise::IdentityKey> keyOf(std::string_view name) const;

    Trust pinIndex(const sealed::Card& card) override;
    [[nodiscard]] Trust of(std::string_view name) const override;
    [[nodiscard]] Trust check(std::string_view name,
                              const noise::IdentityKey& identity) const override;
    /// REQUIRES: the index is pinned.  Bad for what is no im::Name.
    Trust pin(std::string_view name, const noise::IdentityKey& identity) override;

private:
    struct Pinned {
        noise::IdentityKey identity{};
        bool isVerified = false;
    };
    using Users = std::map<std::string, Pinned, std::less<>>;

    void load() const;
    void refresh() const;
    [[nodiscard]] const Pinned* find(std::string_view name) const;

    KnownFile file_;
    std::string address_;
    Trouble trouble_;
    std::optional<IndexPin> index_;
    mutable struct stat stamp_ {};  ///< of the file that users_ is from
    mutable Users users_;
    Users unsaved_;  ///< could not be written
};

}  // namespace im::node
