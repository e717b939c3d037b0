// SPDX-License-Identifier: BSL-1.0
#include "libim/net/loop_inquiry.hpp"

#include "libim/base/error.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace im::net {

LoopInquiry::LoopInquiry(Loop& loop, std::function<void()> answer)
    : loop_(loop), answer_(std::move(answer)), bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (bell_ < 0) throw systemError(ErrorKind::OperatingSystem, "cannot make an eventfd", errno);
    loop_.watch(bell_, kLoopRead, [this](LoopEvents) {
        eventfd_t rings = 0;
        static_cast<void>(::eventfd_read(bell_, &rings));
        rung_ = true;
    });
    loop_.atEndOfTurn([this] { endTurn(); });
}

LoopInquiry::~LoopInquiry() {
    loop_.forget(bell_);
    ::close(bell_);
}

void LoopInquiry::endTurn() {
    if (!std::exchange(rung_, false)) return;
    const std::lock_guard lock(mutex_);
    answer_();
    answered_ = asked_;
    answeredOne_.notify_all();
}

bool LoopInquiry::ask(Duration patience, const std::function<void()>& take) {
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = ++asked_;
    static_cast<void>(::eventfd_write(bell_, 1));
    answeredOne_.wait_for(lock, patience, [&] { return answered_ >= mine || closed_; });
    if (answered_ < mine || closed_) return false;
    take();
    return true;
}

void LoopInquiry::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    answeredOne_.notify_all();
}

}  // namespace im::net
