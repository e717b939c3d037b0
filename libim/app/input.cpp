// SPDX-License-Identifier: BSL-1.0
#include "libim/app/input.hpp"

#include "libim/base/error.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace im::app {

namespace {

constexpr std::size_t kBlock = 65536;  // of one read(2): what a pipe holds

void waitReadable(int fd) {
    pollfd one{fd, POLLIN, 0};
    ::poll(&one, 1, -1);
}

}  // namespace

Input::Input(int fd, Framing framing, std::size_t limit, std::string name)
    : fd_(fd), framing_(framing), limit_(limit), name_(std::move(name)) {}

std::optional<InputRecord> Input::next() {
    for (;;) {
        if (auto record = take()) return record;
        if (ended_) return {};
        fill();
    }
}

void Input::fill() {
    buffer_.erase(0, start_);
    scanned_ -= start_;
    start_ = 0;
    const std::size_t held = buffer_.size();
    buffer_.resize(held + kBlock);
    ssize_t count = 0;
    while ((count = ::read(fd_, buffer_.data() + held, kBlock)) < 0) {
        const int why = errno;
        if (why == EAGAIN) waitReadable(fd_);  // somebody else made our descriptor non-blocking
        if (why == EAGAIN || why == EINTR) continue;
        buffer_.resize(held);
        throw systemError(ErrorKind::InputOutput, name_, why);
    }
    buffer_.resize(held + static_cast<std::size_t>(count));
    ended_ = count == 0;
}

/// Not while the rest of a line over the limit is thrown away.
bool Input::hasLine() const {
    return !skipping_ && buffer_.find('\n', scanned_) != std::string::npos;
}

void Input::drop(std::size_t count) {
    start_ += count;
    scanned_ = start_;
}

std::optional<InputRecord> Input::take() {
    if (framing_ == Framing::Whole) return takeWhole();
    const char terminator = framing_ == Framing::Line ? '\n' : '\0';
    for (;;) {
        const std::size_t end = buffer_.find(terminator, scanned_);
        if (end == std::string::npos) return takeOpen();
        const bool rest = std::exchange(skipping_, false);
        const std::size_t begin = std::exchange(start_, end + 1);
        scanned_ = start_;
        if (!rest) return record(begin, end);
    }
}

/// What is there of a record whose terminator is not: the last one, or one over the limit.
std::optional<InputRecord> Input::takeOpen() {
    const std::size_t begin = start_;
    scanned_ = buffer_.size();
    const bool over = scanned_ - begin > limit_;
    if (skipping_ || over || ended_) start_ = scanned_;
    const bool isRecord = !skipping_ && (over || (ended_ && scanned_ > begin));
    skipping_ = skipping_ || over;
    if (!isRecord) return {};
    return record(begin, scanned_);
}

std::optional<InputRecord> Input::takeWhole() {
    if (buffer_.size() > limit_ + 1) buffer_.resize(limit_ + 1);  // one more, to know
    if (!ended_ || wholeTaken_) return {};
    wholeTaken_ = true;
    return record(0, buffer_.size());
}

InputRecord Input::record(std::size_t begin, std::size_t end) const {
    const std::size_t length = end - begin;
    return {buffer_.substr(begin, std::min(length, limit_)), length > limit_};
}

}  // namespace im::app
