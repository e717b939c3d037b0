// SPDX-License-Identifier: BSL-1.0
// Records: one event, roster line or receipt as stdout shows it, see imevents(5).  Pure: no
// clock, no descriptor; local time asks the C library for the zone.
#pragma once

#include "libim/app/format.hpp"
#include "libim/app/settings.hpp"
#include "libim/base/event.hpp"
#include "libim/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace im::app {

enum class RecordShape : std::uint8_t { Text, Json, Format };
enum class TimeStyle : std::uint8_t { Utc, Local, Unix, None };

/// What the record options came to.
struct RecordStyle {
    RecordShape shape = RecordShape::Text;
    bool nullTerminated = false;  ///< -0
    TimeStyle time = TimeStyle::Utc;
    bool color = false;  ///< text only: BAD is red, new is yellow, the user is bold
    Format format;       ///< of RecordShape::Format
};

/// From -j, -0, -F, --time, --color and NO_COLOR.  Error 64 when -j stands with -0 or -F.
/// NO_COLOR means `never` unless the command line says --color.
[[nodiscard]] RecordStyle recordStyle(const Settings& settings, bool stdoutIsTerminal);

/// RFC 3339 with milliseconds (local: with its offset); seconds with three decimals; "-".
[[nodiscard]] std::string formatTime(const std::optional<WallTime>& at, TimeStyle style);

/// TIME TYPE USER TRUST TEXT, with its terminator.  JSON: v, time, type, user, id, seq, status,
/// trust, via, endpoint, sent, text (or text_b64), each left out without a value; `time` is a
/// string in every --time, and left out with `none`.
/// In a record that ends in NUL, a NUL of a raw text is written U+FFFD: no peer can forge one.
void appendRecord(std::string& out, const Event& event, const RecordStyle& style);

/// A line of imlogin's roster: USER STATUS TRUST ENDPOINT SINCE.  JSON: v, type, user, status,
/// trust, endpoint, since.  Reads user, status, trust and endpoint of `user`.
void appendRosterLine(std::string& out, const Event& user, const RecordStyle& style);

/// What became of one message to one recipient.
enum class Outcome : std::uint8_t { Delivered, Sent, Queued, Offline, Unknown, Refused, Timeout };
[[nodiscard]] std::string_view toString(Outcome outcome);  ///< "delivered", ...

struct Receipt {
    std::string id;  ///< empty in classic
    std::string to;  ///< the recipient as resolved: a user, or user@host:port
    Outcome outcome = Outcome::Sent;
    std::optional<std::uint64_t> milliseconds;
    std::optional<Endpoint> endpoint;
};

/// "ID RECIPIENT RESULT MS" TAB-separated, "-" for what is absent, or with `json` an object.
void appendReceipt(std::string& out, const Receipt& receipt, bool json);

}  // namespace im::app
