// SPDX-License-Identifier: BSL-1.0
#include "libim/app/journal.hpp"

#include <sys/stat.h>

#include <cstdlib>

namespace im::app {

bool isJournal(int descriptor) {
    const char* const stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (stream == nullptr || ::fstat(descriptor, &status) != 0) return false;
    return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

std::string prefixOf(Priority priority) {
    return "<" + std::to_string(static_cast<int>(priority)) + ">";
}

}  // namespace im::app
