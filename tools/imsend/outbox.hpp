// SPDX-License-Identifier: BSL-1.0
// imsend --outbox, and --flush [USER].
#pragma once

#include "libim/app/tool.hpp"
#include "tools/imsend/options.hpp"

namespace im::imsend {

/// A line for each stream that waits: USER MESSAGES BYTES SINCE STREAM, TAB-separated, or with -j
/// an object; the oldest first.  What is damaged is said on stderr.  The exit status.
int listOutbox(app::Tool& tool);

/// Tries to deliver what waits, and gives up what is too old.  The exit status: 0 when nothing is
/// left of what was to be delivered.
int flushOutbox(app::Tool& tool);

}  // namespace im::imsend
