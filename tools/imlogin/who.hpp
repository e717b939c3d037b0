// SPDX-License-Identifier: BSL-1.0
// Who: asks an index who is online, without registering, in either profile.
#pragma once

#include "libim/app/tool.hpp"
#include "libim/base/event.hpp"
#include "tools/imlogin/commands.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace im::tools {

class Who {
public:
    Who() = default;
    Who(const Who&) = delete;
    Who& operator=(const Who&) = delete;
    virtual ~Who() = default;

    // Roster events, sorted by name.  Throw Error when the index does not say.

    /// One after the other: there may be very many.
    virtual void all(const std::function<void(const Event&)>& each) = 0;
    [[nodiscard]] virtual std::vector<Event> online(const std::vector<std::string>& names) = 0;
};

/// By the profile of the session, else as --classic says.  The tool and the request outlive it.
[[nodiscard]] std::unique_ptr<Who> makeWho(app::Tool& tool, const LoginRequest& request);

}  // namespace im::tools
