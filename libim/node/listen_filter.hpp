// SPDX-License-Identifier: BSL-1.0
// ListenFilter: which events imlisten tells (its -f, -T and -r).
// No socket, no clock.  A value.
#pragma once

#include "libim/base/event.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace im::node {

class ListenFilter {
public:
    /// "bob": only him and others named so.  "!carol": everybody but her.  Both together: who is
    /// named and not excluded.  Once somebody is named, records of nobody (a server's, the gap
    /// of an overflow) are not taken.  Throws Error(Usage) when what is left is no name.
    void addUser(std::string_view operand);

    /// "talk,login": only these types, however often it is called.  Throws Error(Usage) for an
    /// unknown one.
    void addTypes(std::string_view list);

    /// Without addTypes(): all types but `roster`, and `roster` too after this.
    void takeRoster() { withRoster_ = true; }

    [[nodiscard]] bool takes(const Event& event) const;

private:
    [[nodiscard]] bool takesType(EventType type) const;
    [[nodiscard]] bool takesUser(const std::string& user) const;

    std::set<std::string, std::less<>> named_;
    std::set<std::string, std::less<>> excluded_;
    std::uint32_t types_ = 0;  // bit 1 << EventType; 0: none was named
    bool withRoster_ = false;
};

}  // namespace im::node
