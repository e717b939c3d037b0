// SPDX-License-Identifier: BSL-1.0
#include "libim/app/unhurried_lines.hpp"

#include <poll.h>
#include <unistd.h>

namespace im::app {

bool UnhurriedLines::hasRoom() const {
    pollfd one{fd_, POLLOUT, 0};
    return ::poll(&one, 1, 0) > 0;
}

void UnhurriedLines::write(std::string_view line) const {
    std::string cut;
    if (line.size() > kMostBytes) {
        cut.append(line.substr(0, kMostBytes - 1)).append("\n");
        line = cut;
    }
    // Nobody could be told that telling failed.
    [[maybe_unused]] const ssize_t ignored = ::write(fd_, line.data(), line.size());
}

void UnhurriedLines::say(std::string_view line) {
    if (unsaid_ > 0 && hasRoom()) {
        write(name_ + ": " + std::to_string(unsaid_) +
              (unsaid_ == 1 ? " line was" : " lines were") + " not said\n");
        unsaid_ = 0;
    }
    if (unsaid_ > 0 || !hasRoom()) {
        ++unsaid_;
        return;
    }
    write(line);
}

}  // namespace im::app
