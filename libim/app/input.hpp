// SPDX-License-Identifier: BSL-1.0
// Input: the records of stdin.  Bytes are taken as they are: a BOM is data, a CR is data.
// Errors of read(2) are Error 74.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace im::app {

enum class Framing : unsigned char {
    Line,   ///< ends in LF; the last may lack it; an empty line is a record
    Null,   ///< ends in NUL; the last may lack it
    Whole,  ///< all of it, also when that is nothing
};

struct InputRecord {
    std::string text;  ///< without its terminator
    /// The record was longer than the limit; `text` is its beginning and the rest was skipped.
    bool tooLong = false;
};

/// Either next(), which waits; or for a loop: watch fd() for POLLIN (or POLLHUP), fill(), and
/// take() until there is nothing.  Borrows the descriptor.
class Input {
public:
    /// `limit`: bytes of a record that are kept (less than SIZE_MAX), so that a stream without line
    /// ends is bounded.
    Input(int fd, Framing framing, std::size_t limit, std::string name = "stdin");

    /// The next record, waiting for it; nothing at the end.
    [[nodiscard]] std::optional<InputRecord> next();

    /// A record that is complete already; never reads.
    [[nodiscard]] std::optional<InputRecord> take();
    /// Framing::Line, for who can do with many lines at once: the bytes read and not taken, whether
    /// a line ends among them, and to take `count` of them away, which end in a line end.  A
    /// reference until the next call.
    [[nodiscard]] std::string_view view() const { return std::string_view(buffer_).substr(start_); }
    [[nodiscard]] bool hasLine() const;
    void drop(std::size_t count);
    /// One read(2), which waits unless the descriptor was reported readable.
    void fill();
    /// No more bytes will come; take() may still give records.
    bool atEnd() const { return ended_; }
    int fd() const { return fd_; }

private:
    std::optional<InputRecord> takeOpen();
    std::optional<InputRecord> takeWhole();
    InputRecord record(std::size_t begin, std::size_t end) const;

    int fd_;
    Framing framing_;
    std::size_t limit_;
    std::string name_;
    std::string buffer_;
    std::size_t start_ = 0;    // of the first record not taken, in buffer_
    std::size_t scanned_ = 0;  // no terminator between start_ and here
    bool skipping_ = false;    // the open record is over the limit: its rest is thrown away
    bool ended_ = false;
    bool wholeTaken_ = false;
};

}  // namespace im::app
