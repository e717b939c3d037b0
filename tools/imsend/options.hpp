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

    // The sealed profile.
    bool ask = false;
    std::string re;  ///< the ID of the message that is answered, or empty
    bool queue = false;
    bool early = true;
    bool allowClassic = false;

    [[nodiscard]] bool readsStdin() const { return form != Form::Operands; }
    [[nodiscard]] bool prints() const { return tee || dryRun || ask || receipts != Receipts::None; }
    /// An option that classic cannot do, or nullptr.
    [[nodiscard]] const char* sealedOnly() const;
};

/// -j, -v or neither.
[[nodiscard]] Receipts receiptsOf(const app::Tool& tool);

/// What imsend was started for.
enum class Task : std::uint8_t { Send, ListOutbox, Flush };

/// Throws app::UsageError where the options exclude each other.
[[nodiscard]] Task taskOf(const app::Tool& tool);

/// Throws app::UsageError and Error 64.
[[nodiscard]] Plan planOf(const app::Tool& tool);

}  // namespace im::imsend
