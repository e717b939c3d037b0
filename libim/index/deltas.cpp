// SPDX-License-Identifier: BSL-1.0
#include "libim/index/deltas.hpp"

#include "libim/wire/frame.hpp"
#include "libim/wire/record.hpp"
#include "libim/wire/sealed_codec.hpp"

#include <unordered_map>

namespace im::index {

namespace {

// Two numbers of twenty digits.
constexpr std::size_t kLongestHead = 48;
constexpr std::size_t kRoom =
    wire::kMaxUdpPayload - wire::kBoxOverhead - wire::kRecordHeader - kLongestHead;

Bytes frameOf(RosterVersion from, RosterVersion to, const std::string& lines) {
    const std::string text = wire::encodeSealed(wire::Delta{from, to}) + lines;
    Bytes records;
    wire::appendRecord(records, wire::TextRecord{text});
    return records;
}

}  // namespace

std::vector<Bytes> deltaFrames(const Changes& changes, RosterVersion from, RosterVersion to,
                               std::size_t most, const StateOf& stateOf) {
    std::vector<Bytes> frames;
    // Told with its last change: who has another frame of these only gets it with what he lacks.
    std::unordered_map<std::string_view, RosterVersion> last;
    for (RosterVersion at = from; at < to; ++at) last[changes.after(at)] = at;
    std::string lines;
    RosterVersion begin = from;
    for (RosterVersion at = from; at < to; ++at) {
        const std::string_view name = changes.after(at);
        if (last[name] != at) continue;
        const std::string line = "\n" + stateOf(name);
        if (lines.size() + line.size() > kRoom) {
            if (frames.size() + 1 >= most) return {};
            frames.push_back(frameOf(begin, at, lines));
            begin = at;
            lines.clear();
        }
        lines += line;
    }
    frames.push_back(frameOf(begin, to, lines));
    return frames;
}

}  // namespace im::index
