// SPDX-License-Identifier: BSL-1.0
#include "libim/node/session_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstring>
#include <utility>

namespace im::node {
namespace {

constexpr Duration kLook = std::chrono::seconds(1);
constexpr std::uint32_t kGone = IN_DELETE | IN_MOVED_FROM;

}  // namespace

SessionWatch::SessionWatch(net::Loop& loop, const std::string& path, std::function<void()> removed)
    : loop_(loop),
      path_(path),
      name_(path.substr(path.rfind('/') + 1)),
      removed_(std::move(removed)) {
    watchDirectory();
    if (descriptor_ < 0) lookEverySecond();
}

SessionWatch::~SessionWatch() {
    if (deadline_) loop_.forgetDeadline(*deadline_);
    if (descriptor_ < 0) return;
    loop_.forget(descriptor_);
    ::close(descriptor_);
}

void SessionWatch::watchDirectory() {
    const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (descriptor < 0) return;
    const std::string directory = path_.substr(0, path_.rfind('/'));
    if (::inotify_add_watch(descriptor, directory.c_str(), kGone) < 0) {
        ::close(descriptor);
        return;
    }
    descriptor_ = descriptor;
    loop_.watch(descriptor_, net::kLoopRead, [this](net::LoopEvents) { readEvents(); });
}

void SessionWatch::lookEverySecond() {
    lookAt_ = loop_.now() + kLook;
    deadline_ = loop_.atDeadline([this] { return lookAt_; },
                                 [this] {
                                     lookAt_ = loop_.now() + kLook;
                                     if (::access(path_.c_str(), F_OK) != 0) removed_();
                                 });
}

void SessionWatch::readEvents() {
    alignas(inotify_event) std::array<char, 16 * (sizeof(inotify_event) + NAME_MAX + 1)> buffer;
    bool gone = false;
    ssize_t size = 0;
    while ((size = ::read(descriptor_, buffer.data(), buffer.size())) > 0) {
        for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            const char* const name = buffer.data() + at + sizeof event;
            if ((event.mask & kGone) != 0 && event.len > 0 && name_ == name) gone = true;
            // Events were dropped, or the directory itself is gone.
            if ((event.mask & (IN_Q_OVERFLOW | IN_IGNORED)) != 0)
                gone = gone || ::access(path_.c_str(), F_OK) != 0;
            at += sizeof event + event.len;
        }
    }
    if (gone) removed_();
}

}  // namespace im::node
