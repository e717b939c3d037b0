// SPDX-License-Identifier: BSL-1.0
#include "libim/app/record.hpp"

#include "libim/app/base64.hpp"
#include "libim/app/escape.hpp"
#include "libim/base/utf8.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace im::app {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kAbsent = "-";
constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kRed = "\033[1;31m";
constexpr std::string_view kYellow = "\033[33m";
constexpr std::string_view kPlain = "\033[m";

/// "2026-11-22T17:43:50.001" of a broken-down time.
std::string calendar(const std::tm& t, milliseconds fraction) {
    std::array<char, 64> text{};
    const int length = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03d",
                                     t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min,
                                     t.tm_sec, static_cast<int>(fraction.count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

std::string offset(long east) {
    std::array<char, 16> text{};
    const long minutes = (east < 0 ? -east : east) / 60;
    std::snprintf(text.data(), text.size(), "%c%02ld:%02ld", east < 0 ? '-' : '+',
                  minutes / 60 % 100, minutes % 60);
    return text.data();
}

std::string unixTime(milliseconds sinceEpoch) {
    const auto count = sinceEpoch.count();
    const auto magnitude = count < 0 ? -count : count;
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%s%lld.%03lld", count < 0 ? "-" : "",
                  static_cast<long long>(magnitude / 1000),
                  static_cast<long long>(magnitude % 1000));
    return text.data();
}

std::string_view orAbsent(std::string_view text) {
    return text.empty() ? kAbsent : text;
}

std::string endpointOf(const Event& event) {
    return event.endpoint ? event.endpoint->toString() : std::string();
}

void endRecord(std::string& out, const RecordStyle& style) {
    out += style.nullTerminated ? '\0' : '\n';
}

void appendColored(std::string& out, std::string_view color, std::string_view text) {
    if (color.empty()) return appendEscaped(out, text);
    out += color;
    appendEscaped(out, text);
    out += kPlain;
}

std::string_view colorOf(Trust trust, const RecordStyle& style) {
    if (!style.color) return {};
    if (trust == Trust::Bad) return kRed;
    return trust == Trust::New ? kYellow : std::string_view();
}

void appendUser(std::string& out, const Event& event, const RecordStyle& style) {
    appendColored(out, style.color && !event.user.empty() ? kBold : "", orAbsent(event.user));
}

void appendTrust(std::string& out, const Event& event, const RecordStyle& style) {
    const std::string_view color = colorOf(event.trust, style);
    if (color.empty())
        out += toString(event.trust);  // ours, with nothing to escape
    else
        appendColored(out, color, toString(event.trust));
}

/// `text` as it is; in a record that ends in NUL a NUL would begin another one.
void appendRaw(std::string& out, std::string_view text, const RecordStyle& style) {
    for (;;) {
        const std::size_t end = style.nullTerminated ? text.find('\0') : std::string_view::npos;
        out += text.substr(0, end);
        if (end == std::string_view::npos) return;
        appendUtf8(out, kReplacement);
        text.remove_prefix(end + 1);
    }
}

// ---- Format

std::string fieldText(Field field, const Event& event, TimeStyle time) {
    switch (field) {
        case Field::Time:
            return formatTime(event.at, time);
        case Field::Type:
            return std::string(toString(event.type));
        case Field::User:
            return std::string(orAbsent(event.user));
        case Field::Trust:
            return std::string(toString(event.trust));
        case Field::Endpoint:
            return std::string(orAbsent(endpointOf(event)));
        case Field::Id:
            return std::string(orAbsent(event.id));
        case Field::Sequence:
            return event.sequence ? std::to_string(*event.sequence) : std::string(kAbsent);
        case Field::Text:
            return event.text;
        case Field::Status:
            return std::string(orAbsent(event.status));
        case Field::Since:
            return std::string(kAbsent);  // no index tells it yet
    }
    return {};
}

/// How many characters `text` shows; a byte that is not UTF-8 is one.
std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count) text.remove_prefix(decodeUtf8(text).length);
    return count;
}

void appendPiece(std::string& out, const Format::Piece& piece, const Event& event,
                 const RecordStyle& style) {
    if (!piece.isField) {
        out += piece.literal;
        return;
    }
    const std::string value = fieldText(piece.field, event, style.time);
    std::string text;
    if (piece.raw) {
        appendRaw(text, value, style);
    } else {
        appendEscaped(text, value);
    }
    const std::size_t shown = piece.width == 0 ? 0 : characters(text);
    const std::size_t padding = shown < piece.width ? piece.width - shown : 0;
    if (!piece.left) out.append(padding, ' ');
    out += text;
    if (piece.left) out.append(padding, ' ');
}

void appendFormatted(std::string& out, const Event& event, const RecordStyle& style) {
    for (const Format::Piece& piece : style.format.pieces()) appendPiece(out, piece, event, style);
    endRecord(out, style);
}

// ---- JSON

/// ,"name":"value", or nothing without a value.
void appendMember(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out.append(",\"").append(name).append("\":");
    appendJsonString(out, value);
}

void appendMember(std::string& out, std::string_view name,
                  const std::optional<std::uint64_t>& value) {
    if (value) out.append(",\"").append(name).append("\":").append(std::to_string(*value));
}

/// The text of a talk is there even when it is empty: an empty message is one.
void appendTextMember(std::string& out, const Event& event) {
    if (!isValidUtf8(event.text)) return appendMember(out, "text_b64", toBase64(event.text));
    if (event.text.empty() && event.type == EventType::Talk) out += ",\"text\":\"\"";
    appendMember(out, "text", event.text);
}

std::string_view trustMember(const Event& event) {
    return event.trust == Trust::Absent ? std::string_view() : toString(event.trust);
}

void appendJson(std::string& out, const Event& event, const RecordStyle& style) {
    out += "{\"v\":1";
    if (event.at && style.time != TimeStyle::None)
        appendMember(out, "time", formatTime(event.at, style.time));
    appendMember(out, "type", toString(event.type));
    appendMember(out, "user", event.user);
    appendMember(out, "id", event.id);
    appendMember(out, "seq", event.sequence);
    appendMember(out, "status", event.status);
    appendMember(out, "trust", trustMember(event));
    if (event.type == EventType::Talk) appendMember(out, "via", "direct");
    appendMember(out, "endpoint", endpointOf(event));
    appendMember(out, "sent", event.sent);
    appendTextMember(out, event);
    out += "}\n";
}

// ---- Text

void appendText(std::string& out, const Event& event, const RecordStyle& style) {
    out += formatTime(event.at, style.time);
    out += '\t';
    out += toString(event.type);
    out += '\t';
    appendUser(out, event, style);
    out += '\t';
    appendTrust(out, event, style);
    out += '\t';
    if (style.nullTerminated) {
        appendRaw(out, event.text, style);
    } else {
        appendEscaped(out, event.text);
    }
    endRecord(out, style);
}

/// Whether text records are coloured.
bool wantsColor(const Settings& settings, bool stdoutIsTerminal) {
    constexpr std::array<std::string_view, 3> kChoices{"auto", "always", "never"};
    const std::size_t choice = settings.choice(kColor, kChoices, 0);
    const Given* given = settings.find(kColor);
    const bool said = given != nullptr && given->source == Source::CommandLine;
    const char* noColor = std::getenv("NO_COLOR");
    if (!said && noColor != nullptr && *noColor != '\0') return false;
    if (choice == 0) {
        const char* terminal = std::getenv("TERM");
        return stdoutIsTerminal && terminal != nullptr && std::string_view(terminal) != "dumb" &&
               (noColor == nullptr || *noColor == '\0');
    }
    return choice == 1;
}

void refuseContradictions(const Settings& settings) {
    if (!settings.flag(kJson)) return;
    if (settings.find(kFormat) != nullptr) throw UsageError("--json excludes --format");
    if (settings.flag(kNull)) throw UsageError("--json excludes --null");
}

}  // namespace

RecordStyle recordStyle(const Settings& settings, bool stdoutIsTerminal) {
    constexpr std::array<std::string_view, 4> kTimes{"utc", "local", "unix", "none"};
    refuseContradictions(settings);
    RecordStyle style;
    style.time = static_cast<TimeStyle>(settings.choice(kTime, kTimes, 0));
    style.nullTerminated = settings.flag(kNull);
    style.color = wantsColor(settings, stdoutIsTerminal);
    if (settings.flag(kJson)) style.shape = RecordShape::Json;
    if (settings.find(kFormat) != nullptr) {
        style.shape = RecordShape::Format;
        style.format = Format::parse(settings.text(kFormat));
    }
    return style;
}

std::string formatTime(const std::optional<WallTime>& at, TimeStyle style) {
    if (!at || style == TimeStyle::None) return std::string(kAbsent);
    const milliseconds sinceEpoch = at->time_since_epoch();
    if (style == TimeStyle::Unix) return unixTime(sinceEpoch);
    const seconds whole = std::chrono::floor<seconds>(sinceEpoch);
    const auto clock = static_cast<std::time_t>(whole.count());
    std::tm parts{};
    if (style == TimeStyle::Utc) {
        ::gmtime_r(&clock, &parts);
        return calendar(parts, sinceEpoch - whole) + "Z";
    }
    ::localtime_r(&clock, &parts);
    return calendar(parts, sinceEpoch - whole) + offset(parts.tm_gmtoff);
}

void appendRecord(std::string& out, const Event& event, const RecordStyle& style) {
    switch (style.shape) {
        case RecordShape::Text:
            return appendText(out, event, style);
        case RecordShape::Json:
            return appendJson(out, event, style);
        case RecordShape::Format:
            return appendFormatted(out, event, style);
    }
}

namespace {

void appendShapedRosterLine(std::string& out, const Event& user, const RecordStyle& style) {
    Event line;
    line.type = EventType::Roster;
    line.user = user.user;
    line.status = user.status;
    line.trust = user.trust;
    line.endpoint = user.endpoint;
    if (style.shape == RecordShape::Json) return appendJson(out, line, style);
    line.text = endpointOf(line);
    appendFormatted(out, line, style);
}

}  // namespace

void appendRosterLine(std::string& out, const Event& user, const RecordStyle& style) {
    if (style.shape != RecordShape::Text) return appendShapedRosterLine(out, user, style);
    appendUser(out, user, style);
    out += '\t';
    appendEscaped(out, orAbsent(user.status));
    out += '\t';
    appendTrust(out, user, style);
    out += '\t';
    if (user.endpoint)
        user.endpoint->appendTo(out);
    else
        out += kAbsent;
    out.append("\t").append(kAbsent);
    endRecord(out, style);
}

std::string_view toString(Outcome outcome) {
    switch (outcome) {
        case Outcome::Delivered:
            return "delivered";
        case Outcome::Sent:
            return "sent";
        case Outcome::Queued:
            return "queued";
        case Outcome::Offline:
            return "offline";
        case Outcome::Unknown:
            return "unknown";
        case Outcome::Refused:
            return "refused";
        case Outcome::Timeout:
            return "timeout";
    }
    return kAbsent;
}

void appendReceipt(std::string& out, const Receipt& receipt, bool json) {
    const std::string ms =
        receipt.milliseconds ? std::to_string(*receipt.milliseconds) : std::string();
    if (json) {
        out += R"({"v":1,"type":"receipt")";
        appendMember(out, "id", receipt.id);
        appendMember(out, "to", receipt.to);
        appendMember(out, "result", toString(receipt.outcome));
        appendMember(out, "ms", receipt.milliseconds);
        appendMember(out, "endpoint", receipt.endpoint ? receipt.endpoint->toString() : "");
        out += "}\n";
        return;
    }
    appendEscaped(out, orAbsent(receipt.id));
    out += '\t';
    appendEscaped(out, orAbsent(receipt.to));
    out.append("\t").append(toString(receipt.outcome)).append("\t").append(orAbsent(ms)) += '\n';
}

}  // namespace im::app
