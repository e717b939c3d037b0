// SPDX-License-Identifier: BSL-1.0
// The five things imlogin does, one function each.  Each returns the exit status and throws what
// the tool is to report.
#pragma once

#include "libim/app/record.hpp"
#include "libim/app/tool.hpp"
#include "libim/node/account.hpp"

#include <optional>
#include <string>
#include <vector>

namespace im::tools {

struct LoginRequest {
    node::AccountQuery query;
    node::LocalWish local;
    app::RecordStyle style;
    std::optional<Duration> timeout;
};

/// How long to wait for the index.
[[nodiscard]] Duration patienceOf(const LoginRequest& request);

/// Registers or renews; beside an imlisten on the session only prints the roster.
int registerUser(app::Tool& tool, const LoginRequest& request);

int list(app::Tool& tool, const LoginRequest& request);
int logOut(app::Tool& tool, const LoginRequest& request);
int isOnline(app::Tool& tool, const LoginRequest& request, const std::vector<std::string>& users);
int waitFor(app::Tool& tool, const LoginRequest& request, const std::vector<std::string>& users);

}  // namespace im::tools
