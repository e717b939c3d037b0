// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/roster.hpp"

#include "libim/base/utf8.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace im::wire {

namespace {

constexpr std::string_view kBom{"\xEF\xBB\xBF"};
constexpr unsigned kGroupBits = 7;
constexpr unsigned kMostGroups = 5;
// Bytes of a string that are believed before they are there.
constexpr std::size_t kReserved = std::size_t{1} << 20U;
// Bytes of an entry, rather too few: what is reserved and not used costs nothing.
constexpr std::size_t kUsualItem = 24;
constexpr std::uint64_t kMostLength = std::numeric_limits<std::int32_t>::max();

/// `body` without the U+0000 and U+FEFF behind it, which .NET's comparison with "end" ignores.
std::string_view withoutIgnored(std::string_view body) {
    for (;;) {
        if (!body.empty() && body.back() == '\0') {
            body.remove_suffix(1);
        } else if (body.size() >= kBom.size() && body.substr(body.size() - kBom.size()) == kBom) {
            body.remove_suffix(kBom.size());
        } else {
            return body;
        }
    }
}

bool endsInEnd(std::string_view body) {
    body = withoutIgnored(body);
    return body.size() >= kRosterEnd.size() &&
           body.substr(body.size() - kRosterEnd.size()) == kRosterEnd;
}

/// `text` with each ill-formed byte as U+FFFD.
std::string validUtf8(std::string_view text) {
    if (isValidUtf8(text)) return std::string(text);
    std::string out;
    while (!text.empty()) {
        const CodePoint point = decodeUtf8(text);
        appendUtf8(out, point.valid ? point.value : kReplacement);
        text.remove_prefix(point.length);
    }
    return out;
}

/// Takes one `NAME,IP:PORT`, with further fields or without, unless it is none.
void take(std::string_view item, std::vector<RosterEntry>& into) {
    const std::size_t comma = item.find(',');
    if (comma == std::string_view::npos) return;
    const std::string_view name = withoutBlanks(item.substr(0, comma));
    const std::string_view behind = item.substr(comma + 1);
    const auto endpoint = parseClassicEndpoint(behind.substr(0, behind.find(',')));
    if (!name.empty() && endpoint) into.push_back({validUtf8(name), *endpoint});
}

}  // namespace

void appendRosterEntry(std::string& out, std::string_view name, const Endpoint& endpoint) {
    assert(name.find_first_of(",;") == std::string_view::npos);
    out += name;
    out += ',';
    endpoint.appendTo(out);
    out += ';';
}

std::string rosterPrefix(std::size_t size) {
    std::string prefix;
    for (; size > 0x7F; size >>= kGroupBits)
        prefix.push_back(static_cast<char>(static_cast<unsigned char>(0x80U | (size & 0x7FU))));
    prefix.push_back(static_cast<char>(size));
    return prefix;
}

std::string RosterWriter::finish() {
    body_ += kRosterEnd;
    std::string roster = rosterPrefix(body_.size());
    roster += body_;
    body_.clear();
    return roster;
}

std::string_view toString(RosterError why) {
    switch (why) {
        case RosterError::BadPrefix:
            return "bad length prefix";
        case RosterError::TooLong:
            return "too long";
        case RosterError::Truncated:
            return "truncated";
        case RosterError::NoEnd:
            return "no end";
    }
    return "unknown";
}

Expected<bool, RosterError> RosterReader::feed(BytesView piece) {
    std::string_view text = asText(piece);
    while (!complete_ && !failed_ && !text.empty()) {
        if (inBody_) {
            takeBody(text);
        } else {
            takePrefix(text);
        }
    }
    if (failed_) return Unexpected(*failed_);
    return complete_;
}

void RosterReader::takePrefix(std::string_view& text) {
    const auto byte = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    length_ |= std::uint64_t{byte & 0x7FU} << (kGroupBits * groups_);
    ++groups_;
    const bool more = (byte & 0x80U) != 0;
    if ((more && groups_ == kMostGroups) || length_ > kMostLength) {
        failed_ = RosterError::BadPrefix;
    } else if (!more) {
        startBody();
    }
}

void RosterReader::startBody() {
    // Strings that are skipped count as well, or a hostile index could keep us here for ever.
    spent_ += groups_ + length_;
    if (spent_ - groups_ > limit_) {
        failed_ = RosterError::TooLong;
        return;
    }
    inBody_ = true;
    body_.reserve(std::min<std::size_t>(static_cast<std::size_t>(length_), kReserved));
    if (length_ == 0) endBody();
}

void RosterReader::takeBody(std::string_view& text) {
    const std::size_t missing = static_cast<std::size_t>(length_) - body_.size();
    const std::size_t taken = std::min(missing, text.size());
    body_ += text.substr(0, taken);
    text.remove_prefix(taken);
    if (body_.size() == length_) endBody();
}

void RosterReader::endBody() {
    complete_ = endsInEnd(body_);
    if (complete_) return;
    body_.clear();
    length_ = 0;
    groups_ = 0;
    inBody_ = false;
}

Expected<std::vector<RosterEntry>, RosterError> RosterReader::finish() const {
    if (failed_) return Unexpected(*failed_);
    if (!complete_) {
        const bool within = inBody_ || groups_ > 0;
        return Unexpected(within ? RosterError::Truncated : RosterError::NoEnd);
    }
    std::string_view rest = body_;
    std::vector<RosterEntry> entries;
    entries.reserve(rest.size() / kUsualItem);
    // What stands behind the last semicolon is `end`, or text that ends so, and no user.
    for (std::size_t semicolon = rest.find(';'); semicolon != std::string_view::npos;
         semicolon = rest.find(';')) {
        take(rest.substr(0, semicolon), entries);
        rest.remove_prefix(semicolon + 1);
    }
    return entries;
}

}  // namespace im::wire
