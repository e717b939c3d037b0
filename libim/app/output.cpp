// SPDX-License-Identifier: BSL-1.0
#include "libim/app/output.hpp"

#include "libim/base/error.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace im::app {

namespace {

// PIPE_BUF of Linux: as much as a pipe that poll(2) calls writable takes without blocking.
constexpr std::size_t kPiece = 4096;

constexpr int kForever = -1;

/// The events of `fd`, as poll(2) tells them within `milliseconds`; 0 when none came.
short ask(int fd, short events, int milliseconds) {
    pollfd one{fd, events, 0};
    return ::poll(&one, 1, milliseconds) > 0 ? one.revents : short{0};
}

}  // namespace

void Output::fail(int errnum) const {
    if (errnum == EPIPE) throw ReaderLeft();
    throw systemError(ErrorKind::InputOutput, name_, errnum);
}

std::size_t Output::writeOnce(std::string_view bytes, std::size_t most) {
    used_ = true;
    for (;;) {
        const ssize_t count = ::write(fd_, bytes.data(), std::min(bytes.size(), most));
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno == EAGAIN) return 0;
        if (errno != EINTR) fail(errno);
    }
}

void Output::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t count = writeOnce(bytes, bytes.size());
        if (count == 0) ask(fd_, POLLOUT, kForever);
        bytes.remove_prefix(count);
    }
}

std::size_t Output::writeSome(std::string_view bytes) {
    std::size_t done = 0;
    while (done < bytes.size() && ask(fd_, POLLOUT, 0) != 0) {
        const std::size_t count = writeOnce(bytes.substr(done), kPiece);
        if (count == 0) break;
        done += count;
    }
    return done;
}

bool Output::readerLeft() const {
    return (ask(fd_, 0, 0) & (POLLERR | POLLHUP)) != 0;
}

void Output::close() {
    if (fd_ < 0) return;
    const int closed = ::close(std::exchange(fd_, -1));
    // EINTR: the descriptor is gone all the same, and nothing was lost (Linux).
    if (closed == 0 || errno == EINTR || (errno == EBADF && !used_)) return;
    fail(errno);
}

bool Output::isTerminal() const {
    return ::isatty(fd_) == 1;
}

bool OutputQueue::push(std::string_view record) {
    if (!hasRoomFor(record.size())) return false;
    bytes_ += record;
    flush();
    return true;
}

void OutputQueue::flush() {
    if (pending() == 0) return;
    written_ += output_.writeSome(std::string_view(bytes_).substr(written_));
    forgetWritten();
}

void OutputQueue::drain() {
    output_.write(std::string_view(bytes_).substr(written_));
    written_ = bytes_.size();
    forgetWritten();
}

void OutputQueue::forgetWritten() {
    // Cutting the front costs a move of the rest: only when it is at least half of it.
    if (written_ < bytes_.size() && written_ * 2 < bytes_.size()) return;
    bytes_.erase(0, written_);
    written_ = 0;
}

}  // namespace im::app
