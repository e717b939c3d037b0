// SPDX-License-Identifier: BSL-1.0
// Output: stdout, with every write checked.  A failure is Error 74 "stdout: no space left on
// device"; a reader that left is ReaderLeft.  The descriptor is inherited and shared, so its
// flags stay as they are: where we may not wait we poll and write at most 4096 bytes at a time,
// which never blocks on a pipe that has been reported writable.
#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace im::app {

/// Nobody reads stdout any more (EPIPE).  Unwinds, so that a login is given back; then runTool()
/// dies by SIGPIPE.
class ReaderLeft : public std::exception {
public:
    const char* what() const noexcept override { return "stdout: the reader has left"; }
};

/// Borrows the descriptor until close().  Not thread-safe.
class Output {
public:
    explicit Output(int fd, std::string name = "stdout") : fd_(fd), name_(std::move(name)) {}

    /// Writes all of it before it returns, waiting where it must.  One write(2) when the
    /// reader has room: a listing is not a call for each page of it.
    void write(std::string_view bytes);

    /// Writes what goes without waiting; returns how much, 0 when the reader is busy.
    [[nodiscard]] std::size_t writeSome(std::string_view bytes);

    /// Whether the reader has gone, asked of the kernel now (POLLERR, POLLHUP); never waits.
    bool readerLeft() const;

    /// Closes the descriptor and checks that, too (a full network disk tells only now).  When
    /// nothing was ever written, a descriptor that was closed from the start is no error.
    void close();

    int fd() const { return fd_; }
    bool isTerminal() const;

private:
    /// write(2) once, at most `most` bytes; 0 when it would block and the descriptor says so.
    std::size_t writeOnce(std::string_view bytes, std::size_t most);
    [[noreturn]] void fail(int errnum) const;

    int fd_;
    std::string name_;
    bool used_ = false;
};

/// Records on their way to an Output whose reader may be slow, so that a loop never waits for
/// it.  Bounded; borrows the Output.  Watch `output().fd()` for POLLOUT while pending() != 0
/// (a regular file is never pending: it takes everything at once).
class OutputQueue {
public:
    static constexpr std::size_t kDefaultLimit = std::size_t{1} << 20U;

    explicit OutputQueue(Output& output, std::size_t limit = kDefaultLimit)
        : output_(output), limit_(limit) {}

    /// Takes `record` and writes what goes at once.  False, and nothing taken, when more than the
    /// limit would be pending; a record is always taken when nothing is pending.
    [[nodiscard]] bool push(std::string_view record);
    /// Writes what goes without waiting.
    void flush();
    /// Writes everything, waiting where it must.
    void drain();

    std::size_t pending() const { return bytes_.size() - written_; }  ///< bytes not yet written
    bool hasRoomFor(std::size_t bytes) const {
        return pending() == 0 || pending() + bytes <= limit_;
    }
    Output& output() { return output_; }

private:
    void forgetWritten();

    Output& output_;
    std::size_t limit_;
    std::string bytes_;
    std::size_t written_ = 0;  // of bytes_; the front is cut off now and then, not each time
};

}  // namespace im::app
