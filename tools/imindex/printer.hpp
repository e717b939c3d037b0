// SPDX-License-Identifier: BSL-1.0
// Printer: the records of imindex -v on stdout, which never keep the index waiting and never end
// it.  A reader that is slow gets a `gap` record for what did not fit; when stdout fails, that is
// said once on stderr, and nothing is printed any more.  Not thread-safe; it belongs to its loop.
#pragma once

#include "libim/app/output.hpp"
#include "libim/app/record.hpp"
#include "libim/app/tool.hpp"
#include "libim/base/event.hpp"
#include "libim/net/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace im::tools {

class Printer {
public:
    /// Bytes that wait for a slow reader: some 15,000 records.
    static constexpr std::size_t kLimit = std::size_t{1} << 20U;

    Printer(app::Tool& tool, net::Loop& loop, app::RecordStyle style);
    ~Printer();

    /// Keeps a record until endTurn().
    void add(const Event& event);
    /// Prints `line` as it is, at once.
    void addLine(std::string_view line);
    /// Prints what came in this turn, in one write.
    void endTurn();

private:
    void write();
    void tellGap();
    void writable(net::LoopEvents events);
    void watch();
    void stop(const std::string& why);

    app::Tool& tool_;
    net::Loop& loop_;
    app::RecordStyle style_;
    app::OutputQueue queue_;
    bool stopped_ = false;
    bool watched_ = false;
    std::string fresh_;            // of this turn
    std::uint64_t freshFrom_ = 1;  // number of its first record
    std::uint64_t next_ = 1;       // number of the next record
    std::uint64_t gapFrom_ = 0;    // first record of a gap not yet told; 0: none
    std::uint64_t gapTo_ = 0;
    std::optional<WallTime> gapAt_;
};

}  // namespace im::tools
