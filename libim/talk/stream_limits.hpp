// SPDX-License-Identifier: BSL-1.0
// The numbers of streams, in one place, each with its reason (doc/protocol.md, "Streams").
#pragma once

#include "libim/base/time.hpp"
#include "libim/wire/segment.hpp"

#include <cstddef>
#include <cstdint>

namespace im::talk {

using namespace std::chrono_literals;

/// Segments beyond the acknowledged one: an ACK has one mask of 64 bits, and what lies beyond it
/// would be taken for lost.
inline constexpr std::uint32_t kStreamWindow = 64;

/// What a message has before its text (talk_message.hpp): a verb, an ID, a time, a name.
inline constexpr std::size_t kMaxTalkHead = 128;
inline constexpr std::size_t kMaxText = std::size_t{1} << 20U;  ///< of a sealed session
inline constexpr std::size_t kMaxMessage = kMaxText + kMaxTalkHead;
/// From somebody whose key was never seen before.
inline constexpr std::size_t kMaxStrangerMessage = (std::size_t{16} << 10U) + kMaxTalkHead;

/// Segments that a message of `size` bytes takes.
[[nodiscard]] constexpr std::size_t segmentsOf(std::size_t size) {
    return size == 0 ? 1 : (size + wire::kMaxSegment - 1) / wire::kMaxSegment;
}

/// What waits at a sender: twice the longest message, so that one is read while one is sent.
inline constexpr std::size_t kSendBuffer = 2'048;

/// A stream has no more segments than this, so that numbers never wrap: four hours at 300,000 a
/// second.  The sender ends it and begins another.
inline constexpr std::uint64_t kMaxSegments = 0xFFFF'FF00;

// Round trips and losses: RFC 9002, with its recommended constants.
inline constexpr Duration kInitialRoundTrip = 333ms;
inline constexpr Duration kTimerGranularity = 1ms;
inline constexpr std::uint64_t kReorderThreshold = 3;  ///< later frames that make one lost
inline constexpr unsigned kInitialFrames = 10;
inline constexpr unsigned kLeastFrames = 2;
inline constexpr double kPacing = 1.25;
inline constexpr unsigned kBurst = 10;
inline constexpr unsigned kProbes = 2;
/// After so many probe timeouts in a row the window is the least one.
inline constexpr unsigned kPersistent = 3;
/// A lost "there is room again" is found out by the next probe; they come at least this often.
inline constexpr Duration kProbeIntervalLongest = 8s;

/// No progress: after this the peer is looked up again, ...
inline constexpr Duration kNewPathAfter = 30s;
/// ... and after this the stream fails.
inline constexpr Duration kGiveUpAfter = 120s;
/// The peer answers, but its reader takes nothing.
inline constexpr Duration kBlockedPatience = 10min;

/// The receiver acknowledges every second frame, or after this.
inline constexpr Duration kAckDelay = 25ms;
inline constexpr unsigned kAckEvery = 2;

/// What may wait to be shown, or for the rest of its message, in blocks of one segment.
inline constexpr std::size_t kPinnedBlocks = (std::size_t{16} << 20U) / wire::kMaxSegment;
inline constexpr std::size_t kStrangerBlocks = (std::size_t{1} << 20U) / wire::kMaxSegment;
/// So much of them is kept for one message at a time, so that halves of many messages cannot
/// lock each other out.
inline constexpr std::size_t kReserveBlocks = segmentsOf(kMaxMessage) + kStreamWindow;
inline constexpr std::size_t kStrangerReserve = segmentsOf(kMaxStrangerMessage) + kStreamWindow;
/// The half of a message is forgotten when its sender must have given up, and a little more.
inline constexpr Duration kHalfMessagePatience = kGiveUpAfter + 30s;

/// Streams in the table: what a key K has to remember so that no early data is shown twice.
inline constexpr std::size_t kMostStreams = 65'536;
inline constexpr std::size_t kMostStreamsOfPinned = 1'024;
inline constexpr std::size_t kMostStreamsOfStranger = 64;
/// What of one identity stays longer than its K, so that a stream that had nothing to say for a day
/// is not told as a gap.  None when the table is half full.
inline constexpr std::size_t kOldStreamsKept = kMostStreamsOfStranger / 2;
/// Streams that begin in a BOX, whose session cannot be replayed, may fill this much more.
constexpr std::size_t withRoomForBox(std::size_t most) {
    return most + most / 4;
}

}  // namespace im::talk
