// SPDX-License-Identifier: BSL-1.0
#include "tools/imindex/refusal_log.hpp"

#include <string>

namespace im::tools {

RefusalLog::RefusalLog(const app::Tool& tool, net::Loop& loop)
    : tool_(tool),
      loop_(loop),
      limit_([&tool](const std::string& line) { tool.complain(line, app::Priority::Debug); }) {
    loop.atDeadline([this] { return limit_.nextDeadline(); }, [this] { limit_.tick(loop_.now()); });
}

void RefusalLog::add(index::Refusal why, const Endpoint& source) {
    const std::string kind = "refused: " + std::string(toString(why));
    if (limit_.admits(kind, loop_.now()))
        tool_.complain(source.toString() + ": " + kind, app::Priority::Debug);
}

}  // namespace im::tools
