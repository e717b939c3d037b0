// SPDX-License-Identifier: BSL-1.0
// Contacts: who is online and where, as one client knows it.  No socket, no clock.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/event.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace im::talk {

class Contacts {
public:
    /// Bound on what a lying index can make us keep (T12).  More are not taken.
    static constexpr std::size_t kMost = 2'000'000;

    /// Sorted by name, byte by byte.
    using Map = std::map<std::string, Endpoint, std::less<>>;

    explicit Contacts(std::size_t most = kMost) : most_(most) {}

    /// True when this is news: a new name, or another endpoint.
    bool put(std::string_view name, const Endpoint& endpoint);
    /// True when the name was known.
    bool drop(std::string_view name);
    void clear();

    [[nodiscard]] std::optional<Endpoint> find(std::string_view name) const;
    [[nodiscard]] const Map& all() const { return users_; }

    /// Counts every change; a writer of session files compares it.
    [[nodiscard]] std::uint64_t version() const { return version_; }

    /// Trust of a classic talk (commandline.md): `None` when `source` is the host of the user it
    /// names or nobody of that name is known, `Bad` when it comes from elsewhere.
    [[nodiscard]] Trust trustOfTalk(std::string_view sender, const Address& source) const;

private:
    std::size_t most_;
    Map users_;
    std::uint64_t version_ = 0;
};

}  // namespace im::talk
