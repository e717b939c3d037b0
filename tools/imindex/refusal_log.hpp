// SPDX-License-Identifier: BSL-1.0
// RefusalLog: the line on stderr that each refusal gets with -vv, so many a second of each kind
// (LineLimit).  Belongs to the loop.
#pragma once

#include "libim/app/line_limit.hpp"
#include "libim/app/tool.hpp"
#include "libim/base/address.hpp"
#include "libim/index/classic_index.hpp"
#include "libim/net/loop.hpp"

namespace im::tools {

class RefusalLog {
public:
    RefusalLog(const app::Tool& tool, net::Loop& loop);

    void add(index::Refusal why, const Endpoint& source);

private:
    const app::Tool& tool_;
    net::Loop& loop_;
    app::LineLimit limit_;
};

}  // namespace im::tools
