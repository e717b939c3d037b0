// SPDX-License-Identifier: BSL-1.0
// UnhurriedLines: lines for a reader who may be slow or asleep, for a program that must not wait
// for him (imindex and its stderr).  A line that finds no room is dropped and counted; how many
// there were is said before the next that finds some.  The descriptor is inherited, so it is asked
// by poll(2) and not made non-blocking: that would change it for everybody who has it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace im::app {

class UnhurriedLines {
public:
    /// As much as a pipe that poll(2) calls writable takes without blocking.
    static constexpr std::size_t kMostBytes = 4096;

    /// `name` is the program's, for "imindex: 12 lines were not said", with what begins a line.
    UnhurriedLines(int fd, std::string_view name) : fd_(fd), name_(name) {}

    /// Writes `line`, with its line end, in one piece, and at most kMostBytes of it; or drops it.
    void say(std::string_view line);

    /// Lines dropped since that was last said.
    [[nodiscard]] std::uint64_t unsaid() const { return unsaid_; }

private:
    [[nodiscard]] bool hasRoom() const;
    void write(std::string_view line) const;

    int fd_;
    std::string name_;
    std::uint64_t unsaid_ = 0;
};

}  // namespace im::app
