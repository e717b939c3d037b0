// SPDX-License-Identifier: BSL-1.0
#include "libim/app/unhurried_lines.hpp"

#include "tests/support/catch.hpp"

#include <unistd.h>

#include <array>
#include <string>

using im::app::UnhurriedLines;

namespace {

/// A pipe whose reader reads when told.
class Pipe {
public:
    Pipe() { REQUIRE(::pipe(ends_.data()) == 0); }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    int writer() const { return ends_[1]; }
    std::string read(std::size_t most) const {
        std::string text(most, ' ');
        const ssize_t count = ::read(ends_[0], text.data(), text.size());
        text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return text;
    }

private:
    std::array<int, 2> ends_{};
};

constexpr std::size_t kMostPipeBytes = std::size_t{1} << 20U;

}  // namespace

TEST_CASE("A line that finds room is written as it is") {
    const Pipe pipe;
    UnhurriedLines lines(pipe.writer(), "imindex");
    lines.say("imindex: one\n");
    CHECK(pipe.read(100) == "imindex: one\n");
    CHECK(lines.unsaid() == 0);
}

TEST_CASE("A line that finds no room is dropped, counted, and told of when there is room") {
    const Pipe pipe;
    UnhurriedLines lines(pipe.writer(), "imindex");
    const std::string line(99, 'x');
    for (std::size_t i = 0; i * line.size() < kMostPipeBytes && lines.unsaid() < 7; ++i)
        lines.say(line + "\n");
    REQUIRE(lines.unsaid() == 7);
    CHECK(pipe.read(kMostPipeBytes).find("not said") == std::string::npos);
    lines.say("imindex: again\n");
    CHECK(pipe.read(100) == "imindex: 7 lines were not said\nimindex: again\n");
    CHECK(lines.unsaid() == 0);
}

TEST_CASE("No line is longer than a pipe with room takes at once") {
    const Pipe pipe;
    UnhurriedLines lines(pipe.writer(), "imindex");
    lines.say(std::string(10'000, 'x') + "\n");
    CHECK(pipe.read(kMostPipeBytes) == std::string(UnhurriedLines::kMostBytes - 1, 'x') + "\n");
}
