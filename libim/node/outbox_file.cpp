// SPDX-License-Identifier: BSL-1.0
#include "libim/node/outbox_file.hpp"

#include "libim/base/error.hpp"
#include "libim/noise/short_hash.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>

namespace im::node {

namespace {

constexpr std::string_view kMagic = "im outbox ";
constexpr std::size_t kLongestHead = 2048;
/// Of a record: six numbers.
constexpr std::size_t kLongestLine = 128;
constexpr std::size_t kSumDigits = 16;

Error damaged(const std::string& file, const std::string& why) {
    return Error(ErrorKind::Configuration, "outbox " + file + ": damaged: " + why,
                 "read it with cat(1), then remove it");
}

std::string hexOf(std::uint64_t value) {
    std::array<char, kSumDigits + 1> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
    return text.data();
}

/// All of the text, in its only spelling.
template <typename Number>
std::optional<Number> parseNumber(std::string_view text, int base = 10) {
    Number number{};
    const char* const last = text.data() + text.size();
    const auto [end, problem] = std::from_chars(text.data(), last, number, base);
    if (problem != std::errc{} || end != last) return {};
    return number;
}

std::optional<std::uint64_t> parseSum(std::string_view text) {
    const auto sum = parseNumber<std::uint64_t>(text, 16);
    if (!sum || hexOf(*sum) != text) return {};
    return sum;
}

std::optional<WallTime> parseTime(std::string_view text) {
    // Later than the year 9999 is no time; milliseconds of it must fit.
    constexpr std::int64_t kLatest = 253'402'300'799;
    const auto seconds = parseNumber<std::int64_t>(text);
    if (!seconds || *seconds < 0 || *seconds > kLatest) return {};
    return WallTime(std::chrono::seconds(*seconds));
}

std::string secondsOf(WallTime time) {
    return std::to_string(
        std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

std::uint64_t sumOf(std::string_view bytes) {
    return noise::shortHash(bytes, {});
}

/// The word up to the next blank.
std::string_view takeWord(std::string_view& line) {
    const std::size_t end = line.find(' ');
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    return word;
}

struct HeadText {
    std::string_view stream, from, to, identity, index, server, first, created;

    void set(std::string_view key, std::string_view value) {
        if (key == "stream") stream = value;
        if (key == "from") from = value;
        if (key == "to") to = value;
        if (key == "identity") identity = value;
        if (key == "index") index = value;
        if (key == "server") server = value;
        if (key == "first") first = value;
        if (key == "created") created = value;
        // Any other key is of a later release of the same version: not ours to judge.
    }
};

std::optional<OutboxHead> parseHead(const HeadText& text) {
    const auto stream = parseSum(text.stream);
    const auto from = Name::parse(text.from);
    const auto to = Name::parse(text.to);
    const auto identity = noise::parseFingerprint(text.identity);
    const auto index = noise::parseFingerprint(text.index);
    const auto first = parseNumber<std::uint32_t>(text.first);
    const auto created = parseTime(text.created);
    if (!stream || !from || !to || !identity || !index || !first || !created) return {};
    return OutboxHead{*stream, *from,   *to, *identity, *index, std::string(text.server),
                      *first,  *created};
}

/// The head, and where the records begin.
std::pair<OutboxHead, std::size_t> readHead(const OutboxSource& source, const std::string& file) {
    const std::string bytes = source(0, kLongestHead);
    const std::string_view all = bytes;
    const std::size_t end = all.find("\n\n");
    if (!all.starts_with(kMagic)) throw damaged(file, "not an outbox");
    if (end == std::string_view::npos) throw damaged(file, "its head does not end");
    std::string_view lines = all.substr(0, end + 1);
    HeadText text;
    for (bool isFirst = true; !lines.empty(); isFirst = false) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(line.size() + 1);
        if (isFirst && line.substr(kMagic.size()) != "1")
            throw Error(ErrorKind::Configuration,
                        "outbox " + file + ": of a newer version than this program");
        const std::size_t blank = line.find(' ');
        if (blank == std::string_view::npos) throw damaged(file, "a line without a value");
        text.set(line.substr(0, blank), line.substr(blank + 1));
    }
    auto head = parseHead(text);
    if (!head) throw damaged(file, "a value is missing or wrong");
    return {std::move(*head), end + 2};
}

/// Of "message SEQUENCE SEGMENTS AT BYTES SUM SUM"; `offset` is the caller's.
std::optional<OutboxEntry> parseMessage(std::string_view line) {
    const std::size_t blank = line.rfind(' ');
    if (blank == std::string_view::npos ||
        parseSum(line.substr(blank + 1)) != sumOf(line.substr(0, blank)))
        return {};
    takeWord(line);
    const auto sequence = parseNumber<std::uint32_t>(takeWord(line));
    const auto segments = parseNumber<std::uint32_t>(takeWord(line));
    const auto at = parseTime(takeWord(line));
    const auto length = parseNumber<std::size_t>(takeWord(line));
    const auto sum = parseSum(takeWord(line));
    if (!sequence || !segments || *segments == 0 || *sequence + *segments < *sequence || !at ||
        !length || *length > kMaxOutboxPayload || !sum)
        return {};
    return OutboxEntry{*sequence, *segments, *at, 0, *length, *sum};
}

/// Records, one after the other.
class Scan {
public:
    Scan(const OutboxSource& source, std::size_t size, const std::string& file)
        : Scan(source, size, file, readHead(source, file)) {}

    OutboxContent run() {
        while (content_.size < end_ && takeRecord()) {
        }
        return std::move(content_);
    }

private:
    Scan(const OutboxSource& source, std::size_t size, const std::string& file,
         const std::pair<OutboxHead, std::size_t>& head)
        : source_(source),
          end_(size),
          file_(file),
          content_{head.first, {}, head.first.first, head.second} {}

    /// False when what follows is unfinished.
    bool takeRecord() {
        const std::string bytes = source_(content_.size, kLongestLine);
        const std::string_view text = bytes;
        // Of a block that never reached the disk.  Each record waits for the disk to have the one
        // before it, so nothing that counts can be behind it.
        if (text.empty() || text.front() == '\0') return false;
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) {
            if (content_.size + text.size() < end_) throw damaged(file_, "a line is too long");
            return false;
        }
        const std::string_view line = text.substr(0, end);
        if (line.starts_with("message ")) return takeMessage(line);
        if (!line.starts_with("acknowledged ")) throw damaged(file_, "a record is none");
        takeAcknowledged(line);
        return true;
    }

    void takeAcknowledged(std::string_view line) {
        std::string_view rest = line;
        takeWord(rest);
        const auto next = parseNumber<std::uint32_t>(rest);
        if (!next || *next < content_.acknowledged || *next > content_.next())
            throw damaged(file_, "an acknowledgement is wrong");
        content_.acknowledged = *next;
        content_.size += line.size() + 1;
    }

    bool takeMessage(std::string_view line) {
        auto entry = parseMessage(line);
        if (!entry || entry->sequence != content_.next())
            throw damaged(file_, "the head of a message is wrong");
        entry->offset = content_.size + line.size() + 1;
        const std::size_t end = entry->offset + entry->length + 1;
        if (end > end_) return false;
        if (end == end_ && !isWhole(*entry)) return false;
        if (source_(end - 1, 1) != "\n") throw damaged(file_, "a message does not end");
        content_.entries.push_back(*entry);
        content_.size = end;
        return true;
    }

    bool isWhole(const OutboxEntry& entry) const {
        const std::string bytes = source_(entry.offset, entry.length + 1);
        return bytes.size() == entry.length + 1 && bytes.back() == '\n' &&
               sumOf(std::string_view(bytes).substr(0, entry.length)) == entry.sum;
    }

    const OutboxSource& source_;
    std::size_t end_;
    const std::string& file_;
    OutboxContent content_;
};

}  // namespace

std::size_t OutboxContent::firstPending() const {
    const auto first = std::find_if(entries.begin(), entries.end(), [this](const OutboxEntry& e) {
        return e.end() > acknowledged;
    });
    return static_cast<std::size_t>(first - entries.begin());
}

OutboxContent scanOutbox(const OutboxSource& source, std::size_t size, const std::string& file) {
    return Scan(source, size, file).run();
}

std::string readPayload(const OutboxSource& source, const OutboxEntry& entry,
                        const std::string& file) {
    std::string bytes = source(entry.offset, entry.length);
    if (bytes.size() != entry.length || sumOf(bytes) != entry.sum)
        throw damaged(file, "message " + std::to_string(entry.sequence) + " is not as written");
    return bytes;
}

std::string printHead(const OutboxHead& head) {
    std::string out(kMagic);
    out += "1\nstream " + hexOf(head.stream);
    out += "\nfrom " + head.from.str();
    out += "\nto " + head.to.str();
    out += "\nidentity " + noise::fingerprint(head.identity);
    out += "\nindex " + noise::fingerprint(head.index);
    out += "\nserver " + head.server;
    out += "\nfirst " + std::to_string(head.first);
    out += "\ncreated " + secondsOf(head.created) + "\n\n";
    return out;
}

PrintedMessage printMessage(std::uint32_t sequence, std::uint32_t segments, WallTime at,
                            std::string_view payload) {
    PrintedMessage out;
    out.entry = {sequence, segments,       std::chrono::floor<std::chrono::seconds>(at),
                 0,        payload.size(), sumOf(payload)};
    out.record = "message " + std::to_string(sequence) + " " + std::to_string(segments) + " " +
                 secondsOf(at) + " " + std::to_string(payload.size()) + " " + hexOf(out.entry.sum);
    out.record += " " + hexOf(sumOf(out.record)) + "\n";
    out.entry.offset = out.record.size();
    out.record += payload;
    out.record += '\n';
    return out;
}

std::string printAcknowledged(std::uint32_t next) {
    return "acknowledged " + std::to_string(next) + "\n";
}

}  // namespace im::node
