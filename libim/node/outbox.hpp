// SPDX-License-Identifier: BSL-1.0
// Outbox: messages that nobody has acknowledged yet, kept by their sender over crashes and starts:
// $XDG_STATE_HOME/im/outbox/, one file a stream, STREAM.RECIPIENT.queue.
// The format is in outbox_file.hpp.
//
// Who works on a stream has claimed it, by flock(2): the sender that fills it as well as one that
// flushes.  That ends with the process.  Free of POCO and of clocks.
//
// Functions throw Error: 73 when the system refuses or a limit is reached, 77 when directory or
// file is somebody else's or others can read it, 78 (Configuration) damaged or of a newer version.
#pragma once

#include "libim/base/name.hpp"
#include "libim/base/time.hpp"
#include "libim/node/outbox_file.hpp"
#include "libim/node/private_files.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::node {

/// A stream that is ours as long as this lives.  Moves.
class OutboxStream {
public:
    [[nodiscard]] const OutboxContent& content() const { return content_; }
    [[nodiscard]] std::string payload(const OutboxEntry& entry) const;

    /// Appends a message of so many segments; the disk has it on return.  Its number is
    /// content().next() before.  73 when the recipient has Outbox::kMaxMessages pending, in all
    /// streams; 65 (Data) when the message is longer than kMaxOutboxPayload.
    void append(std::string_view payload, std::uint32_t segments, WallTime now);

    /// The listener has shown every segment below `next`.  Less than before changes nothing.
    /// Not synced: what is forgotten of it is sent again, and not shown again.
    /// REQUIRES: next <= content().next().
    void acknowledge(std::uint32_t next);

    [[nodiscard]] bool isAcknowledged() const {
        return content_.firstPending() == content_.entries.size();
    }
    /// Removes the file: all is acknowledged, or given up.  Nothing may be called after it.
    void remove();

private:
    friend class Outbox;
    OutboxStream(std::string path, Descriptor file, OutboxContent content);
    void write(const std::string& record);

    std::string path_;
    Descriptor file_;
    OutboxContent content_;
    bool isTorn_ = false;  // something stands behind content_.size
};

struct OutboxId {
    std::uint64_t stream;
    Name to;

    friend bool operator==(const OutboxId&, const OutboxId&) = default;
};

/// A line of `imsend --outbox`.
struct OutboxSummary {
    OutboxId id;
    std::size_t messages = 0;        ///< pending
    std::size_t bytes = 0;           ///< of those
    std::optional<WallTime> oldest;  ///< of those
    std::optional<WallTime> newest;  ///< of those
    std::optional<OutboxHead> head;  ///< nothing when damaged
    std::int64_t written = 0;        ///< nanoseconds; when the file last was, by its file system
    std::string problem;             ///< why nobody can read it; else empty
};

/// The directory.  A value.
class Outbox {
public:
    static constexpr std::size_t kMaxMessages = 1'000;  ///< pending, of one recipient
    static constexpr std::chrono::days kMaxAge{30};

    explicit Outbox(std::string path) : path_(std::move(path)) {}

    /// A new stream, claimed.  Makes the directory.  REQUIRES: nobody else has that stream id, and
    /// an address as KnownFile takes it.
    [[nodiscard]] OutboxStream create(const OutboxHead& head) const;
    /// Nothing when there is none (any more) or another process has claimed it.
    [[nodiscard]] std::optional<OutboxStream> claim(const OutboxId& id) const;

    /// All streams, or those to one user; the oldest first (of one second: the one
    /// that was not written to for longer), damaged ones last.
    [[nodiscard]] std::vector<OutboxSummary> list(const std::optional<Name>& to = {}) const;
    /// Messages pending for one user.  Damaged files are not counted.
    [[nodiscard]] std::size_t pending(const Name& to) const;

    /// Removes streams whose latest pending message is older than kMaxAge, and such as nothing is
    /// pending of, unless claimed.  Tells those that had messages.
    std::vector<OutboxSummary> expire(WallTime now) const;

private:
    [[nodiscard]] std::string pathOf(const OutboxId& id) const;
    [[nodiscard]] std::vector<OutboxId> ids() const;
    [[nodiscard]] std::optional<OutboxSummary> summaryOf(const OutboxId& id) const;

    std::string path_;
};

}  // namespace im::node
