// SPDX-License-Identifier: BSL-1.0
// The options of imsend: the table that --help, im.conf and the test against the manual come
// from, and what a command line asks for.
#pragma once

#include "libim/app/input.hpp"
#include "libim/app/tool.hpp"
#include "libim/base/time.hpp"
#include "libim/node/sender.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace im::imsend {

extern const app::ToolInfo kInfo;

/// Where the messages come from.
enum class Form : std::uint8_t {
    Operands,  ///< the message is on the command line; stdin is not touched
    Plain,     ///< a record of stdin is a message to the RECIPIENT operand
    ToFirst,   ///< -T: "recipient TAB text"
    Json,      ///< -J
};

/// What receipts stdout shows.
enum class Receipts : std::uint8_t { None, Text, Json };

/// What the user wants, options and operands checked.
struct Plan {
    Form form = Form::Plain;
    std::string recipients;  ///< the RECIPIENT operand; empty with ToFirst and Json
    std::string message;     ///< of Form::Operands
    app::Framing framing = app::Framing::Line;
    bool skipEmpty = false;
    bool tee = false;
    bool dryRun = false;
    Receipts receipts = Receipts::None;
    std::uint64_t rate = 0;  ///< messages a second, 0: no limit
    Duration patience{};
    bool classicSaid = false;
    node::Commas commas = node::Commas::Keep;

    [[nodiscard]] bool readsStdin() const { return form != Form::Operands; }
    [[nodiscard]] bool prints() const { return tee || dryRun || receipts != Receipts::None; }
};

/// Throws app::UsageError and Error 64.
[[nodiscard]] Plan planOf(const app::Tool& tool);

}  // namespace im::imsend
