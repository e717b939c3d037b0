// SPDX-License-Identifier: BSL-1.0
// Signals as the loop wants them: blocked from the top of main, taken by Loop::onSignal.  No POCO.
#pragma once

#include <initializer_list>

namespace im::net {

/// Blocks these signals in this thread and those it starts.  First thing in main: one that comes
/// before is not lost then, and one that comes before Loop::onSignal() waits for it.
void blockSignals(std::initializer_list<int> signals);

/// Blocks nothing any more.  For a child before exec; and libPocoFoundation blocks SIGPIPE as it
/// is loaded, from which `imlisten | head -1` would not end.
void unblockAllSignals();

/// Puts back the default action of `signal`, unblocks it and raises it: the process dies by it.
[[noreturn]] void dieBySignal(int signal);

}  // namespace im::net
