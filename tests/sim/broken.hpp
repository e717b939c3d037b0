// SPDX-License-Identifier: BSL-1.0
// What a simulation throws when something does not hold that must.
#pragma once

#include <stdexcept>
#include <string>

namespace im::sim {

class Broken : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

inline void require(bool holds, const char* what, const std::string& who = {}) {
    if (!holds) throw Broken(who.empty() ? what : who + ": " + what);
}

}  // namespace im::sim
