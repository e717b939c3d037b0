// SPDX-License-Identifier: BSL-1.0
#include "tools/imindex/manager.hpp"

#include <optional>
#include <utility>

namespace im::tools {

Manager::Manager(net::Loop& loop, std::function<std::size_t()> users)
    : loop_(loop), users_(std::move(users)), notifier_(net::Notifier::fromEnvironment()) {}

void Manager::ready(std::string where) {
    if (!notifier_.active()) return;
    where_ = std::move(where);
    reloaded();
    keepStatus();
    if (const auto interval = notifier_.watchdogInterval()) feedWatchdog(*interval);
}

void Manager::reloading() {
    notifier_.reloading(loop_.now());
}

void Manager::reloaded() {
    notifier_.ready(status());
}

void Manager::keepStatus() {
    loop_.atDeadline(
        [this] { return users_() != toldUsers_ ? std::optional(tellAt_) : std::nullopt; },
        [this] { notifier_.status(status()); });
}

void Manager::feedWatchdog(Duration interval) {
    feedAt_ = loop_.now();
    loop_.atDeadline([this] { return std::optional(feedAt_); },
                     [this, interval] {
                         notifier_.alive();
                         feedAt_ = loop_.now() + interval;
                     });
}

/// The text for now, which counts as told.
std::string Manager::status() {
    toldUsers_ = users_();
    tellAt_ = loop_.now() + kStatusInterval;
    return "serving " + where_ + ", " + std::to_string(toldUsers_) +
           (toldUsers_ == 1 ? " user" : " users");
}

}  // namespace im::tools
