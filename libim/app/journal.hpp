// SPDX-License-Identifier: BSL-1.0
// What systemd's journal takes from a line on stderr: its priority, as sd-daemon(3) has it.
// By hand, for the reason of libim/net/notify.hpp.  No POCO.
#pragma once

#include <string>

namespace im::app {

/// Those of syslog(3); the numbers are the prefixes.
enum class Priority {
    Error = 3,    ///< the program ends for it
    Warning = 4,  ///< it goes on
    Notice = 5,   ///< worth knowing
    Info = 6,     ///< was asked for
    Debug = 7,    ///< one of many
};

/// Whether $JOURNAL_STREAM says that `descriptor` leads to the journal.  A variable that was
/// inherited beside a stderr that leads elsewhere says no.
[[nodiscard]] bool isJournal(int descriptor);

/// "<4>"
[[nodiscard]] std::string prefixOf(Priority priority);

}  // namespace im::app
